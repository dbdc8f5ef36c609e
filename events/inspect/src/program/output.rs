//! Standard output.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Serialize;
use tenfold_core::escape::escaped_json;

use super::failure::Failure;

/// Large writes go out at once; small ones wait for the end or for [`Write::flush`].
pub(super) fn output() -> BufWriter<Stdout> {
    BufWriter::with_capacity(64 * 1024, io::stdout())
}

/// Whether whoever read standard output has gone; seen also while nothing is written.
pub(super) fn is_closed() -> bool {
    let stdout = io::stdout();
    let mut asked = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
    let gone = PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
    poll(&mut asked, PollTimeout::ZERO).is_ok() && asked[0].revents().is_some_and(|events| events.intersects(gone))
}

/// One line on a terminal's standard error that each report overwrites; nothing where there is no terminal.
pub(super) struct StatusLine {
    shown: bool,
}

impl StatusLine {
    pub(super) fn new() -> StatusLine {
        StatusLine {
            shown: io::stderr().is_terminal(),
        }
    }

    pub(super) fn show(&self, text: &str) {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
        }
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        self.show("");
    }
}

/// One JSON object on a line.
pub(super) fn print_json(out: &mut impl Write, value: &impl Serialize) -> Result<(), Failure> {
    let line = serde_json::to_string(value).map_err(std::io::Error::from)?;
    Ok(writeln!(out, "{}", escaped_json(&line))?)
}
