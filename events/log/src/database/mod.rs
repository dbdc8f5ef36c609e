//! Where the log lives, and connections to it.

mod address;
mod check;
mod client;
mod error;
mod failure;
mod parameters;
mod pool;
mod roles;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Config};

use crate::sealing::master_key::MasterKey;

use client::LastStall;
pub use client::{Client, Notifications};
pub use error::{DatabaseError, in_words};
pub use failure::Failure;
pub use pool::Pool;
pub use roles::{Role, Roles};
use tls::{Connection, Tls};

/// How long a connection to one host may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How many notifications may wait to be looked at; more say nothing new.
const NOTIFICATION_BOUND: usize = 64;
/// How long a server waits for one answer: longer than any statement that it sends may take.
const SERVERS_PATIENCE: Duration = Duration::from_secs(10);
/// How long a tool, or what is done once at a start, waits for one: a statement may go through the whole log.
const TOOLS_PATIENCE: Duration = Duration::from_secs(3600);

/// A Postgres database, and the master key of its log where one is at hand. Cheap to clone: the key is shared.
#[derive(Clone)]
pub struct Database {
    /// One for each host, in the order in which they are tried.
    hosts: Vec<Config>,
    tls: Tls,
    master: Option<Arc<MasterKey>>,
    caller: Caller,
    /// How long one answer may take.
    answer: Duration,
    last_stall: LastStall,
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
    /// Reads `postgres://…` or `host=… user=…`, and the root certificates that it names. Of several hosts the first one that takes
    /// writes is used.
    ///
    /// # Errors
    /// [`DatabaseError::BadUrl`], [`DatabaseError::BadTlsOption`] or [`DatabaseError::RootCertificates`].
    pub fn parse(url: &str) -> Result<Database, DatabaseError> {
        Database::parse_with(url, None)
    }

    /// As [`parse`](Self::parse), with the [root certificates](Self::root_certificates) that the URL names on another machine.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_with(url: &str, root_certificates: Option<&str>) -> Result<Database, DatabaseError> {
        let (mut hosts, tls) = address::read(url, root_certificates)?;
        for host in &mut hosts {
            host.connect_timeout(CONNECT_TIMEOUT);
        }
        Ok(Database {
            hosts,
            tls,
            master: None,
            caller: Caller {
                program: "test",
                instance: std::process::id().to_string().into(),
            },
            answer: TOOLS_PATIENCE,
            last_stall: LastStall::default(),
        })
    }

    /// The same database, whose connections say in `pg_stat_activity` that they are `program`'s: without this they are
    /// a test's. The instance is the process's id until [another](Self::for_instance) is given.
    #[must_use]
    pub fn for_program(mut self, program: &'static str) -> Database {
        self.caller.program = program;
        self
    }

    /// As [`for_program`](Self::for_program), for a server: none of its statements is waited for longer than 10 seconds.
    #[must_use]
    pub fn for_server(self, program: &'static str) -> Database {
        let answer = SERVERS_PATIENCE;
        Database {
            answer,
            ..self.for_program(program)
        }
    }

    /// The same database, for what may take long although a server does it.
    #[must_use]
    pub fn for_long_statements(&self) -> Database {
        let answer = TOOLS_PATIENCE;
        Database { answer, ..self.clone() }
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
        for host in &mut database.hosts {
            host.dbname(name);
        }
        database
    }

    /// Hosts, ports and database name, for people.
    pub fn endpoint(&self) -> String {
        address::endpoint(&self.hosts)
    }

    /// The certificates in PEM by which that of Postgres is checked, where they come from a file of this machine.
    pub fn root_certificates(&self) -> Option<&str> {
        self.tls.root_certificates()
    }

    /// Opens a connection. `role` is what it is for, in a word: `pg_stat_activity` shows it as
    /// `tenfold-PROGRAM/ROLE/INSTANCE`.
    ///
    /// # Errors
    /// Why none of the hosts gives a connection that takes writes.
    pub async fn connect(&self, role: &str) -> Result<Client, DatabaseError> {
        let (client, connection) = self.open(role).await?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %in_words(&error), "a database connection ended");
            }
        });
        Ok(self.client(client, driver.abort_handle()))
    }

    /// Opens a connection that listens on `channels`.
    pub async fn connect_listening(
        &self,
        role: &str,
        channels: &[&str],
    ) -> Result<(Client, Notifications), DatabaseError> {
        let (client, mut connection) = self.open(role).await?;
        let (sender, receiver) = mpsc::channel(NOTIFICATION_BOUND);
        let driver = tokio::spawn(async move {
            loop {
                match std::future::poll_fn(|context| connection.poll_message(context)).await {
                    // A full queue already says that there is something to look at.
                    Some(Ok(AsyncMessage::Notification(said))) => drop(sender.try_send(said.channel().to_owned())),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                }
            }
        });
        let client = self.client(client, driver.abort_handle());
        for channel in channels {
            client.batch_execute(&format!("listen \"{channel}\"")).await?;
        }
        Ok((client, Notifications { receiver }))
    }

    fn client(&self, client: tokio_postgres::Client, driver: tokio::task::AbortHandle) -> Client {
        let (master, last_stall) = (self.master.clone(), Arc::clone(&self.last_stall));
        Client::new(client, master, driver, self.answer, last_stall)
    }

    /// Tries one host after the other, each for as long as if it were the only one: one that stalls must not keep the next from
    /// being asked.
    async fn open(&self, role: &str) -> Result<(tokio_postgres::Client, Connection), DatabaseError> {
        let mut why = None;
        for host in &self.hosts {
            match self.open_on(host, role).await {
                Ok(opened) => return Ok(opened),
                // Of several, whoever says something tells more than whoever does not answer.
                Err(error) if why.is_none() || !matches!(error, DatabaseError::Unreachable { .. }) => why = Some(error),
                Err(_) => {}
            }
        }
        Err(why.unwrap_or(DatabaseError::BadUrl("it names no host")))
    }

    async fn open_on(&self, host: &Config, role: &str) -> Result<(tokio_postgres::Client, Connection), DatabaseError> {
        let mut config = host.clone();
        config.application_name(self.caller.application_name(role));
        match tokio::time::timeout(CONNECT_TIMEOUT, self.tls.connect(&config)).await {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(error)) if takes_no_writes(&error) => Err(self.read_only(config).await),
            Ok(Err(error)) if tls::is_access_rule(&error) && self.lacks_tls(host).await => {
                let endpoint = address::endpoint(std::slice::from_ref(host));
                Err(DatabaseError::OnlyTls { endpoint })
            }
            Ok(Err(error)) => Err(self.explain(host, &error)),
            Err(_) => Err(DatabaseError::Unreachable {
                endpoint: address::endpoint(std::slice::from_ref(host)),
                cause: "no answer within 5 seconds".into(),
            }),
        }
    }

    fn explain(&self, host: &Config, error: &tokio_postgres::Error) -> DatabaseError {
        let endpoint = address::endpoint(std::slice::from_ref(host));
        let of_tls = self.tls.explain(host, endpoint, error);
        of_tls.unwrap_or_else(|| explain(host, error))
    }

    /// Whether a host that lets nobody in without TLS would do so with it.
    async fn lacks_tls(&self, host: &Config) -> bool {
        let is_plain =
            host.get_ssl_mode() == SslMode::Disable && matches!(host.get_hosts().first(), Some(Host::Tcp(_)));
        let asked = async { self.tls.is_wanted_by(&address::without_password(host)).await };
        is_plain && tokio::time::timeout(CONNECT_TIMEOUT, asked).await.unwrap_or(false)
    }

    /// Why a host that answers takes no writes.
    async fn read_only(&self, mut config: Config) -> DatabaseError {
        let endpoint = address::endpoint(std::slice::from_ref(&config));
        config.target_session_attrs(TargetSessionAttrs::Any);
        let asked = async {
            let (client, connection) = self.tls.connect(&config).await.ok()?;
            let driver = tokio::spawn(connection);
            let answer = client.query_one("select pg_is_in_recovery()", &[]).await.ok();
            driver.abort();
            answer?.try_get(0).ok()
        };
        match tokio::time::timeout(CONNECT_TIMEOUT, asked).await {
            Ok(Some(false)) => DatabaseError::ReadOnly { endpoint },
            _ => DatabaseError::Standby { endpoint },
        }
    }
}

/// Whether `target_session_attrs=read-write` was not to be had. It is told by the kind of the error, and not by a code.
fn takes_no_writes(error: &tokio_postgres::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::PermissionDenied && cause.raw_os_error().is_none())
}

/// Why one host gives no connection.
fn explain(host: &Config, error: &tokio_postgres::Error) -> DatabaseError {
    let starting = [
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
    ];
    let endpoint = address::endpoint(std::slice::from_ref(host));
    let cause = address::without_secrets(&in_words(error), host);
    match error.code() {
        Some(code) if *code == SqlState::TOO_MANY_CONNECTIONS => DatabaseError::TooManyConnections { endpoint, cause },
        Some(code) if starting.contains(code) => DatabaseError::Unreachable { endpoint, cause },
        Some(_) => DatabaseError::Refused { endpoint, cause },
        None if error::is_of_login(error) => DatabaseError::Refused { endpoint, cause },
        None => DatabaseError::Unreachable { endpoint, cause },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
