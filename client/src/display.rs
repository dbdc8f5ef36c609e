//! What the person or the program sees: replies, and messages, which are held while a command is under way and shown after
//! its reply. Whatever is shown passes here, and is escaped here, for terminals and pipes alike: a line is one line, whoever
//! wrote what stands in it.

use std::future::Future;
use std::io::{self, Write};
use std::pin::pin;

use tenfold_core::escape::escaped_but_tabs;
use tenfold_core::protocol::Reply;
use tokio::sync::mpsc;

use crate::error::ClientError;
use crate::session::Sessions;
use crate::session::actor::{Event, Message, Recipient};

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
    pub async fn during<F: Future>(&mut self, sessions: &Sessions, future: F) -> Result<F::Output, ClientError> {
        let mut future = pin!(future);
        let output = loop {
            tokio::select! {
                biased;
                event = self.next_event() => self.take(event)?,
                output = &mut future => break output,
            }
            if self.held.len() > MOST_HELD {
                self.show_messages(sessions)?;
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
    pub fn catch_up(&mut self, sessions: &mut Sessions) -> Result<(), ClientError> {
        self.show_messages(sessions)?;
        for (user, serial) in self.ended.drain(..) {
            sessions.forget_serial(&user, serial);
        }
        Ok(())
    }

    fn show_messages(&mut self, sessions: &Sessions) -> Result<(), ClientError> {
        if self.held.is_empty() {
            return Ok(());
        }
        self.held.sort_by_key(|message| (message.position, message.serial));
        for message in &self.held {
            let line = message_line(message);
            self.screen
                .line(&escaped_but_tabs(&line))
                .map_err(ClientError::Output)?;
            self.screen.remember(&message.from);
            if let Recipient::Group(group) = &message.to {
                self.screen.remember(group);
            }
        }
        self.flush()?;
        for message in self.held.drain(..) {
            sessions.shown(&message);
        }
        Ok(())
    }

    /// Shows a reply.
    pub fn reply(&mut self, reply: &Reply) -> Result<(), ClientError> {
        for name in names_in(reply) {
            self.screen.remember(&name);
        }
        self.lines(&reply_lines(reply))?;
        if reply.cut {
            self.warn("The list goes on, but is cut here: it is longer than the server sends");
        }
        Ok(())
    }

    /// Shows lines.
    pub fn lines(&mut self, lines: &[impl AsRef<str>]) -> Result<(), ClientError> {
        self.write_lines(lines).map_err(ClientError::Output)
    }

    fn write_lines(&mut self, lines: &[impl AsRef<str>]) -> io::Result<()> {
        self.last_notice.clear();
        for line in lines {
            self.screen.line(&escaped_but_tabs(line.as_ref()))?;
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
        self.screen.warn(&escaped_but_tabs(text));
    }

    /// A name that may be typed again.
    pub fn remember(&mut self, name: &str) {
        self.screen.remember(name);
    }

    /// A notice that is repeated every second is shown once.
    fn notice(&mut self, text: String) {
        if text != self.last_notice {
            self.screen.notice(&escaped_but_tabs(&text));
            self.last_notice = text;
        }
    }
}

/// What a person or a program reads; it is given only lines that are escaped.
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
        tenfold_cli::tell(text);
    }

    fn remember(&mut self, _name: &str) {}
}

/// The lines of a reply.
fn reply_lines(reply: &Reply) -> Vec<String> {
    if let Some(message) = &reply.message {
        return vec![message.clone()];
    }
    let names = [
        (&reply.invite, "No invitations"),
        (&reply.friend, "No friends"),
        (&reply.group, "No groups"),
        (&reply.blocked, "Nobody is blocked"),
    ];
    for (list, none) in names {
        if let Some(list) = list {
            return or_none(list.clone(), none);
        }
    }
    match &reply.post {
        Some(posts) => {
            let lines = posts
                .iter()
                .map(|post| format!("{}: {}", post.id, post.message))
                .collect();
            or_none(lines, "No posts")
        }
        None => Vec::new(),
    }
}

fn or_none(lines: Vec<String>, none: &str) -> Vec<String> {
    if lines.is_empty() { vec![none.to_owned()] } else { lines }
}

/// The line of a message.
fn message_line(message: &Message) -> String {
    match &message.to {
        Recipient::User(user) => format!("<<<{}->{user}: {}>>>", message.from, message.text),
        Recipient::Group(group) => format!("<<<{}->GROUP<{group}>: {}>>>", message.from, message.text),
    }
}

/// Names that a reply has in it, to be completed later.
fn names_in(reply: &Reply) -> Vec<String> {
    let lists = [&reply.invite, &reply.friend, &reply.group, &reply.blocked];
    let listed = lists.into_iter().flatten().flatten().cloned();
    let authors = reply.post.iter().flatten().map(|post| post.id.clone());
    listed.chain(authors).collect()
}

#[cfg(test)]
mod hostile;

#[cfg(test)]
mod tests {
    use tenfold_core::ids::Position;

    use super::*;

    fn read(line: &str) -> Vec<String> {
        reply_lines(&serde_json::from_str(line).unwrap())
    }

    #[test]
    fn a_message_stands_alone() {
        assert_eq!(read(r#"{"status":0,"message":"Success!","position":9}"#), ["Success!"]);
        assert_eq!(read(r#"{"status":1,"message":"Not login yet"}"#), ["Not login yet"]);
    }

    #[test]
    fn lists_have_a_line_for_each() {
        assert_eq!(read(r#"{"status":0,"friend":["b","a"]}"#), ["b", "a"]);
        let posts = r#"{"status":0,"post":[{"id":"a","message":"hello"},{"id":"a","message":"b: c"}]}"#;
        assert_eq!(read(posts), ["a: hello", "a: b: c"]);
    }

    #[test]
    fn empty_lists_say_so() {
        assert_eq!(read(r#"{"status":0,"invite":[]}"#), ["No invitations"]);
        assert_eq!(read(r#"{"status":0,"friend":[]}"#), ["No friends"]);
        assert_eq!(read(r#"{"status":0,"post":[]}"#), ["No posts"]);
        assert_eq!(read(r#"{"status":0,"group":[]}"#), ["No groups"]);
        assert_eq!(read(r#"{"status":0,"blocked":[]}"#), ["Nobody is blocked"]);
    }

    #[test]
    fn messages_name_both_ends() {
        let mut sent = Message {
            user: "USER_B".into(),
            serial: 1,
            from: "USER_A".into(),
            to: Recipient::User("USER_B".into()),
            text: "HELLO WORLD".into(),
            position: Position(812),
        };
        assert_eq!(message_line(&sent), "<<<USER_A->USER_B: HELLO WORLD>>>");
        sent.to = Recipient::Group("GROUP_A".into());
        assert_eq!(message_line(&sent), "<<<USER_A->GROUP<GROUP_A>: HELLO WORLD>>>");
    }
}
