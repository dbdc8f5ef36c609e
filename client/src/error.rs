//! Why the client ends before its input does.

use std::io;
use std::time::Duration;

use crate::place::Place;

/// What ends the client early; each is one sentence for the person.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answered for as long as the client is patient.
    #[error(
        "Nothing has answered at {login} for {} seconds ({reason}): check that the server runs there, then start the client again",
        patience.as_secs()
    )]
    NothingAnswers {
        /// Where the login server should be.
        login: Place,
        /// How long that was tried.
        patience: Duration,
        /// What went wrong last.
        reason: String,
    },
    /// Standard input cannot be read.
    #[error("Standard input cannot be read ({0}): give the client a file or a pipe with one command a line")]
    Input(io::Error),
    /// Standard output cannot be written.
    #[error("Standard output cannot be written ({0}): make room where it goes, then start the client again")]
    Output(io::Error),
    /// The terminal does not do what line editing needs.
    #[error("The terminal cannot be used ({0}): start the client with its input or output in a pipe")]
    Terminal(String),
    /// The operating system gave no thread or no timer.
    #[error("The client could not start ({0}): free some memory or raise the process limit")]
    Start(io::Error),
}

impl ClientError {
    /// Whether it is only that whoever read the output has gone away (`client … | head`), which is nobody's fault.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, ClientError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
