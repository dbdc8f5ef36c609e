//! Why the client ends before its input does.

use std::io;
use std::time::Duration;

use tenfold_core::words::without_code;

/// What ends the client early; each is one sentence for the person.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answered for as long as the client is patient.
    #[error(
        "Nothing has answered at {login} for {} seconds ({reason}): check that the server runs there, then start the client again",
        patience.as_secs()
    )]
    NothingAnswers {
        /// Where the login servers should be.
        login: String,
        /// How long that was tried.
        patience: Duration,
        /// What went wrong last.
        reason: String,
    },
    /// None of them is to be believed, or none speaks TLS.
    #[error("The server at {login} is not to be trusted with a password: {reason}")]
    NotSecured {
        /// Where the login servers should be.
        login: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Standard input cannot be read.
    #[error("Standard input cannot be read ({}): give the client a file or a pipe with one command a line", in_words(.0))]
    Input(io::Error),
    /// Standard output cannot be written.
    #[error("Standard output cannot be written ({}): make room where it goes, then start the client again", in_words(.0))]
    Output(io::Error),
    /// The terminal does not do what line editing needs.
    #[error("The terminal cannot be used ({0}): start the client with its input or output in a pipe")]
    Terminal(String),
    /// A signal has come that ends the client; nothing is said of it.
    #[error("signal {0}")]
    Signal(u8),
    /// The operating system gave no thread or no timer.
    #[error("The client could not start ({}): free some memory or raise the process limit", in_words(.0))]
    Start(io::Error),
}

/// An error of the operating system without its number.
pub fn in_words(error: &io::Error) -> String {
    without_code(&error.to_string())
}

impl ClientError {
    /// Whether it is only that whoever read the output has gone away (`client … | head`), which is nobody's fault.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, ClientError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_reads_error_numbers() {
        assert_eq!(in_words(&io::Error::from_raw_os_error(111)), "Connection refused");
        assert_eq!(in_words(&io::Error::other("no such host")), "no such host");
    }
}
