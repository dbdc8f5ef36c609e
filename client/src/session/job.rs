//! What a session's keeper is asked to do.

use tenfold_core::ids::Position;
use tenfold_core::protocol::reply::Reply;
use tokio::sync::oneshot;

use crate::wire::outgoing::Command;

/// How a sync ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Synced {
    /// Everything is here.
    Done,
    /// The session is over; everything before its end is here.
    Over,
    /// The servers refuse to serve the session, in these words.
    Refused(String),
}

/// One thing to do; whoever waits for it may have gone away meanwhile.
#[derive(Debug)]
pub(crate) enum Job {
    /// Have a command carried out.
    Command {
        command: Command,
        answer: oneshot::Sender<Reply>,
    },
    /// Wait for messages.
    Sync {
        position: Option<Position>,
        answer: oneshot::Sender<Synced>,
    },
    /// Acknowledge what is on the screen.
    Shown(Position),
}

impl Job {
    /// Nobody waits for it any more.
    pub fn is_abandoned(&self) -> bool {
        match self {
            Job::Command { answer, .. } => answer.is_closed(),
            Job::Sync { answer, .. } => answer.is_closed(),
            Job::Shown(_) => false,
        }
    }
}
