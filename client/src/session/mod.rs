//! A logged-in user: the handle that the front holds, and the keeper behind it that keeps the user attached.

pub(crate) mod job;
pub(crate) mod keeper;
pub mod marks;
mod seek;
mod visit;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use tenfold_core::ids::Position;
use tenfold_core::protocol::reply::Reply;
use tokio::sync::{mpsc, oneshot};

use crate::event::Event;
use crate::patience::Patience;
use crate::timing::Timing;
use crate::wire::outgoing::Command;
use crate::wire::pulse::Pulse;
use job::Job;
pub(crate) use job::Synced;
use keeper::Keeper;
use tenfold_core::protocol::Endpoint;

/// What a session needs from the client it is in.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub login: Endpoint,
    pub timing: Timing,
    pub pulse: Pulse,
    pub events: mpsc::Sender<Event>,
}

/// What a login said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoggedIn {
    pub user: String,
    pub token: String,
    /// Where the messages begin.
    pub position: Position,
    /// Who serves the session; unknown where the login did not say.
    pub app: Option<Endpoint>,
}

/// A user's session. Dropping it ends its connection, not the session itself.
#[derive(Debug)]
pub(crate) struct Session {
    user: String,
    token: String,
    /// Tells a user's sessions apart, and sorts them by their logins.
    serial: u64,
    jobs: mpsc::UnboundedSender<Job>,
    attached: Arc<AtomicBool>,
    /// How far messages are on the screen; 0 where none has been.
    shown: AtomicI64,
}

impl Session {
    /// Begins to attach in the background. Must be called within a tokio runtime.
    pub fn begin(login: LoggedIn, serial: u64, around: Surroundings) -> Session {
        let (sender, jobs) = mpsc::unbounded_channel();
        let attached = Arc::new(AtomicBool::new(false));
        let keeper = Keeper {
            user: login.user.clone(),
            token: login.token.clone(),
            serial,
            app: login.app,
            marks: marks::Marks::new(login.position),
            over: false,
            waiting: VecDeque::new(),
            jobs,
            attached: attached.clone(),
            patience: Patience::new(&around.timing),
            around,
        };
        tokio::spawn(keeper.run());
        Session {
            user: login.user,
            token: login.token,
            serial,
            jobs: sender,
            attached,
            shown: AtomicI64::new(0),
        }
    }

    /// Whose it is.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// What stands for the user on the wire.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Which of the client's sessions it is.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Whether messages come at this moment.
    pub fn is_attached(&self) -> bool {
        self.attached.load(Ordering::Relaxed)
    }

    /// The command's reply, however often it must be sent; `None` where the session ended before it was sent.
    pub async fn command(&self, command: Command) -> Option<Reply> {
        let (answer, reply) = oneshot::channel();
        self.jobs.send(Job::Command { command, answer }).ok()?;
        reply.await.ok()
    }

    /// Waits until all messages up to `position`, or up to the log's head, have come in.
    pub async fn sync(&self, position: Option<Position>) -> Synced {
        let (answer, synced) = oneshot::channel();
        match self.jobs.send(Job::Sync { position, answer }) {
            Ok(()) => synced.await.unwrap_or(Synced::Over),
            Err(_) => Synced::Over,
        }
    }

    /// What shows that the acknowledgements have been read; `None` where there are none.
    pub fn confirm(&self) -> Option<impl Future<Output = Synced> + '_> {
        let shown = self.shown.load(Ordering::Relaxed);
        (shown > 0).then(|| self.sync(Some(Position(shown))))
    }

    /// Messages up to `position` are on the screen.
    pub fn shown(&self, position: Position) {
        self.shown.store(position.0, Ordering::Relaxed);
        // A session that is over has nobody to tell.
        let _session_over = self.jobs.send(Job::Shown(position));
    }
}
