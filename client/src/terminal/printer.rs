//! Printing above the prompt, in a thread of its own: the line editor takes one text at a time, and only while it reads
//! a line, which the shell must not wait for.

use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::editor::Printer;
use crate::error::ClientError;

/// How long a text may take before the shell goes on without it.
const LIMIT: Duration = Duration::from_millis(500);

/// Prints texts on the terminal.
#[derive(Debug)]
pub(super) struct PrinterHandle {
    texts: mpsc::Sender<String>,
    printed: mpsc::Receiver<io::Result<()>>,
}

/// Starts printing; without a printer, to standard output as it is.
pub(super) fn start(printer: Option<Printer>) -> Result<PrinterHandle, ClientError> {
    let (texts, incoming) = mpsc::channel();
    let (outgoing, printed) = mpsc::channel();
    let printing = move || print_all(printer, &incoming, &outgoing);
    thread::Builder::new()
        .name("printer".into())
        .spawn(printing)
        .map_err(ClientError::Start)?;
    Ok(PrinterHandle { texts, printed })
}

fn print_all(mut printer: Option<Printer>, texts: &mpsc::Receiver<String>, printed: &mpsc::Sender<io::Result<()>>) {
    while let Ok(text) = texts.recv() {
        let result = match &mut printer {
            Some(printer) => printer.print(text).map_err(io::Error::other),
            None => print_plainly(&text),
        };
        if printed.send(result).is_err() {
            return;
        }
    }
}

fn print_plainly(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}

impl PrinterHandle {
    /// Prints lines with their ends, and waits a moment for that, so that the prompt comes behind them.
    pub fn print(&self, lines: String) -> io::Result<()> {
        self.texts
            .send(lines)
            .map_err(|_| io::Error::other("the terminal is gone"))?;
        match self.printed.recv_timeout(LIMIT) {
            Ok(result) => result,
            Err(mpsc::RecvTimeoutError::Timeout) => Ok(()),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(io::Error::other("the terminal is gone")),
        }
    }
}
