//! The program from its start to its end.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tenfold_core::facts::InstanceState;
use tenfold_core::ids::InstanceId;
use tenfold_core::quota::Quotas;
use tenfold_log::append::Writer;
use tenfold_log::database::{Database, DatabaseError};
use tenfold_log::key_file::KeyError;
use tenfold_log::operational::presence::Lease;
use tenfold_log::read::Reader;
use tenfold_log::schema;
use tenfold_log::sealing;
use tenfold_service::essential::{EssentialTaskError, EssentialTasks};
#[cfg(feature = "enrol")]
use tenfold_service::tls::Source;
use tenfold_service::tls::{ClientTls, TlsError};
use tenfold_service::{BindError, Settings, bind, bind_first, open_files, serve, shutdown, trace};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::arguments::{
    Arguments, Broker, BrokerError, MasterKeyError, TLS_VARIABLE, broker as broker_from, client_tls, database_url,
    master_key, quotas,
};
use crate::commands::AppService;
use crate::delivery::broker::{self, BrokerDelivery};
use crate::delivery::delivery_loop::{Delivery, DeliveryLoop};
use crate::heartbeat::{EndedError, HeartbeatConnection};
use crate::quotas::QuotaCounts;

/// How long the commands under way may take when the server ends.
const ENDING: Duration = Duration::from_millis(1500);
/// How long the log's writer may take after that.
const CLOSING: Duration = Duration::from_millis(500);
/// How many clients may be connected: ten users, each from as many clients as they like, and idle ones.
const CONNECTIONS: usize = 20_000;

/// Why the server did not start, or ended by itself. A sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each is its source's sentence
pub enum ServerError {
    #[error(
        "no database is given: set TENFOLD_DATABASE or DATABASE_URL to postgres://USER:PASSWORD@HOST:PORT/DATABASE"
    )]
    NoDatabase,
    #[error("{0}; `tenfold-app --help` lists the options")]
    Usage(#[from] tenfold_cli::UsageError),
    #[error("TENFOLD_QUOTAS is not what a login server gives its application servers ({0}): unset it")]
    Quotas(#[from] serde_json::Error),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Log(#[from] trace::LogError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the operating system refuses what the server needs ({0}): give it more memory, processes or open files")]
    System(#[from] io::Error),
    #[error(transparent)]
    Ended(#[from] EndedError),
    #[error(transparent)]
    Essential(#[from] EssentialTaskError),
    #[cfg(feature = "enrol")]
    #[error(transparent)]
    Enrolment(#[from] crate::enrol::EnrolmentError),
}

/// Runs the program.
pub fn run(arguments: &Arguments) -> Result<(), ServerError> {
    let _log = trace::start(&arguments.log, arguments.log_file.as_deref())?;
    let context = Context::read(|name| std::env::var(name).ok(), None)?;
    in_a_runtime(async |stopping| start_and_run(arguments, context, stopping).await)
}

/// Runs the program on a machine that asks its login server for what it needs.
#[cfg(feature = "enrol")]
pub fn run_enrolled(asked: &crate::enrol::EnrolArguments) -> Result<(), ServerError> {
    let _log = trace::start(&asked.log, asked.log_file.as_deref())?;
    let token = crate::enrol::token()?;
    in_a_runtime(async |stopping| {
        let Some(enrolled) = stopping.run_until_cancelled(crate::enrol::enrol(asked, token)).await else {
            return Ok(());
        };
        let settings = enrolled?;
        let context = Context::of_enrolled(&settings)?;
        let arguments = Arguments::of_enrolled(asked.instance, &settings, &asked.log);
        let arguments = arguments.map_err(|_| crate::enrol::EnrolmentError::Unintelligible)?;
        start_and_run(&arguments, context, stopping).await
    })
}

fn in_a_runtime(program: impl AsyncFnOnce(CancellationToken) -> Result<(), ServerError>) -> Result<(), ServerError> {
    // One thread: ten users don't keep it busy, and an idle server costs little memory.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended =
        runtime.block_on(async { program(shutdown::on_signals(std::env::var_os(TLS_VARIABLE).is_none())?).await });
    // A name that is still being looked up holds nobody up.
    runtime.shutdown_background();
    ended
}

async fn start_and_run(
    arguments: &Arguments,
    context: Context,
    stopping: CancellationToken,
) -> Result<(), ServerError> {
    let server = Server::start(arguments, context, stopping.clone());
    // Whoever ends the server while it starts waits for nothing.
    match stopping.run_until_cancelled(server).await {
        Some(server) => server?.run().await,
        None => Ok(()),
    }
}

/// What a server shares with others.
#[derive(Clone, Debug)]
pub struct Context {
    /// What one person or address may have.
    pub quotas: Quotas,
    /// What clients are shown, where there is TLS.
    pub tls: Option<Arc<ClientTls>>,
    /// Where the log is.
    pub database: Database,
    /// What carries messages, where that is not the log itself.
    pub broker: Option<Broker>,
}

impl Context {
    /// Reads them, each under its variable's name, with the master key of the log. Root certificates of the database that are given
    /// take the place of the file that its URL names.
    fn read(
        variable: impl Fn(&str) -> Option<String>,
        root_certificates: Option<&str>,
    ) -> Result<Context, ServerError> {
        let url = database_url(&variable).ok_or(ServerError::NoDatabase)?;
        let database = Database::parse_with(&url, root_certificates)?
            .for_server("app")
            .with_master_key(master_key(&variable)?);
        Ok(Context {
            quotas: quotas(&variable)?,
            tls: client_tls(&variable)?,
            database,
            broker: broker_from(&variable)?,
        })
    }

    #[cfg(feature = "enrol")]
    fn of_enrolled(settings: &tenfold_core::enrolment::Settings) -> Result<Context, ServerError> {
        // Under the names by which a local server is given the same.
        let variable = |name: &str| match name {
            "TENFOLD_DATABASE" => Some(settings.database.clone()),
            "TENFOLD_MASTER_KEY" => Some(settings.master_key.clone()),
            "TENFOLD_BROKER" => settings.broker.clone(),
            "TENFOLD_FLEET_KEY" => settings.fleet_key.clone(),
            Quotas::VARIABLE => settings.quotas.as_ref().map(Quotas::to_json),
            _ => None,
        };
        let context = Context::read(variable, settings.database_root_certificates.as_deref())?;
        let tls = match settings.tls.clone() {
            Some(tls) => {
                let (certificate, key) = (tls.certificate, tls.key);
                Some(ClientTls::read(Source::Text { certificate, key }, tls.also_plain)?)
            }
            None => None,
        };
        Ok(Context { tls, ..context })
    }
}

/// An application server that is known to the fleet.
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
    /// Where the machine's metadata are, where the provider may announce its end.
    #[cfg_attr(not(feature = "enrol"), allow(dead_code))] // a local one has none
    metadata: Option<String>,
    tls: Option<Arc<ClientTls>>,
    heartbeat: HeartbeatConnection,
    /// Where there is a broker; with what looks up recipients.
    broker: Option<(BrokerDelivery, Reader)>,
}

impl Server {
    /// Starts one and registers it with the fleet; it serves when it [runs](Self::run). It ends when `stopping` fires.
    pub async fn start(
        arguments: &Arguments,
        context: Context,
        stopping: CancellationToken,
    ) -> Result<Server, ServerError> {
        let Context {
            quotas,
            tls,
            database,
            broker,
        } = context;
        let listen = &arguments.listen;
        let listener = match arguments.ports {
            Some(ports) => bind_first(&listen.host, ports.each()).await?,
            None => bind(&listen.host, listen.port).await?,
        };
        let lease = Lease {
            instance: InstanceId(arguments.instance),
            host: arguments.advertise_host.clone(),
            port: listener.local_addr()?.port(),
        };
        let (instance, port) = (lease.instance, lease.port);
        let database = database.for_instance(&arguments.instance);
        let delivery = Delivery::default();
        let (commit_hook, broker) = broker::begin(broker, instance, &delivery);
        // People wait for this start: everything that takes a round trip goes on at once.
        let opening = async {
            Ok(tokio::try_join!(
                Writer::with_commit_hook(database.clone(), commit_hook),
                Reader::start(database.clone()),
                HeartbeatConnection::connect(database.clone(), lease),
                reader_where(broker.is_some(), database.clone()),
            )?)
        };
        let ((), (writer, reader, heartbeat, addressing)) = tokio::try_join!(check(&database), opening)?;
        match heartbeat.register().await? {
            Some(state) if state.is_over() => return Err(EndedError::Declared(state).into()),
            Some(_) => {}
            None => tracing::warn!(%instance, "no login server has asked for this server: nobody will be sent here"),
        }
        tracing::info!(%instance, port, "serving");
        let app = App {
            instance,
            writer,
            reader,
            delivery,
            identities: Default::default(),
            active: Default::default(),
            notice: Default::default(),
            quotas: QuotaCounts::new(quotas),
            stopping,
        };
        Ok(Server {
            app: Arc::new(app),
            listener,
            metadata: arguments.metadata.clone(),
            tls,
            heartbeat,
            broker: broker.zip(addressing),
        })
    }

    /// Which port it got.
    ///
    /// # Errors
    /// The system's.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// Serves until it is asked to stop, or must end.
    ///
    /// # Errors
    /// [`ServerError::Ended`] where it must end although nobody asked it to.
    pub async fn run(self) -> Result<(), ServerError> {
        let Server {
            app,
            listener,
            metadata,
            tls,
            mut heartbeat,
            broker,
        } = self;
        if let Some(tls) = &tls {
            tokio::spawn(Arc::clone(tls).watch(app.stopping.clone()));
        }
        watch_notices(metadata, &app);
        let settings = Settings {
            connections: open_files::raise_limit().min(CONNECTIONS),
            ending: ENDING,
            tls,
            overruns: Arc::clone(&app.quotas.overruns),
            ..Settings::default().with_quotas(&app.quotas.limits)
        };
        let transport = broker.as_ref().map(|(broker, _)| broker.transport());
        let delivery_loop = DeliveryLoop::new(app.delivery.clone(), app.reader.clone(), app.instance, transport);
        let essential = EssentialTasks::new(app.stopping.clone());
        let broker = broker.map(|(broker, reader)| broker.run(reader, &essential));
        let delivering = essential.spawn("delivery", delivery_loop.run(app.stopping.clone()));
        essential.spawn("the log's writer", app.writer.clone().ended());
        let service = Arc::new(AppService(Arc::clone(&app)));
        let serving = serve(listener, service, settings, app.stopping.clone());
        let ended = beat_while(serving, &mut heartbeat, &app).await;
        let closing = timeout(CLOSING, app.writer.close());
        let (closed, ()) = tokio::join!(closing, heartbeat.write_the_last(&app));
        if closed.is_err() {
            tracing::warn!("some commands were cut off; their clients send them again");
        }
        if let Some(ending) = broker {
            ending.end().await;
        }
        // It stops by itself.
        let _ = delivering.await;
        essential.check()?;
        match ended {
            // As planned, and by the fleet's own hand.
            Some(EndedError::Declared(InstanceState::Terminated)) => {
                tracing::info!("the fleet has ended this server");
                Ok(())
            }
            Some(ended) => Err(ended.into()),
            None => Ok(()),
        }
    }
}

/// Beside serving, until it is over.
#[cfg(feature = "enrol")]
fn watch_notices(metadata: Option<String>, app: &Arc<App>) {
    let Some(endpoint) = metadata else {
        return;
    };
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let watching = crate::enrol::notices::watch(endpoint, &app.notice);
        app.stopping.run_until_cancelled(watching).await
    });
}

#[cfg(not(feature = "enrol"))]
fn watch_notices(_: Option<String>, _: &Arc<App>) {}

/// That the tables are those of this build, and the master key is the database's.
async fn check(database: &Database) -> Result<(), ServerError> {
    let client = database.connect("check").await?;
    schema::check(&client).await?;
    if let Some(key) = database.master_key() {
        sealing::check(&client, key).await?;
    }
    Ok(())
}

async fn reader_where(wanted: bool, database: Database) -> Result<Option<Reader>, DatabaseError> {
    if !wanted {
        return Ok(None);
    }
    Reader::start(database).await.map(Some)
}

/// Serves to the end; says why, where that is not because somebody asked for it.
async fn beat_while(
    serving: impl Future<Output = ()>,
    heartbeat: &mut HeartbeatConnection,
    app: &Arc<App>,
) -> Option<EndedError> {
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        () = &mut serving => return None,
        ended = heartbeat.run(app) => ended,
    };
    app.stopping.cancel();
    serving.await;
    Some(ended)
}
