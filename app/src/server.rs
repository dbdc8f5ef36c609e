//! The program from its start to its end.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tenfold_core::ids::InstanceId;
use tenfold_log::append::Writer;
use tenfold_log::database::{Database, DatabaseError};
use tenfold_log::key_file::KeyError;
use tenfold_log::operational::presence::Lease;
use tenfold_log::read::Reader;
use tenfold_log::schema;
use tenfold_log::sealing;
use tenfold_service::{BindError, Settings, bind, open_files, serve, shutdown, trace};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::arguments::{Arguments, BadBroker, Broker, NoMasterKey, broker, database_url, master_key};
use crate::conversation::AppService;
use crate::delivery::Delivery;
use crate::delivery::fast_path::{self, FastPath};
use crate::delivery::pump::Pump;
use crate::lifeline::{Lifeline, Over};

/// How long the commands under way may take when the server ends.
const ENDING: Duration = Duration::from_millis(1500);
/// How long the log's writer may take after that.
const CLOSING: Duration = Duration::from_millis(500);
/// How many clients may be connected: ten users, each from as many clients as they like, and idle ones.
const CONNECTIONS: usize = 20_000;

/// Why the server did not start, or ended by itself. A sentence that says how to mend it.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each is its source's sentence
pub enum ServerError {
    #[error(
        "no database is given: set TENFOLD_DATABASE or DATABASE_URL to postgres://USER:PASSWORD@HOST:PORT/DATABASE"
    )]
    NoDatabase,
    #[error(transparent)]
    Broker(#[from] BadBroker),
    #[error(transparent)]
    NoMasterKey(#[from] NoMasterKey),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Filter(#[from] trace::BadFilter),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the operating system refuses what the server needs ({0}): give it more memory, processes or open files")]
    System(#[from] io::Error),
    #[error(transparent)]
    Over(#[from] Over),
    #[cfg(feature = "enrol")]
    #[error(transparent)]
    NotEnrolled(#[from] crate::enrol::NotEnrolled),
}

/// Runs the program.
///
/// # Errors
/// [`ServerError`].
pub fn run(arguments: &Arguments) -> Result<(), ServerError> {
    trace::start(&arguments.log)?;
    let means = Means::told(|name| std::env::var(name).ok())?;
    in_a_runtime(async |stopping| start_and_run(arguments, means, stopping).await)
}

/// Runs the program on a machine that asks its login server for what it needs.
///
/// # Errors
/// [`ServerError`].
#[cfg(feature = "enrol")]
pub fn run_enrolled(asked: &crate::enrol::EnrolArguments) -> Result<(), ServerError> {
    trace::start(&asked.log)?;
    let token = crate::enrol::token()?;
    in_a_runtime(async |stopping| {
        let Some(enrolled) = stopping.run_until_cancelled(crate::enrol::enrol(asked, token)).await else {
            return Ok(());
        };
        let settings = enrolled?;
        let means = Means::of_enrolled(&settings)?;
        let arguments = Arguments::of_enrolled(asked.instance, &settings, &asked.log);
        let arguments = arguments.map_err(|_| crate::enrol::NotEnrolled::Unintelligible)?;
        start_and_run(&arguments, means, stopping).await
    })
}

fn in_a_runtime(program: impl AsyncFnOnce(CancellationToken) -> Result<(), ServerError>) -> Result<(), ServerError> {
    // One thread: ten users don't keep it busy, and an idle server costs little memory.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async { program(shutdown::on_signals()?).await });
    // A name that is still being looked up holds nobody up.
    runtime.shutdown_background();
    ended
}

async fn start_and_run(arguments: &Arguments, means: Means, stopping: CancellationToken) -> Result<(), ServerError> {
    let server = Server::start(arguments, means, stopping.clone());
    // Whoever ends the server while it starts waits for nothing.
    match stopping.run_until_cancelled(server).await {
        Some(server) => server?.run().await,
        None => Ok(()),
    }
}

/// What a server shares with others.
#[derive(Clone, Debug)]
pub struct Means {
    /// Where the log is.
    pub database: Database,
    /// What carries messages, where that is not the log itself.
    pub broker: Option<Broker>,
}

impl Means {
    /// Reads them, each under its variable's name, with the master key of the log.
    fn told(told: impl Fn(&str) -> Option<String>) -> Result<Means, ServerError> {
        let url = database_url(&told).ok_or(ServerError::NoDatabase)?;
        let database = Database::parse(&url)?.with_master_key(master_key(&told)?);
        Ok(Means {
            database,
            broker: broker(&told)?,
        })
    }

    #[cfg(feature = "enrol")]
    fn of_enrolled(settings: &tenfold_core::enrolment::Settings) -> Result<Means, ServerError> {
        // Under the names by which a local server is told the same.
        Means::told(|name| match name {
            "TENFOLD_DATABASE" => Some(settings.database.clone()),
            "TENFOLD_MASTER_KEY" => Some(settings.master_key.clone()),
            "TENFOLD_BROKER" => settings.broker.clone(),
            "TENFOLD_FLEET_KEY" => settings.fleet_key.clone(),
            _ => None,
        })
    }
}

/// An application server that is known to the fleet.
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
    lifeline: Lifeline,
    /// Where there is a broker; with what addresses its messages.
    fast_path: Option<(FastPath, Reader)>,
}

impl Server {
    /// Starts one and announces it; it serves when it [runs](Self::run). It ends when `stopping` fires.
    ///
    /// # Errors
    /// [`ServerError`].
    pub async fn start(
        arguments: &Arguments,
        means: Means,
        stopping: CancellationToken,
    ) -> Result<Server, ServerError> {
        let Means { database, broker } = means;
        let listener = bind(&arguments.listen.host, arguments.listen.port).await?;
        let lease = Lease {
            instance: InstanceId(arguments.instance),
            host: arguments.advertise_host.clone(),
            port: listener.local_addr()?.port(),
        };
        let (instance, port) = (lease.instance, lease.port);
        let delivery = Delivery::default();
        let (announcer, fast_path) = fast_path::begin(broker, instance, &delivery);
        // People wait for this start: everything that takes a round trip goes on at once.
        let opening = async {
            Ok(tokio::try_join!(
                Writer::announcing(database.clone(), "app", announcer),
                Reader::start(database.clone(), "app"),
                Lifeline::connect(database.clone(), lease),
                reader_where(fast_path.is_some(), database.clone()),
            )?)
        };
        let ((), (writer, reader, lifeline, addressing)) = tokio::try_join!(check(&database), opening)?;
        match lifeline.announce().await? {
            Some(state) if state.is_over() => return Err(Over::Declared(state).into()),
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
            served: Default::default(),
            stopping,
        };
        Ok(Server {
            app: Arc::new(app),
            listener,
            lifeline,
            fast_path: fast_path.zip(addressing),
        })
    }

    /// Which port it got.
    ///
    /// # Errors
    /// The system's.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// Serves until it is asked to stop or its time has come.
    ///
    /// # Errors
    /// [`ServerError::Over`].
    pub async fn run(self) -> Result<(), ServerError> {
        let Server {
            app,
            listener,
            mut lifeline,
            fast_path,
        } = self;
        let settings = Settings {
            connections: open_files::raise_limit().min(CONNECTIONS),
            ending: ENDING,
            ..Settings::default()
        };
        let broker = fast_path.as_ref().map(|(path, _)| path.transport());
        let pump = Pump::new(app.delivery.clone(), app.reader.clone(), app.instance, broker);
        let fast_path = fast_path.map(|(path, reader)| path.run(reader));
        let pumping = tokio::spawn(pump.run(app.stopping.clone()));
        let service = Arc::new(AppService(Arc::clone(&app)));
        let serving = serve(listener, service, settings, app.stopping.clone());
        let over = live_while(serving, &mut lifeline, &app).await;
        let closing = timeout(CLOSING, app.writer.close());
        let (closed, ()) = tokio::join!(closing, lifeline.write_the_last(&app));
        if closed.is_err() {
            tracing::warn!("some commands were cut off; their clients send them again");
        }
        if let Some(ending) = fast_path {
            ending.end().await;
        }
        // It stops by itself; one that died must not go unsaid.
        if let Err(error) = pumping.await {
            tracing::error!(%error, "delivery failed; report this");
        }
        over.map_or(Ok(()), |over| Err(over.into()))
    }
}

/// That the tables are those of this build, and the master key is the database's.
async fn check(database: &Database) -> Result<(), ServerError> {
    let client = database.connect("app check").await?;
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
    Reader::start(database, "app dispatch").await.map(Some)
}

/// Serves to the end; says why, where that is not because somebody asked for it.
async fn live_while(serving: impl Future<Output = ()>, lifeline: &mut Lifeline, app: &Arc<App>) -> Option<Over> {
    let mut serving = pin!(serving);
    let over = tokio::select! {
        () = &mut serving => return None,
        over = lifeline.live(app) => over,
    };
    app.stopping.cancel();
    serving.await;
    Some(over)
}
