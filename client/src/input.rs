//! Where commands come from, and what a line of them means.

use std::io::{self, Read};
use std::thread;

use tenfold_core::command::{CommandName, HandledBy};
use tenfold_core::protocol::{Line, LineBuffer};
use tokio::sync::mpsc;

use crate::error::ClientError;

const CHUNK: usize = 16 * 1024;
const BLANKS: [char; 2] = [' ', '\t'];

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

/// A line of input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed<'line> {
    /// No words.
    Nothing,
    /// The person wants to go.
    Exit,
    /// The first word is none of the commands.
    Unknown(&'line str),
    /// `register` or `login`, which go to the login server as they were typed.
    AsTyped {
        /// Which of the two.
        name: CommandName,
        /// The line from the command's word on.
        line: &'line str,
        /// The word behind it, where there is one.
        id: Option<&'line str>,
    },
    /// One of the others.
    OfUser(UserCommand<'line>),
}

/// A command of a user, whose token takes the place of their name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserCommand<'line> {
    /// Which.
    pub name: CommandName,
    /// Whose; empty where the line is too short.
    pub user: &'line str,
    /// All behind the user exactly as typed, with the blank in front.
    rest: &'line str,
}

/// Reads a line without its end. Pure.
pub fn read(line: &str) -> Typed<'_> {
    let line = line.trim_start_matches(BLANKS);
    let (word, behind) = split_word(line);
    if word.is_empty() {
        return Typed::Nothing;
    }
    if line.trim_end_matches(BLANKS) == "exit" {
        return Typed::Exit;
    }
    let Some(name) = CommandName::from_word(word) else {
        return Typed::Unknown(word);
    };
    let (next, rest) = split_word(behind.trim_start_matches(BLANKS));
    if name.takes_user() {
        Typed::OfUser(UserCommand { name, user: next, rest })
    } else {
        Typed::AsTyped {
            name,
            line,
            id: (!next.is_empty()).then_some(next),
        }
    }
}

fn split_word(text: &str) -> (&str, &str) {
    text.find(BLANKS).map_or((text, ""), |end| text.split_at(end))
}

impl UserCommand<'_> {
    /// The words to send for a user whose token is known.
    pub fn with_token(&self, token: &str) -> String {
        format!("{} {token}{}", self.name.word(), self.rest)
    }

    /// The words to send where the user is nobody that this client has logged in.
    pub fn without_user(&self) -> String {
        format!("{}{}", self.name.word(), self.rest)
    }

    /// Whether the login server carries it out.
    pub fn is_for_login(&self) -> bool {
        self.name.handled_by() == HandledBy::Login
    }

    /// Whether it sends a message to people who may be users of this client.
    pub fn sends_message(&self) -> bool {
        matches!(self.name, CommandName::Send | CommandName::SendGroup)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    fn of_user(line: &str) -> UserCommand<'_> {
        match read(line) {
            Typed::OfUser(command) => command,
            other => panic!("{line:?} was read as {other:?}"),
        }
    }

    #[test]
    fn a_message_goes_through_as_it_was_typed() {
        let command = of_user(" \tpost  ann   two  blanks\tand a tab  ");
        assert_eq!(command.user, "ann");
        assert_eq!(command.with_token("t.m"), "post t.m   two  blanks\tand a tab  ");
        assert_eq!(command.without_user(), "post   two  blanks\tand a tab  ");
    }

    #[test]
    fn short_lines_have_nobody() {
        assert_eq!(of_user("logout").without_user(), "logout");
        assert_eq!(
            (of_user("logout \t").user, of_user("send ann").with_token("t")),
            ("", "send t".into())
        );
    }

    #[test]
    fn login_and_register_go_as_typed() {
        let expected = Typed::AsTyped {
            name: CommandName::Login,
            line: "login  ann pw x ",
            id: Some("ann"),
        };
        assert_eq!(read("  login  ann pw x "), expected);
        assert_eq!(
            read("login"),
            Typed::AsTyped {
                name: CommandName::Login,
                line: "login",
                id: None
            }
        );
    }

    #[test]
    fn words_that_are_no_commands() {
        assert_eq!(read(" \t "), Typed::Nothing);
        assert_eq!(read(" exit\t"), Typed::Exit);
        for word in ["attach", "ack", "sync", "@id", "Post", "exit", "fly\u{a0}away"] {
            let line = format!("{word} x");
            assert_eq!(read(&line), Typed::Unknown(word));
        }
    }

    #[test]
    fn who_does_what() {
        assert!(of_user("delete a").is_for_login() && of_user("logout a").is_for_login());
        assert!(!of_user("post a b").is_for_login() && !of_user("post a b").sends_message());
        assert!(of_user("send a b c").sends_message() && of_user("send-group a b c").sends_message());
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in "\\PC*") {
            let _ = read(&line);
        }
    }
}
