//! The start: everything that can be wrong is found before anything is launched, and told in one sentence.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tenfold_core::ids::LoginServerId;
use tenfold_core::intent::{Intent, NewLoginServer};
use tenfold_core::quota::Quotas;
use tenfold_core::token::TokenKey;
use tenfold_log::append::{Submission, SubmitError, Writer};
use tenfold_log::database::{Database, DatabaseError, Roles};
use tenfold_log::integrity::StaleError;
use tenfold_log::key_file::KeyError;
use tenfold_log::operational::{identity, looks};
use tenfold_log::read::Reader;
use tenfold_log::sealing::plain::{self, PlainError};
use tenfold_log::sealing::{self, MasterKey};
use tenfold_postgres::{Network, PrivatePostgresError};
use tenfold_service::tls::{ClientTls, TlsError};
use tenfold_service::{BindError, Reserved};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::home::{Home, HomeError};
use super::metrics::{self, NoMetrics, Publisher};
use super::provider_setup::{ProviderSetupError, database_network, set_up_provider};
use super::setup_context::{BackgroundTask, Keys, ProviderSetup, SetupContext};
use crate::broker::Broker;
use crate::client_tls::{self, OwnCertificateError};
use crate::commands::Context;
use crate::configuration::{Arguments, ConfigurationError};
use crate::log_check::LogCheck;
use crate::neighbours::Neighbours;
use crate::passwords::Passwords;
use crate::passwords::attempts::Attempts;
use crate::postgres::Postgres;
use crate::refused_logins::RefusedLogins;
use crate::seat_queue::SeatQueue;
use crate::store::Store;
use crate::token_key;
use crate::wait_times::WaitTimes;
use tenfold_fleet::change_signal::{ChangeSignal, listen_for_changes};
use tenfold_fleet::membership::Member;
use tenfold_fleet::provider::ProviderError;
use tenfold_fleet::provider::local;
use tenfold_fleet::reconcile::{Executor, Limits, Reconciler, Revive};
use tenfold_fleet::status::FleetStatus;

/// How often a private Postgres that another server is just stopping is started again.
const TRIES: u32 = 5;

/// Why the server did not start; each is a sentence with the mend.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each is another module's sentence
pub enum StartError {
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    OwnCertificate(#[from] OwnCertificateError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    PrivatePostgres(#[from] PrivatePostgresError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Stale(#[from] StaleError),
    #[error("the log cannot be written: {0}")]
    Log(#[from] SubmitError),
    #[error(transparent)]
    Sealing(#[from] PlainError),
    #[error(transparent)]
    Program(#[from] ProviderError),
    #[error(transparent)]
    ProviderSetup(#[from] ProviderSetupError),
    #[error(transparent)]
    Metrics(#[from] NoMetrics),
}

/// A server that is ready to serve.
pub struct Server {
    pub(super) listener: TcpListener,
    pub(super) postgres: Postgres,
    pub(super) member: Member,
    pub(super) context: Arc<Context>,
    pub(super) reconciler: Reconciler,
    pub(super) changes: ChangeSignal,
    pub(super) quotas: Quotas,
    pub(super) tls: Option<Arc<ClientTls>>,
    pub(super) broker: Option<Broker>,
    pub(super) publisher: Option<Publisher>,
    pub(super) log_check: LogCheck,
    /// Background tasks, which end with the server.
    pub(super) tasks: Vec<BackgroundTask>,
    pub(super) stopping: CancellationToken,
}

impl Server {
    /// Gets everything that serving takes. Nothing is launched yet; what a failed start has made is taken away again.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn prepare(arguments: &Arguments, stopping: CancellationToken) -> Result<Server, StartError> {
        let program = local::find_program()?;
        let named = arguments.database_url();
        // A URL that cannot be read is told before anything is touched.
        named.as_deref().map(Database::parse).transpose()?;
        let reserved = tenfold_service::reserve(&arguments.host, arguments.port).await?;
        let home = Home::make(&arguments.home)?;
        let prepared = prepare_on(arguments, named, program, &home, reserved, stopping).await;
        if prepared.is_err() {
            home.give_back();
        }
        prepared
    }

    /// `HOST:PORT`, as given but for port 0.
    pub fn endpoint(&self, arguments: &Arguments) -> String {
        let port = self
            .listener
            .local_addr()
            .map_or(arguments.port, |address| address.port());
        let host = &arguments.host;
        if host.contains(':') && !host.starts_with('[') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }
}

/// What the log is read and written with.
struct LogAccess {
    /// As a login server's role.
    database: Database,
    roles: Option<Roles>,
    key: TokenKey,
    master: MasterKey,
    /// What tells this database's application servers from others, in their command lines.
    fleet: String,
    writer: Writer,
    reader: Reader,
    log_check: LogCheck,
}

async fn prepare_on(
    arguments: &Arguments,
    named: Option<String>,
    program: PathBuf,
    home: &Home,
    reserved: Reserved,
    stopping: CancellationToken,
) -> Result<Server, StartError> {
    let broker = arguments.broker()?;
    let tls_files = arguments.tls.files(home.path(), &arguments.host)?;
    let tls = match &tls_files {
        Some(files) => Some(ClientTls::read(
            client_tls::source(files),
            arguments.tls.tls_also_plain,
        )?),
        None => None,
    };
    let network = match named {
        Some(_) => None,
        None => database_network(arguments, home)?,
    };
    let (postgres, owner, member) = join(named, home, network).await?;
    let setup = SetupContext {
        arguments,
        tls: tls_files.as_ref(),
        program: &program,
        home,
        broker: broker.as_ref(),
        postgres: &postgres,
        database: &owner,
        stopping: &stopping,
    };
    let Parts {
        access,
        provider_setup,
        publisher,
        status,
        waits,
    } = match member.keep_while(parts(&setup, &member)).await {
        Ok(parts) => parts,
        Err(error) => {
            give_back(&postgres, member).await;
            return Err(error);
        }
    };
    // Whoever finds the port open finds a server that serves.
    let started = member.keep_while(record_start(&access.writer, arguments)).await;
    let listener = match started.and_then(|()| Ok(reserved.listen()?)) {
        Ok(listener) => listener,
        Err(error) => {
            give_back(&postgres, member).await;
            return Err(error);
        }
    };
    let changes = listen_for_changes(access.database.clone(), stopping.clone());
    Ok(Server {
        log_check: access.log_check.clone(),
        listener,
        reconciler: Reconciler {
            database: access.database.clone(),
            revive_database: revive(&postgres),
            policy: arguments.policy(),
            limits: limits(arguments),
            child_ended: provider_setup.child_ended,
            executor: Executor::new(access.writer.clone(), provider_setup.provider, arguments.seats.get()),
            changes: changes.clone(),
            status,
        },
        quotas: arguments.limits.quotas(),
        tls,
        context: Arc::new(command_context(arguments, &owner, access, changes.clone(), waits)),
        postgres,
        member,
        changes,
        broker,
        publisher,
        tasks: provider_setup.tasks,
        stopping,
    })
}

/// What is made on the database; where one of them cannot be, the database is given back.
struct Parts {
    access: LogAccess,
    provider_setup: ProviderSetup,
    publisher: Option<Publisher>,
    /// Where the reconciler tells the publisher the status of the fleet.
    status: watch::Sender<FleetStatus>,
    waits: Option<WaitTimes>,
}

/// `setup` has the database as its owner's.
async fn parts(setup: &SetupContext<'_>, member: &Member) -> Result<Parts, StartError> {
    let access = log_access(setup, member).await?;
    let (arguments, database) = (setup.arguments, &access.database);
    let setup = &SetupContext { database, ..*setup };
    let keys = Keys {
        fleet: &access.fleet,
        token: &access.key,
        master: &access.master,
        app: access.roles.as_ref().map(|roles| &roles.app),
    };
    let provider_setup = set_up_provider(setup, &keys).await?;
    let status = watch::Sender::default();
    let waits = arguments.wants_metrics().then(WaitTimes::default);
    let publisher = metrics::publisher(arguments, database, status.subscribe(), waits.as_ref()).await?;
    Ok(Parts {
        access,
        provider_setup,
        publisher,
        status,
        waits,
    })
}

fn revive(postgres: &Postgres) -> Revive {
    let postgres = postgres.clone();
    Box::new(move || {
        let postgres = postgres.clone();
        Box::pin(async move { postgres.revive().await })
    })
}

fn limits(arguments: &Arguments) -> Limits {
    Limits {
        seat_hold: arguments.seat_hold,
        session_ttl: arguments.session_ttl,
    }
}

async fn log_access(setup: &SetupContext<'_>, member: &Member) -> Result<LogAccess, StartError> {
    let (arguments, home) = (setup.arguments, setup.home);
    let key = token_key::load_or_create(member.client(), arguments.token_key_file.as_deref(), home.path()).await?;
    let fleet = identity::fleet_mark(member.client(), setup.postgres.place().as_deref()).await;
    let master = sealing::load_or_create(member.client(), arguments.master_key_file.as_deref(), home.path()).await?;
    let roles = setup.database.make_roles(member.client(), &key).await?;
    let database = match &roles {
        Some(roles) => setup.database.as_role(&roles.login),
        None => setup.database.clone(),
    };
    let database = database.with_master_key(master.clone());
    let log_check = LogCheck::start(&database, home.path()).await?;
    seal_plain(&database).await?;
    looks::fill_in(member.client()).await?;
    Ok(LogAccess {
        log_check,
        key,
        master,
        fleet: fleet.map_err(DatabaseError::from)?,
        writer: Writer::start(database.clone()).await?,
        reader: Reader::start(database.clone()).await?,
        database,
        roles,
    })
}

/// That this server started, and how, is in the log: what the fleet does from now on is explained by it.
async fn record_start(writer: &Writer, arguments: &Arguments) -> Result<(), StartError> {
    let start = Intent::StartLoginServer(NewLoginServer {
        server: LoginServerId(Uuid::now_v7()),
        version: env!("CARGO_PKG_VERSION").into(),
        options: arguments.fleet_options(),
    });
    writer.submit(Submission::new(start)).await?;
    Ok(())
}

/// Seals what stands in the log without a seal.
async fn seal_plain(database: &Database) -> Result<(), StartError> {
    let sealed = plain::seal_all(&database.for_long_statements().connect("sealing").await?).await?;
    if sealed > 0 {
        tracing::info!(events = sealed, "texts that an earlier version wrote are sealed now");
    }
    Ok(())
}

fn command_context(
    arguments: &Arguments,
    owner: &Database,
    access: LogAccess,
    changes: ChangeSignal,
    waits: Option<WaitTimes>,
) -> Context {
    let store = Store::new(&access.database, owner);
    Context {
        key: access.key,
        writer: access.writer,
        reader: access.reader,
        seats: SeatQueue::new(store.clone(), arguments.policy(), arguments.seat_wait),
        store,
        passwords: Passwords::default(),
        attempts: Attempts::new(arguments.limits.at_once()),
        overruns: Arc::default(),
        registration: arguments.limits.registration,
        min_password: arguments.limits.min_password.into(),
        neighbours: Neighbours::default(),
        changes,
        waits,
        refused_logins: RefusedLogins::default(),
    }
}

/// Finds the database, with its tables, and joins its login servers. A private one may be on its way down
/// with the last server that used it: then it is started again.
async fn join(
    named: Option<String>,
    home: &Home,
    network: Option<Network>,
) -> Result<(Postgres, Database, Member), StartError> {
    let mut tries = 0;
    loop {
        let postgres = Postgres::find(named.clone(), home.path().into(), network.clone()).await?;
        tries += 1;
        match join_on(&postgres).await {
            Ok((database, member)) => return Ok((postgres, database, member)),
            Err(DatabaseError::Unreachable { .. } | DatabaseError::Query(_)) if named.is_none() && tries < TRIES => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(error) => {
                postgres.stop_if_unused().await;
                return Err(error.into());
            }
        }
    }
}

async fn join_on(postgres: &Postgres) -> Result<(Database, Member), DatabaseError> {
    let database = Database::parse(postgres.url())?.for_server("login");
    database.check_fitness().await?;
    // First the membership: from then on nobody takes the database away.
    let member = Member::join(&database).await?;
    member.keep_while(database.migrate()).await?;
    Ok((database, member))
}

/// A private Postgres that nobody else uses is not left running by a start that failed.
async fn give_back(postgres: &Postgres, mut member: Member) {
    if let Ok(true) = member.leave().await
        && let Err(error) = postgres.stop().await
    {
        tracing::warn!(%error, "the private Postgres could not be stopped and still runs");
    }
}
