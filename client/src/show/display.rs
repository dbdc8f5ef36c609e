//! The front's view of what comes in by itself: messages are held while a command is under way, and shown behind it.

use std::future::Future;
use std::io;
use std::pin::pin;

use tenfold_core::protocol::reply::Reply;
use tokio::sync::mpsc;

use super::render;
use super::screen::Screen;
use crate::book::Book;
use crate::error::ClientError;
use crate::event::{Event, Message, Recipient};

/// More messages than this are shown even while a command is under way, so that memory stays bounded.
const MOST_HELD: usize = 10_000;

/// The screen, and what waits to be shown on it.
pub(crate) struct Display {
    screen: Box<dyn Screen>,
    events: mpsc::Receiver<Event>,
    held: Vec<Message>,
    /// Sessions that ended meanwhile.
    ended: Vec<(String, u64)>,
    last_notice: String,
}

impl Display {
    pub fn new(screen: Box<dyn Screen>, events: mpsc::Receiver<Event>) -> Display {
        Display {
            screen,
            events,
            held: Vec::new(),
            ended: Vec::new(),
            last_notice: String::new(),
        }
    }

    /// Waits for `future`, and takes in what comes meanwhile and with it.
    pub async fn during<F: Future>(&mut self, book: &Book, future: F) -> Result<F::Output, ClientError> {
        let mut future = pin!(future);
        let output = loop {
            tokio::select! {
                biased;
                event = self.next_event() => self.take(event)?,
                output = &mut future => break output,
            }
            if self.held.len() > MOST_HELD {
                self.show_messages(book)?;
            }
        };
        self.take_what_is_there()?;
        Ok(output)
    }

    /// The next thing that comes in by itself; may be dropped without loss.
    pub async fn next_event(&mut self) -> Event {
        match self.events.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }

    /// Takes in what has come.
    pub fn take(&mut self, event: Event) -> Result<(), ClientError> {
        match event {
            Event::Message(message) => self.held.push(message),
            Event::Ended { user, serial } => self.ended.push((user, serial)),
            Event::Notice(text) => self.notice(text),
            Event::GiveUp(error) => return Err(error),
        }
        Ok(())
    }

    /// Takes in whatever is there without a wait.
    pub fn take_what_is_there(&mut self) -> Result<(), ClientError> {
        while let Ok(event) = self.events.try_recv() {
            self.take(event)?;
        }
        Ok(())
    }

    /// Shows what is held, in an order that does not depend on which connection was faster, and says so to the
    /// sessions; forgets those that ended.
    pub fn catch_up(&mut self, book: &mut Book) -> Result<(), ClientError> {
        self.show_messages(book)?;
        for (user, serial) in self.ended.drain(..) {
            book.forget_serial(&user, serial);
        }
        Ok(())
    }

    fn show_messages(&mut self, book: &Book) -> Result<(), ClientError> {
        if self.held.is_empty() {
            return Ok(());
        }
        self.held.sort_by_key(|message| (message.position, message.serial));
        for message in &self.held {
            self.screen
                .line(&render::message(message))
                .map_err(ClientError::Output)?;
            self.screen.remember(&message.from);
            if let Recipient::Group(group) = &message.to {
                self.screen.remember(group);
            }
        }
        self.flush()?;
        for message in self.held.drain(..) {
            book.shown(&message);
        }
        Ok(())
    }

    /// Shows a reply.
    pub fn reply(&mut self, reply: &Reply) -> Result<(), ClientError> {
        for name in render::names_in(reply) {
            self.screen.remember(&name);
        }
        self.lines(&render::reply(reply))
    }

    /// Shows lines.
    pub fn lines(&mut self, lines: &[impl AsRef<str>]) -> Result<(), ClientError> {
        self.write_lines(lines).map_err(ClientError::Output)
    }

    fn write_lines(&mut self, lines: &[impl AsRef<str>]) -> io::Result<()> {
        self.last_notice.clear();
        for line in lines {
            self.screen.line(line.as_ref())?;
        }
        self.screen.flush()
    }

    fn flush(&mut self) -> Result<(), ClientError> {
        self.screen.flush().map_err(ClientError::Output)
    }

    /// Shows what the commands are.
    pub fn help(&mut self, text: &str) -> Result<(), ClientError> {
        self.lines(&text.lines().collect::<Vec<_>>())
    }

    /// Says something on standard error.
    pub fn warn(&mut self, text: &str) {
        self.screen.warn(text);
    }

    /// A name that may be typed again.
    pub fn remember(&mut self, name: &str) {
        self.screen.remember(name);
    }

    /// A notice that is repeated every second is shown once.
    fn notice(&mut self, text: String) {
        if text != self.last_notice {
            self.screen.notice(&text);
            self.last_notice = text;
        }
    }
}
