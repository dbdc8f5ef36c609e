//! The heartbeat connection: it renews the server's lease and its users' presence every second, writes what they have been
//! shown, and listens for notifications. It also finds out when the server must end.

use std::sync::Arc;
use std::time::Duration;

use tenfold_core::facts::InstanceState;
use tenfold_core::ids::{Position, SessionId};
use tenfold_log::database::{Client, Database, DatabaseError, Notifications, in_words};
use tenfold_log::names::{delivered_channel, instance_channel};
use tenfold_log::operational::presence::Lease;
use tenfold_log::operational::{acknowledged, delivered, presence};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::app::App;

/// Between two heartbeats.
const BEAT: Duration = Duration::from_secs(1);
/// How long a statement may take before its connection counts as lost.
const ANSWER: Duration = Duration::from_secs(5);
/// Between two attempts to connect.
const RETRY: Duration = Duration::from_millis(250);
/// A server whose database is away for so long ends: somebody else has its users by then.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two writes of what users have been shown, so that many share one.
const WRITE_PAUSE: Duration = Duration::from_millis(20);
/// How long the last write may take when the server ends.
const LAST_WRITE: Duration = Duration::from_millis(500);

/// The server's connection for its heartbeats.
pub struct HeartbeatConnection {
    database: Database,
    lease: Lease,
    connection: Listening,
    /// When a heartbeat last got through.
    alive: Instant,
}

struct Listening {
    client: Client,
    notifications: Notifications,
}

/// Why the server should end although nobody asked it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndedError {
    /// The log says that this server has ended.
    #[error("the fleet counts this server as {} and has taken its users elsewhere; a login server starts another where one is needed", .0.name())]
    Declared(InstanceState),
    /// The database has been away.
    #[error(
        "the database did not answer for 60 seconds; see to it, and the login server starts application servers again"
    )]
    Unreachable,
}

/// The connection is no longer of use.
#[derive(Debug, thiserror::Error)]
enum LostError {
    #[error("{}", in_words(.0))]
    Database(#[from] tokio_postgres::Error),
    #[error("no answer within 5 seconds")]
    Silent(#[from] tokio::time::error::Elapsed),
    #[error("it was closed")]
    Closed,
}

impl HeartbeatConnection {
    /// Connects. The lease is not written yet.
    ///
    /// # Errors
    /// Where the database cannot be reached.
    pub async fn connect(database: Database, lease: Lease) -> Result<HeartbeatConnection, DatabaseError> {
        Ok(HeartbeatConnection {
            connection: Listening::open(&database, &lease).await?,
            database,
            lease,
            alive: Instant::now(),
        })
    }

    /// Writes the lease for the first time and notifies the login server that holds the fleet: it can send users from then on.
    ///
    /// # Errors
    /// Where the database cannot be reached.
    pub async fn register(&self) -> Result<Option<InstanceState>, DatabaseError> {
        let state = presence::beat(&self.connection.client, &self.lease, &[], None).await?;
        presence::tell_fleet(&self.connection.client).await?;
        Ok(state)
    }

    /// Beats until the server must end. Whoever drops this future before should call
    /// [`write_the_last`](Self::write_the_last).
    pub async fn run(&mut self, app: &Arc<App>) -> EndedError {
        let asking = delivered_channel(self.lease.instance);
        loop {
            let Listening { client, notifications } = &mut self.connection;
            let lost = tokio::select! {
                lost = listen(notifications, &asking, app) => lost,
                lost = report_delivered(client, &self.lease, app) => lost,
                lost = write_shown(client, app) => lost,
                ended = beat(client, &self.lease, &mut self.alive, app) => match ended {
                    Ok(ended) => return ended,
                    Err(lost) => lost,
                },
            };
            tracing::warn!(%lost, "lost the connection to the database; connecting again");
            match self.reconnect().await {
                Some(connection) => self.connection = connection,
                None => return EndedError::Unreachable,
            }
            // Notifications of the meantime were missed.
            app.delivery.wake();
        }
    }

    /// Writes what users have been shown, as far as there is time.
    pub async fn write_the_last(&self, app: &App) {
        let shown = app.delivery.acknowledgements().take();
        if shown.is_empty() {
            return;
        }
        let written = timeout(LAST_WRITE, acknowledged::remember(&self.connection.client, &shown)).await;
        if !matches!(written, Ok(Ok(()))) {
            tracing::warn!("acknowledgements could not be written: some users may see their last messages again");
        }
    }

    /// A new connection, unless the database has been away for too long.
    async fn reconnect(&self) -> Option<Listening> {
        while self.alive.elapsed() < PATIENCE {
            sleep(RETRY).await;
            match Listening::open(&self.database, &self.lease).await {
                Ok(connection) => return Some(connection),
                Err(error) => tracing::debug!(%error, "the database is still unavailable"),
            }
        }
        None
    }
}

impl Listening {
    async fn open(database: &Database, lease: &Lease) -> Result<Listening, DatabaseError> {
        let channels = [instance_channel(lease.instance), delivered_channel(lease.instance)];
        let channels = channels.each_ref().map(String::as_str);
        let (client, notifications) = database.connect_listening("heartbeat", &channels).await?;
        presence::write_lightly(&client).await?;
        Ok(Listening { client, notifications })
    }
}

/// Wakes the delivery loop for each notification. On the channel `asking` somebody asks whether everything is pushed.
async fn listen(notifications: &mut Notifications, asking: &str, app: &App) -> LostError {
    while let Some(channel) = notifications.next().await {
        if channel == asking {
            app.delivery.ask();
        } else {
            app.delivery.wake();
        }
    }
    LostError::Closed
}

/// Reports, when it is asked, as soon as everything up to the log's head has been pushed to whoever is connected here.
/// Where a client does not read, it reports nothing: whoever asks does not wait for ever.
async fn report_delivered(client: &Client, lease: &Lease, app: &App) -> LostError {
    loop {
        app.delivery.is_asked().await;
        let Ok(head) = app.reader.head().await else { continue };
        if timeout(ANSWER, app.delivery.all_reach(head)).await.is_err() {
            continue;
        }
        match timeout(ANSWER, delivered::say_so(client, lease.instance, head)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return error.into(),
            Err(silent) => return silent.into(),
        }
    }
}

async fn beat(client: &Client, lease: &Lease, alive: &mut Instant, app: &App) -> Result<EndedError, LostError> {
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        let mut seen = app.active.take();
        seen.extend(app.delivery.attached());
        let seen: Vec<SessionId> = seen.into_iter().collect();
        let notice = app.notice.get().map(String::as_str);
        let state = timeout(ANSWER, presence::beat(client, lease, &seen, notice)).await??;
        *alive = Instant::now();
        if let Some(state) = state.filter(|state| state.is_over()) {
            return Ok(EndedError::Declared(state));
        }
    }
}

/// Writes what users have been shown as soon as there is something, and what came meanwhile together.
async fn write_shown(client: &Client, app: &App) -> LostError {
    let acknowledgements = app.delivery.acknowledgements();
    loop {
        acknowledgements.wanted().await;
        let shown = acknowledgements.take();
        let unwritten = Unwritten { app, shown };
        match timeout(ANSWER, acknowledged::remember(client, &unwritten.shown)).await {
            Ok(Ok(())) => unwritten.are_written(),
            Ok(Err(error)) => return error.into(),
            Err(silent) => return silent.into(),
        }
        sleep(WRITE_PAUSE).await;
    }
}

/// What is being written; it goes back where it came from unless the write succeeds, also when its future is dropped.
struct Unwritten<'app> {
    app: &'app App,
    shown: Vec<(SessionId, Position)>,
}

impl Unwritten<'_> {
    fn are_written(mut self) {
        self.shown.clear();
    }
}

impl Drop for Unwritten<'_> {
    fn drop(&mut self) {
        self.app.delivery.acknowledgements().put_back(&self.shown);
    }
}
