//! Appending: intents are decided and their events recorded, with all that they change, in one transaction.
//!
//! [`Writer`] is one task with one connection. Submissions that arrive while a commit is under way share the next
//! one. A batch costs two round trips (`gather` its rows under locks, `record` its events), or one where it rests on
//! nothing but its actors' own streams, which are `remembered`: the streams' versions, unique in the log, prove at the
//! append whether what was remembered still holds. A conflict shows as an error inside the pipelined transaction, so
//! that the commit behind it becomes a rollback without another round trip; the batch then goes again in smaller pieces.

mod batch;
mod changes;
mod connection;
mod courier;
mod doorbell;
mod gather;
mod pipeline;
mod ready;
mod record;
mod remembered;
mod repeated;
mod seal;
mod writer;

use tenfold_core::decide::Turned;
use tenfold_core::event::Event;
use tenfold_core::ids::{AccountId, CommandId, Position, SessionId};
use tenfold_core::intent::Intent;
use tenfold_core::refusal::RefusalCode;
use uuid::Uuid;

pub use courier::{Announcer, Courier};
pub use doorbell::{Doorbell, FLEET_CHANNEL, instance_channel};
pub use writer::Writer;

/// Something to decide and record.
#[derive(Clone, Debug)]
pub struct Submission {
    /// What it is called: the same id is carried out once.
    pub command: CommandId,
    /// Tells two uses of one id apart; none where no client chose the id.
    pub digest: Option<i64>,
    /// What is asked.
    pub intent: Intent,
    /// An id that nothing has yet, for what the intent may make.
    pub fresh: Uuid,
    /// What is written beside the log where it happens.
    pub beside: Option<Beside>,
}

/// Rows beside the log that come about together with an event.
#[derive(Clone)]
pub enum Beside {
    /// A new account's password, hashed.
    Password {
        /// Whose.
        account: AccountId,
        /// Argon2id, in the PHC string format.
        hash: String,
    },
    /// A new session's token, hashed. Written only where that session is started.
    Secret {
        /// Which.
        session: SessionId,
        /// Whose.
        account: AccountId,
        /// SHA-256 of the token.
        token_hash: [u8; 32],
    },
}

impl std::fmt::Debug for Beside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Beside::Password { .. } => "Password(…)",
            Beside::Secret { .. } => "Secret(…)",
        })
    }
}

impl Submission {
    /// An intent under an id of its own.
    pub fn new(intent: Intent) -> Submission {
        Submission {
            command: CommandId(Uuid::now_v7()),
            digest: None,
            intent,
            fresh: Uuid::now_v7(),
            beside: None,
        }
    }

    /// Under the id that a client chose. `digest` must differ for another user, command or arguments.
    #[must_use]
    pub fn identified(self, command: CommandId, digest: i64) -> Submission {
        Submission {
            command,
            digest: Some(digest),
            ..self
        }
    }

    /// With rows beside the log.
    #[must_use]
    pub fn beside(self, beside: Beside) -> Submission {
        Submission {
            beside: Some(beside),
            ..self
        }
    }
}

/// What came of a submission, now or when its id was first used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It happened.
    Happened {
        /// Of its last event.
        position: Position,
        /// All that happened.
        events: Vec<Event>,
    },
    /// Check 4 said no.
    Refused {
        /// Which check.
        code: RefusalCode,
        /// Of the trace this left, where it left one.
        position: Option<Position>,
    },
    /// It was not to be decided here or now.
    Turned(Turned),
    /// The id was used for something else.
    IdReused,
}

/// Why a submission has no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Too many wait already.
    #[error("The service is overloaded; try again in a moment")]
    Overloaded,
    /// The database has not answered for a minute.
    #[error("The service cannot reach its database; try again later")]
    Unavailable,
    /// The log refused it again and again, or a bug.
    #[error("The command could not be recorded; try again, and tell the operator if it stays so")]
    Fault,
    /// The server is ending.
    #[error("The server is shutting down; try again")]
    Closed,
}
