//! Everything that ends a command before its success, and what is replied then: the one place where errors become
//! words.

use tenfold_core::command::WrongUsage;
use tenfold_core::decide::Turned;
use tenfold_core::protocol::reply::Reply;
use tenfold_core::protocol::text;
use tenfold_log::append::{Outcome, SubmitError};
use tenfold_log::read::ReadError;

use crate::passwords::Overloaded;
use crate::seating::GaveUp;

/// What a command comes to.
pub(super) type Replied = Result<Reply, Stop>;

/// Why a command goes no further.
pub(super) enum Stop {
    /// This is the reply.
    Reply(Box<Reply>),
    /// Nobody waits for a reply.
    HungUp,
}

impl From<Reply> for Stop {
    fn from(reply: Reply) -> Self {
        Stop::Reply(Box::new(reply))
    }
}

impl From<WrongUsage> for Stop {
    fn from(usage: WrongUsage) -> Self {
        Reply::refused(usage.to_string()).into()
    }
}

impl From<SubmitError> for Stop {
    fn from(error: SubmitError) -> Self {
        Reply::refused(error.to_string()).into()
    }
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        if let ReadError::Fault(reason) = &error {
            tracing::error!(reason, "a question to the database was refused");
        }
        Reply::refused(error.to_string()).into()
    }
}

impl From<Overloaded> for Stop {
    fn from(error: Overloaded) -> Self {
        Reply::refused(error.to_string()).into()
    }
}

impl From<GaveUp> for Stop {
    fn from(gave_up: GaveUp) -> Self {
        match gave_up {
            GaveUp::NoServer => Reply::refused(text::NO_SERVER).into(),
            GaveUp::HungUp => Stop::HungUp,
        }
    }
}

/// The reply to what the log made of a command: `success` where it happened; `subject` is the name that a refusal is
/// about.
pub(super) fn reply_to(outcome: Outcome, success: Reply, subject: &str) -> Reply {
    match outcome {
        Outcome::Happened { position, .. } => success.at(position),
        Outcome::Refused { code, position } => {
            let refused = Reply::refused(code.message(subject));
            position.map_or(refused.clone(), |position| refused.at(position))
        }
        Outcome::Turned(Turned::NoFreeSeat) => Reply::refused(text::NO_SERVER),
        Outcome::Turned(Turned::NotLoggedIn | Turned::SeatedAt(_) | Turned::Gone) => {
            Reply::refused(text::NOT_LOGIN_YET)
        }
        Outcome::IdReused => Reply::refused(text::ID_REUSED),
    }
}
