//! Everything that ends a command before its success, and what is replied then: the one place where errors become
//! words for clients.

use tenfold_core::command::WrongUsage;
use tenfold_core::decide::Rejection;
use tenfold_core::protocol::{Reply, text};
use tenfold_log::append::{Outcome, SubmitError};
use tenfold_log::read::ReadError;

use crate::passwords::NoTurn;
use crate::passwords::attempts::TooOften;
use crate::seat_queue::SeatError;

/// What a command comes to.
pub(super) type CommandResult = Result<Reply, CommandError>;

/// Why a command goes no further.
pub(super) enum CommandError {
    /// This is the reply.
    Reply(Box<Reply>),
    /// Nobody waits for a reply.
    Disconnected,
}

impl From<Reply> for CommandError {
    fn from(reply: Reply) -> Self {
        CommandError::Reply(Box::new(reply))
    }
}

impl From<WrongUsage> for CommandError {
    fn from(usage: WrongUsage) -> Self {
        Reply::refused(usage.to_string()).into()
    }
}

impl From<SubmitError> for CommandError {
    fn from(error: SubmitError) -> Self {
        Reply::refused(error.to_string()).into()
    }
}

impl From<ReadError> for CommandError {
    fn from(error: ReadError) -> Self {
        Reply::refused(error.to_string()).into()
    }
}

impl From<NoTurn> for CommandError {
    fn from(error: NoTurn) -> Self {
        match error {
            NoTurn::Overloaded => Reply::refused(error.to_string()).into(),
            NoTurn::Disconnected => CommandError::Disconnected,
        }
    }
}

impl From<TooOften> for CommandError {
    fn from(error: TooOften) -> Self {
        Reply::refused(error.to_string()).into()
    }
}

impl From<SeatError> for CommandError {
    fn from(error: SeatError) -> Self {
        match error {
            SeatError::NoServer => Reply::refused(text::NO_SERVER).into(),
            SeatError::Disconnected => CommandError::Disconnected,
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
        Outcome::Rejected(Rejection::NoFreeSeat) => Reply::refused(text::NO_SERVER),
        Outcome::Rejected(Rejection::NotLoggedIn | Rejection::SeatedAt(_) | Rejection::Gone) => {
            Reply::refused(text::NOT_LOGIN_YET)
        }
        Outcome::IdReused => Reply::refused(text::ID_REUSED),
    }
}
