//! What can go wrong, each as one sentence for a person.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use tenfold_broker::address::{Address, AddressError};
use tenfold_broker::protocol::{ConnectError, LostError};
use tenfold_log::database::{DatabaseError, in_words};

/// Why a benchmark has no result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line's parser said so.
    #[error("{0}; see `bin/bench --help`")]
    Arguments(String),
    /// Ctrl-C, or a polite request to end; the number is the signal's.
    #[error("interrupted; everything that was started has been ended")]
    Interrupted(u8),
    /// TLS cannot be spoken.
    #[error("{0}")]
    Tls(String),
    /// One of our own programs is missing.
    #[error(
        "{name} is not in {folder}; start this as bin/bench, which builds it, or build it with `cargo build --release --workspace`"
    )]
    NoProgram {
        /// The program.
        name: &'static str,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The comparison is missing.
    #[error(
        "pgbench is not on this machine, and it is what Tenfold is measured against; install it with `apt-get install postgresql` (Debian), `dnf install postgresql-contrib` (Fedora) or `brew install postgresql`"
    )]
    NoPgbench,
    /// pgbench ended badly.
    #[error("pgbench failed: {0}")]
    Pgbench(String),
    /// What was named is no broker. The text is not repeated, for there may be a password in it.
    #[error("--broker is rabbitmq or activemq, for a private one, or the URL of one that runs: {0}")]
    BadBroker(#[from] AddressError),
    /// No private broker can be started.
    #[error(
        "{name} is not on this machine; install it with `apt-get install {package}` (it need not run), or give the URL of one that runs"
    )]
    NoBroker {
        /// As people call it.
        name: &'static str,
        /// Debian's package.
        package: &'static str,
    },
    /// A private broker ended, or was silent.
    #[error("a private {0} did not start; the reason stands above")]
    BrokerStart(&'static str),
    /// The broker cannot be used.
    #[error("the broker {address} cannot be used: {why}")]
    Broker {
        /// Where it is, without the password.
        address: String,
        /// A clause.
        why: ConnectError,
    },
    /// The broker's connection was lost.
    #[error("the connection to the broker was lost in the middle of the measurement ({0})")]
    BrokerLost(String),
    /// The database, in its own words.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A statement failed.
    #[error("the database refused a statement: {0}")]
    Statement(String),
    /// The private Postgres.
    #[error(transparent)]
    PrivatePostgres(#[from] tenfold_postgres::PrivatePostgresError),
    /// The log that is to be rebuilt could not be written.
    #[error(transparent)]
    Store(#[from] tenfold_synthetic::StoreError),
    /// A file, a pipe, a process.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The login server does not get up.
    #[error("the login server did not start; the last it said was: {0}")]
    NotListening(String),
    /// A reply that the benchmark cannot go on after.
    #[error("`{command}` was answered with {reply}")]
    Refused {
        /// The command, without its token.
        command: String,
        /// The line that came.
        reply: String,
    },
    /// A server hung up.
    #[error("the connection to the server at {0} was lost in the middle of the measurement")]
    Lost(SocketAddr),
    /// Something did not happen in time.
    #[error("gave up after {seconds} seconds: {what}")]
    TooLate {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
    },
    /// One of our own programs failed.
    #[error("{name} failed: {said}")]
    Program {
        /// The program.
        name: &'static str,
        /// Its last words.
        said: String,
    },
}

impl Failure {
    /// For `map_err`: what was tried when the system refused.
    pub fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
        let what = what.into();
        move |source| Failure::System { what, source }
    }

    /// The exit status of the program: 2, or that of a program a signal ended.
    pub fn status(&self) -> u8 {
        match self {
            Failure::Interrupted(signal) => 128 + signal,
            _ => 2,
        }
    }
}

impl Failure {
    /// The broker at `address` cannot be used.
    pub fn broker(address: &Address, why: ConnectError) -> Failure {
        let address = address.to_string();
        Failure::Broker { address, why }
    }
}

impl From<LostError> for Failure {
    fn from(lost: LostError) -> Failure {
        Failure::BrokerLost(lost.0)
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Failure {
        Failure::Statement(in_words(&error))
    }
}
