//! How the program ends when it cannot do what it was asked.

use std::io::{self, Write};
use std::process::ExitCode;

use tenfold_log::database::DatabaseError;

/// Exit status after a mistake, the person's or the machine's.
pub(super) const MISTAKE: u8 = 2;

/// Why the program ends early.
#[derive(Debug)]
pub(super) enum Failure {
    /// For the person, who is told it.
    Sentence(String),
    /// Nobody reads the output any more: no mistake.
    OutputClosed,
}

impl Failure {
    /// Tells it and answers with the exit status.
    pub(super) fn tell(self) -> ExitCode {
        match self {
            Failure::OutputClosed => ExitCode::SUCCESS,
            Failure::Sentence(sentence) => {
                say(&sentence);
                ExitCode::from(MISTAKE)
            }
        }
    }

    /// From an error whose text is a sentence for people.
    pub(super) fn of(error: impl std::fmt::Display) -> Failure {
        Failure::Sentence(error.to_string())
    }
}

/// A sentence on standard error; nobody to hear it is no reason to panic.
pub(super) fn say(sentence: &str) {
    let _ = writeln!(io::stderr(), "tenfold-events: {sentence}");
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::Sentence(format!(
                "the output cannot be written ({error}); mend that and try again"
            )),
        }
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        Failure::of(error)
    }
}
