//! What is handed to the writer, and what comes of it.

use tenfold_core::decide::Rejection;
use tenfold_core::event::{Event, Observed};
use tenfold_core::ids::{AccountId, CommandId, Position, SessionId};
use tenfold_core::intent::Intent;
use tenfold_core::refusal::RefusalCode;
use uuid::Uuid;

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
    /// What is written to the operational tables where it happens.
    pub rows: Vec<OperationalRow>,
    /// What the events are to tell besides what is decided.
    pub observed: Observed,
    /// What the writer logs about it is logged under this span: that in which the submission was made.
    pub span: tracing::Span,
}

/// A row of an operational table that comes about together with an event.
#[derive(Clone)]
pub enum OperationalRow {
    /// The password of a new account, or another one of an old account, hashed.
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

impl std::fmt::Debug for OperationalRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            OperationalRow::Password { .. } => "Password(…)",
            OperationalRow::Secret { .. } => "Secret(…)",
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
            rows: Vec::new(),
            observed: Observed::default(),
            span: tracing::Span::current(),
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

    /// With a row of an operational table.
    #[must_use]
    pub fn with_row(self, row: OperationalRow) -> Submission {
        let mut rows = self.rows;
        rows.push(row);
        Submission { rows, ..self }
    }

    /// With what was seen outside the log.
    #[must_use]
    pub fn observing(self, observed: Observed) -> Submission {
        Submission { observed, ..self }
    }
}

impl From<Intent> for Submission {
    fn from(intent: Intent) -> Submission {
        Submission::new(intent)
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
    Rejected(Rejection),
    /// The id was used for something else.
    IdReused,
}

impl Outcome {
    /// Which it is, in a word for the log.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Happened { .. } => "happened",
            Outcome::Refused { .. } => "refused",
            Outcome::Rejected(_) => "rejected",
            Outcome::IdReused => "id reused",
        }
    }
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
