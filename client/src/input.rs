//! Where commands come from.

use std::io::{self, Read};
use std::thread;

use tenfold_core::protocol::lines::{Line, LineBuffer};
use tokio::sync::mpsc;

use crate::error::ClientError;

const CHUNK: usize = 16 * 1024;

/// Lines, one at a time. The end of the channel is the end of the input.
pub struct Input {
    lines: mpsc::Receiver<Result<Line, ClientError>>,
    /// Where a person must be asked for each line: tells them that it is their turn.
    prompt: Option<Prompt>,
    asked: bool,
}

/// Asks a person for a line.
pub type Prompt = Box<dyn Fn() + Send>;

impl Input {
    /// Lines from `lines`; `prompt` is called before each one, where there is one.
    pub fn new(lines: mpsc::Receiver<Result<Line, ClientError>>, prompt: Option<Prompt>) -> Input {
        Input {
            lines,
            prompt,
            asked: false,
        }
    }

    /// Reads `source` to its end, in a thread of its own, because a read cannot be interrupted.
    ///
    /// # Errors
    /// [`ClientError::Start`] where there is no thread to be had.
    pub fn from_reader(source: impl Read + Send + 'static) -> Result<Input, ClientError> {
        let (sender, lines) = mpsc::channel(1);
        let reading = move || read_lines(source, &sender);
        thread::Builder::new()
            .name("input".into())
            .spawn(reading)
            .map_err(ClientError::Start)?;
        Ok(Input::new(lines, None))
    }

    /// The next line; `None` at the end. May be dropped and called again without loss.
    ///
    /// # Errors
    /// [`ClientError::Input`] where the input cannot be read.
    pub async fn next(&mut self) -> Result<Option<Line>, ClientError> {
        if !self.asked {
            self.asked = true;
            if let Some(prompt) = &self.prompt {
                prompt();
            }
        }
        let line = self.lines.recv().await;
        self.asked = false;
        line.transpose()
    }
}

fn read_lines(mut source: impl Read, lines: &mpsc::Sender<Result<Line, ClientError>>) {
    let mut buffer = LineBuffer::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = match source.read(&mut chunk) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                // Nobody listens once the client is ending.
                let _ending = lines.blocking_send(Err(ClientError::Input(error)));
                return;
            }
        };
        buffer.push(&chunk[..count]);
        while let Some(line) = buffer.next_line() {
            if lines.blocking_send(Ok(line)).is_err() {
                return;
            }
        }
        if count == 0 {
            if let Some(line) = buffer.finish() {
                let _ending = lines.blocking_send(Ok(line));
            }
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines_of(bytes: &'static [u8]) -> Vec<Line> {
        let mut input = Input::from_reader(bytes).unwrap();
        let mut lines = Vec::new();
        while let Some(line) = input.next().await.unwrap() {
            lines.push(line);
        }
        lines
    }

    #[tokio::test]
    async fn the_last_line_needs_no_end() {
        assert_eq!(
            lines_of(b"a\r\n\nb").await,
            ["a", "", "b"].map(|line| Line::Text(line.into()))
        );
        assert_eq!(lines_of(b"").await, []);
    }

    #[tokio::test]
    async fn a_huge_line_is_one_error() {
        static HUGE: [u8; 300_000] = [b'x'; 300_000];
        assert_eq!(lines_of(&HUGE).await, [Line::TooLong]);
    }

    #[tokio::test]
    async fn a_source_that_fails_says_why() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("is a directory"))
            }
        }
        let error = Input::from_reader(Broken).unwrap().next().await.unwrap_err();
        assert!(error.to_string().contains("is a directory"), "{error}");
    }
}
