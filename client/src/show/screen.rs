//! Where lines go: a pipe here, a terminal in [`crate::terminal`].

use std::io::{self, Write};

/// What a person or a program reads.
pub trait Screen: Send {
    /// Shows a line; it may wait for [`flush`](Self::flush).
    ///
    /// # Errors
    /// Where the output takes nothing more.
    fn line(&mut self, text: &str) -> io::Result<()>;

    /// Everything shown so far is out.
    ///
    /// # Errors
    /// Where the output takes nothing more.
    fn flush(&mut self) -> io::Result<()>;

    /// Something that is no output: for a person at a terminal, and for nobody else.
    fn notice(&mut self, text: &str);

    /// Something that is no output and went wrong: for standard error.
    fn warn(&mut self, text: &str);

    /// A name that may be typed again.
    fn remember(&mut self, name: &str);
}

/// Lines as they are, to a file, a pipe or whatever `output` is.
#[derive(Debug)]
pub struct PlainScreen<Output: Write> {
    output: Output,
}

impl<Output: Write> PlainScreen<Output> {
    /// Writes to `output`, which should have a buffer of its own.
    pub fn new(output: Output) -> Self {
        PlainScreen { output }
    }
}

impl<Output: Write + Send> Screen for PlainScreen<Output> {
    fn line(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes())?;
        self.output.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    fn notice(&mut self, _text: &str) {}

    fn warn(&mut self, text: &str) {
        eprintln!("{text}");
    }

    fn remember(&mut self, _name: &str) {}
}
