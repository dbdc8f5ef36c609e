//! The users who are logged in from this client: the handles that the front holds, and the task behind each that keeps the
//! user attached.

pub mod actor;
mod connection;
mod seek;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use tenfold_core::ids::Position;
use tenfold_core::name::normal;
use tenfold_core::protocol::{Endpoint, Reply};
use tokio::sync::{mpsc, oneshot};

use crate::patience::Patience;
use crate::wire::Command;
use actor::{Context, Cursors, Job, Message, SessionActor, Synced};
use connection::{AppConnection, Left};

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
    pub fn begin(login: LoggedIn, serial: u64, context: Context) -> Session {
        let (sender, jobs) = mpsc::unbounded_channel();
        let attached = Arc::new(AtomicBool::new(false));
        let actor = SessionActor {
            user: login.user.clone(),
            token: login.token.clone(),
            serial,
            app: login.app,
            cursors: Cursors::new(login.position),
            over: false,
            waiting: VecDeque::new(),
            jobs,
            attached: attached.clone(),
            patience: Patience::new(&context.timing),
            context,
        };
        tokio::spawn(run(actor));
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

/// The task behind a session: finds the server that serves it, stays connected to it, and goes on when that server goes away;
/// until the handle is dropped or the session is over.
async fn run(mut actor: SessionActor) {
    while let Ok(connection) = actor.seek().await {
        let left = AppConnection::new(&mut actor, connection).stay().await;
        actor.attached.store(false, Ordering::Relaxed);
        actor.cursors.reconnected();
        match left {
            Left::Finished => return,
            Left::Elsewhere { app, reason } => {
                actor.app = app;
                // The first pause is none; the next ones keep two servers that name each other from sending the
                // client round in a circle at full speed.
                if actor.pause(&reason).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// The sessions by their users' names.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    sessions: HashMap<String, Session>,
    logins: u64,
}

impl Sessions {
    /// The session of `user`.
    pub fn get(&self, user: &str) -> Option<&Session> {
        self.sessions.get(&normal(user))
    }

    /// All sessions, in the order of their logins.
    pub fn all(&self) -> Vec<&Session> {
        let mut sessions: Vec<&Session> = self.sessions.values().collect();
        sessions.sort_by_key(|session| session.serial());
        sessions
    }

    /// A number that no session of this client has had.
    pub fn next_serial(&mut self) -> u64 {
        self.logins += 1;
        self.logins
    }

    /// Takes a session in, in place of an older one of the same user.
    pub fn insert(&mut self, session: Session) {
        self.sessions.insert(normal(session.user()), session);
    }

    /// The user has logged out or is no more.
    pub fn forget(&mut self, user: &str) {
        self.sessions.remove(&normal(user));
    }

    /// That session is over; the user may have another one by now.
    pub fn forget_serial(&mut self, user: &str, serial: u64) {
        if self.get(user).is_some_and(|session| session.serial() == serial) {
            self.forget(user);
        }
    }

    /// The message is on the screen.
    pub fn shown(&self, message: &Message) {
        if let Some(session) = self
            .get(&message.user)
            .filter(|session| session.serial() == message.serial)
        {
            session.shown(message.position);
        }
    }
}
