//! How the program ends when it cannot do what it was asked.

use std::io::{self, Write};
use std::process::ExitCode;

/// Exit status after a mistake, the person's or the machine's.
const MISTAKE: u8 = 2;

/// Why the program ends early.
#[derive(Debug)]
pub(super) enum Failure {
    /// For the person.
    Sentence(String),
    /// Nobody reads the output any more: no mistake.
    OutputClosed,
}

impl Failure {
    /// Prints it and gives the exit status.
    pub(super) fn print(self) -> ExitCode {
        match self {
            Failure::OutputClosed => ExitCode::SUCCESS,
            Failure::Sentence(sentence) => {
                say(&sentence);
                ExitCode::from(MISTAKE)
            }
        }
    }
}

/// A sentence on standard error; a closed standard error is no reason to panic.
pub(super) fn say(sentence: &str) {
    let _ = writeln!(io::stderr(), "tenfold-events: {sentence}");
}

/// What is said where names or texts were to be compared, and whoever asks has not the key to them.
pub(super) fn not_compared(what: &str) -> String {
    format!(
        "names and texts are sealed and the master key is not at hand, so {what} is not looked at: give the --home of a login server of \
         this database, or its --master-key-file"
    )
}

/// An error's text is a sentence for people; but that nobody reads the output any more is no mistake.
impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let output = (&error as &(dyn std::error::Error + 'static)).downcast_ref::<io::Error>();
        match output.map(io::Error::kind) {
            None => Failure::Sentence(error.to_string()),
            Some(io::ErrorKind::BrokenPipe) => Failure::OutputClosed,
            Some(_) => Failure::Sentence(format!(
                "the output cannot be written ({error}): check the disk or the program that reads it, and try again"
            )),
        }
    }
}
