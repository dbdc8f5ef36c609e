//! The terminal as it was found.

use std::io::{self, Write};

use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};

use crate::error::ClientError;

/// Ends the mode in which a paste is marked as one, and the line that was being typed.
const LEAVE_LINE: &[u8] = b"\x1b[?2004l\n";

/// Gives the terminal back as it was when dropped. The line editor does so itself after each line; this is for an end
/// that comes while it waits for one.
#[derive(Debug)]
pub struct Restore {
    found: Termios,
}

impl Restore {
    /// Remembers how the terminal on standard input is set.
    ///
    /// # Errors
    /// [`ClientError::Terminal`] where it does not say.
    pub fn of_standard_input() -> Result<Restore, ClientError> {
        let found = tcgetattr(io::stdin()).map_err(|error| ClientError::Terminal(error.to_string()))?;
        Ok(Restore { found })
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        if tcgetattr(io::stdin()).is_ok_and(|now| now == self.found) {
            return;
        }
        // A terminal that has gone away needs nothing.
        let _gone = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &self.found);
        let _gone = io::stdout().write_all(LEAVE_LINE).and_then(|()| io::stdout().flush());
    }
}
