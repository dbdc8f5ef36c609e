//! What can be wrong with a database, each in a sentence with its mend.

use tenfold_core::words::without_code;

/// What is wrong with a database, and what to do about it. Of the URL it shows host, port and database name, nothing else.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL cannot be read.
    #[error(
        "the database URL cannot be read ({0}); write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with what is no letter or digit in user and password written as %40 (for @), %2F (for /) and the like"
    )]
    BadUrl(&'static str),
    /// What it says of TLS cannot be had.
    #[error("the database URL {0}")]
    BadTlsOption(&'static str),
    /// There is nothing to check certificates by.
    #[error(
        "the root certificates in {file}, which sslrootcert names, cannot be used ({cause}): name a file that this program can read, with the certificate of whoever signed that of Postgres, in PEM (-----BEGIN CERTIFICATE-----)"
    )]
    RootCertificates {
        /// As it was named.
        file: String,
        /// What is wrong with it.
        cause: String,
    },
    /// TLS is wanted, and not to be had.
    #[error(
        "Postgres at {endpoint} speaks no TLS, and sslmode={mode} wants it: turn it on there (ssl = on, with a certificate and its key), or write sslmode=disable where nobody else can read what goes there"
    )]
    NoTls {
        /// Host and port.
        endpoint: String,
        /// As it was written.
        mode: &'static str,
    },
    /// TLS is to be had, and wanted there.
    #[error(
        "Postgres at {endpoint} accepts only TLS from here: add sslmode=require to the database URL, or sslmode=verify-full with sslrootcert=FILE, which also finds out whether it is Postgres that answers"
    )]
    OnlyTls {
        /// Host and port.
        endpoint: String,
    },
    /// Whoever answers does not prove to be Postgres.
    #[error("the certificate of Postgres at {endpoint} {fault}: {mend}")]
    Certificate {
        /// Host and port.
        endpoint: String,
        /// What is wrong with it.
        fault: String,
        /// What to do about it.
        mend: String,
    },
    /// Both sides have nothing in common, or one of them broke off.
    #[error(
        "no TLS comes about with Postgres at {endpoint} ({cause}): see its log, and let it speak TLS 1.2 or 1.3 (ssl_max_protocol_version)"
    )]
    Handshake {
        /// Host and port.
        endpoint: String,
        /// In the library's words.
        cause: String,
    },
    /// Nobody answers.
    #[error("no Postgres answers at {endpoint} ({cause}): start it, or name another one with --database")]
    Unreachable {
        /// Host and port.
        endpoint: String,
        /// In the operating system's words.
        cause: String,
    },
    /// It answers and says no.
    #[error("Postgres at {endpoint} refuses the connection ({cause}): check user, password and database in --database")]
    Refused {
        /// Host and port.
        endpoint: String,
        /// In Postgres' words.
        cause: String,
    },
    /// All connections are taken.
    #[error(
        "Postgres at {endpoint} has no connection left ({cause}): raise max_connections there, or the limit of the role or the database, or end programs that hold connections"
    )]
    TooManyConnections {
        /// Host and port.
        endpoint: String,
        /// In Postgres' words.
        cause: String,
    },
    /// Only standbys answer.
    #[error(
        "Postgres at {endpoint} is a standby, which takes no writes: name the primary with --database, or all hosts as HOST1:PORT1,HOST2:PORT2, of which the one that takes writes is used; to look only, add ?target_session_attrs=any"
    )]
    Standby {
        /// Host and port.
        endpoint: String,
    },
    /// Transactions are read-only.
    #[error(
        "Postgres at {endpoint} lets the role of --database only read (default_transaction_read_only is on): turn that off for the role, the database or the server; to look only, add ?target_session_attrs=any"
    )]
    ReadOnly {
        /// Host and port.
        endpoint: String,
    },
    /// Text would not survive.
    #[error(
        "the database at {endpoint} is encoded in {encoding}, which cannot hold every text: make one with `create database NAME encoding 'UTF8' template template0`, and name it with --database"
    )]
    NotUtf8 {
        /// Host, port and name.
        endpoint: String,
        /// Its encoding.
        encoding: String,
    },
    /// What holds for a connection does not hold from one transaction to the next.
    #[error(
        "at {endpoint} answers a connection pooler that hands transactions to connections in turn, so that locks and notifications get lost: name Postgres itself with --database, or set the pooler to session mode (pool_mode = session)"
    )]
    Pooler {
        /// Host and port.
        endpoint: String,
    },
    /// The role has not the rights that it needs.
    #[error(
        "the role of --database has not the right to {what} in the database at {endpoint}: as the database's owner, run `{mend}`, with the role's name for ROLE"
    )]
    NoRight {
        /// Host, port and name.
        endpoint: String,
        /// What it may not.
        what: &'static str,
        /// The statement that lets it.
        mend: String,
    },
    /// Somebody else's things are in the way.
    #[error(
        "the database at {endpoint} already has {what}, which Tenfold did not make; nothing was changed: give Tenfold a database of its own (`create database tenfold encoding 'UTF8' template template0`), and name it with --database"
    )]
    Foreign {
        /// Host, port and name.
        endpoint: String,
        /// Kind and name of each.
        what: String,
    },
    /// The tables are those of a newer Tenfold.
    #[error("the database was made by a newer Tenfold (schema {found}, this build knows {known}); use that version")]
    Newer {
        /// The database's schema version.
        found: i32,
        /// The newest that this build knows.
        known: i32,
    },
    /// The tables are not there or are older.
    #[error(
        "the database has no Tenfold tables of this version yet (schema {found}, wanted {known}); start the login server on it once"
    )]
    Older {
        /// The database's schema version; 0 without tables.
        found: i32,
        /// What this build needs.
        known: i32,
    },
    /// Nothing can be sealed, so nothing may be written.
    #[error("no master key is given, and the log takes no personal text unsealed: set TENFOLD_MASTER_KEY")]
    NoMasterKey,
    /// The tables could not be made.
    #[error("the tables could not be made in the database: {0}")]
    Migration(String),
    /// A statement failed.
    #[error("the database failed: {0}")]
    Query(String),
}

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        DatabaseError::Query(in_words(&error))
    }
}

/// Whether this side broke off a login that Postgres went along with: no password is given, or the channel was not bound to it.
pub(super) fn is_of_login(error: &tokio_postgres::Error) -> bool {
    // Its kind cannot be asked for; its words can, which do not hold the cause.
    ["invalid configuration", "authentication error"].contains(&error.to_string().as_str())
}

/// An error of Postgres in its own words: the server's sentence where it sent one, else the cause.
pub fn in_words(error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return said.message().to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    without_code(&cause.to_string())
}
