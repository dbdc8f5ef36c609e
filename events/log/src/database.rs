//! Where the log lives, and connections to it.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use tenfold_core::words::without_code;
use tokio::sync::mpsc;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Config, NoTls};

use crate::sealing::master_key::MasterKey;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How many notifications may wait to be looked at; more say nothing new.
const NOTIFICATION_BOUND: usize = 64;

/// What is wrong with a database, and what to do about it. Never shows the password.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL cannot be read.
    #[error("the database URL cannot be read ({0}); write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    BadUrl(String),
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
    #[error("the tables could not be made in the database ({0}); the user needs the right to create them")]
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

/// Whether the server said with this that the connection is over, though its end may not have been noticed yet: a Postgres that goes
/// down says goodbye to whoever waits for an answer.
pub(crate) fn ends_the_connection(code: &SqlState) -> bool {
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ]
    .contains(code)
}

/// A Postgres database, and the master key of its log where one is at hand. Cheap to clone: the key is shared.
#[derive(Clone)]
pub struct Database {
    config: Config,
    master: Option<Arc<MasterKey>>,
    caller: Caller,
}

/// Who connects, for `pg_stat_activity`.
#[derive(Clone)]
struct Caller {
    program: &'static str,
    instance: Arc<str>,
}

impl Caller {
    /// `tenfold-PROGRAM/ROLE/INSTANCE`: the one pattern of all connections. Postgres cuts off what is behind 63 bytes.
    fn application_name(&self, role: &str) -> String {
        format!("tenfold-{}/{role}/{}", self.program, self.instance)
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({})", self.endpoint())
    }
}

impl Database {
    /// Reads `postgres://…` or `host=… user=…`.
    pub fn parse(url: &str) -> Result<Database, DatabaseError> {
        let mut config: Config = url.parse().map_err(|error| DatabaseError::BadUrl(in_words(&error)))?;
        if config.get_hosts().is_empty() {
            return Err(DatabaseError::BadUrl("it names no host".into()));
        }
        config.connect_timeout(CONNECT_TIMEOUT);
        Ok(Database {
            config,
            master: None,
            caller: Caller {
                program: "test",
                instance: std::process::id().to_string().into(),
            },
        })
    }

    /// The same database, whose connections say in `pg_stat_activity` that they are `program`'s: without this they are
    /// a test's. The instance is the process's id until [another](Self::for_instance) is given.
    #[must_use]
    pub fn for_program(mut self, program: &'static str) -> Database {
        self.caller.program = program;
        self
    }

    /// The same database, whose connections say in `pg_stat_activity` that they are of this instance of the program.
    #[must_use]
    pub fn for_instance(mut self, instance: &impl std::fmt::Display) -> Database {
        self.caller.instance = instance.to_string().into();
        self
    }

    /// The same database, whose connections seal and open with `master` from now on.
    #[must_use]
    pub fn with_master_key(self, master: MasterKey) -> Database {
        Database {
            master: Some(Arc::new(master)),
            ..self
        }
    }

    /// What its connections seal and open with; none where names and texts stay sealed.
    pub fn master_key(&self) -> Option<&Arc<MasterKey>> {
        self.master.as_ref()
    }

    /// Another database on the same server, reached in the same way and with the same master key.
    pub fn on_same_server(&self, name: &str) -> Database {
        let mut database = self.clone();
        database.config.dbname(name);
        database
    }

    /// Host, port and database name, for people.
    pub fn endpoint(&self) -> String {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            _ => "?".into(),
        };
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        format!("{host}:{port}/{}", self.config.get_dbname().unwrap_or_default())
    }

    /// Opens a connection. `role` is what it is for, in a word: `pg_stat_activity` shows it as
    /// `tenfold-PROGRAM/ROLE/INSTANCE`.
    ///
    /// # Errors
    /// [`DatabaseError::Unreachable`] or [`DatabaseError::Refused`].
    pub async fn connect(&self, role: &str) -> Result<Client, DatabaseError> {
        let (client, connection) = self.open(role).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %in_words(&error), "a database connection ended");
            }
        });
        Ok(self.client(client))
    }

    /// Opens a connection that listens on `channels`.
    pub async fn connect_listening(
        &self,
        role: &str,
        channels: &[&str],
    ) -> Result<(Client, Notifications), DatabaseError> {
        let (client, mut connection) = self.open(role).await?;
        let (sender, receiver) = mpsc::channel(NOTIFICATION_BOUND);
        tokio::spawn(async move {
            loop {
                match std::future::poll_fn(|context| connection.poll_message(context)).await {
                    // A full queue already says that there is something to look at.
                    Some(Ok(AsyncMessage::Notification(said))) => drop(sender.try_send(said.channel().to_owned())),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                }
            }
        });
        for channel in channels {
            client.batch_execute(&format!("listen \"{channel}\"")).await?;
        }
        Ok((self.client(client), Notifications { receiver }))
    }

    fn client(&self, client: tokio_postgres::Client) -> Client {
        Client {
            client,
            master: self.master.clone(),
        }
    }

    /// A pool of `size` connections.
    pub fn pool(&self, size: usize) -> deadpool_postgres::Pool {
        let mut config = self.config.clone();
        config.application_name(self.caller.application_name("pool"));
        let manager = deadpool_postgres::Manager::new(config, NoTls);
        deadpool_postgres::Pool::builder(manager)
            .max_size(size)
            .runtime(deadpool_postgres::Runtime::Tokio1)
            .wait_timeout(Some(CONNECT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .build()
            .expect("a runtime is given, and nothing else can be missing")
    }

    async fn open(
        &self,
        role: &str,
    ) -> Result<
        (
            tokio_postgres::Client,
            tokio_postgres::Connection<tokio_postgres::Socket, tokio_postgres::tls::NoTlsStream>,
        ),
        DatabaseError,
    > {
        let mut config = self.config.clone();
        config.application_name(self.caller.application_name(role));
        match tokio::time::timeout(CONNECT_TIMEOUT, config.connect(NoTls)).await {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(error)) => Err(self.explain(&error)),
            Err(_) => Err(self.unreachable("no answer within 5 seconds".into())),
        }
    }

    fn explain(&self, error: &tokio_postgres::Error) -> DatabaseError {
        let starting = [
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
        ];
        match error.code() {
            Some(code) if !starting.contains(code) => DatabaseError::Refused {
                endpoint: self.endpoint(),
                cause: in_words(error),
            },
            Some(_) => self.unreachable(in_words(error)),
            // Without a code the server said nothing: a password that is missing is found on this side.
            None if error.to_string().contains("password") => DatabaseError::Refused {
                endpoint: self.endpoint(),
                cause: in_words(error),
            },
            None => self.unreachable(in_words(error)),
        }
    }

    fn unreachable(&self, cause: String) -> DatabaseError {
        DatabaseError::Unreachable {
            endpoint: self.endpoint(),
            cause,
        }
    }
}

/// A connection to a [`Database`], with the master key that opens what it reads. What needs no key takes the
/// [`tokio_postgres::Client`] that it derefs to.
#[derive(Debug)]
pub struct Client {
    client: tokio_postgres::Client,
    master: Option<Arc<MasterKey>>,
}

impl Client {
    /// What it seals and opens with; none where names and texts stay sealed.
    pub fn master_key(&self) -> Option<&Arc<MasterKey>> {
        self.master.as_ref()
    }
}

impl Deref for Client {
    type Target = tokio_postgres::Client;

    fn deref(&self) -> &tokio_postgres::Client {
        &self.client
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut tokio_postgres::Client {
        &mut self.client
    }
}

/// What a listening connection hears.
#[derive(Debug)]
pub struct Notifications {
    receiver: mpsc::Receiver<String>,
}

impl Notifications {
    /// The channel of the next notification; `None` once the connection is gone.
    pub async fn next(&mut self) -> Option<String> {
        self.receiver.recv().await
    }

    /// The channel of a notification that has already come.
    pub fn try_next(&mut self) -> Option<String> {
        self.receiver.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_cannot_be_read_is_said_so_without_its_password() {
        for url in ["", "nonsense", "postgres://u:secret@h:x/db", "user=me"] {
            let said = Database::parse(url).unwrap_err().to_string();
            assert!(!said.contains("secret") && said.contains("postgres://"), "{said}");
        }
    }

    #[test]
    fn a_database_is_shown_without_its_password() {
        let database = Database::parse("postgres://me:secret@db.example:5433/tenfold").unwrap();
        assert_eq!(format!("{database:?}"), "Database(db.example:5433/tenfold)");
    }

    #[test]
    fn the_master_key_goes_to_other_databases_of_the_server_and_is_not_shown() {
        let database = Database::parse("postgres://me@db.example/tenfold").unwrap();
        assert_eq!(database.master_key(), None);
        let database = database.with_master_key(MasterKey::new([9; 32]));
        let other = database.on_same_server("sandbox");
        assert_eq!(
            other.master_key().map(|key| (**key).clone()),
            Some(MasterKey::new([9; 32]))
        );
        assert_eq!(format!("{other:?}"), "Database(db.example:5432/sandbox)");
    }

    #[test]
    fn a_connection_is_named_by_program_role_and_instance() {
        let database = Database::parse("postgres://me@db.example/tenfold").unwrap();
        let name = |database: &Database| database.caller.application_name("read");
        assert_eq!(name(&database), format!("tenfold-test/read/{}", std::process::id()));
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let name = name(&database.for_program("app").for_instance(&id));
        assert_eq!(name, format!("tenfold-app/read/{id}"));
        // As much as Postgres keeps, also of the longest role.
        assert!(name.len() + "doorbell".len() - "read".len() < 64);
    }
}
