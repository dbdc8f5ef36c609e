//! A client in this process, and servers whose every word the test says itself.

#![allow(dead_code, clippy::unwrap_used)]

pub mod fake;
pub mod world;

use std::future::Future;
use std::io;
use std::time::Duration;

use tenfold_client::display::Screen;
use tenfold_client::error::ClientError;
use tenfold_client::input::Input;
use tenfold_client::logins::Logins;
use tenfold_client::shell::Shell;
use tenfold_client::timing::Timing;
use tenfold_core::protocol::{Endpoint, Line};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use fake::Fake;

/// Nothing in these tests takes nearly as long.
const LIMIT: Duration = Duration::from_secs(20);

/// Waits for what must happen soon.
pub async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    tokio::time::timeout(LIMIT, future)
        .await
        .unwrap_or_else(|_| panic!("this did not happen: {what}"))
}

/// What a client did on its screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    Line(String),
    Notice(String),
    Warning(String),
}

struct TestScreen(mpsc::UnboundedSender<Shown>);

impl Screen for TestScreen {
    fn line(&mut self, text: &str) -> io::Result<()> {
        self.0.send(Shown::Line(text.to_owned())).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn notice(&mut self, text: &str) {
        let _ = self.0.send(Shown::Notice(text.to_owned()));
    }

    fn warn(&mut self, text: &str) {
        let _ = self.0.send(Shown::Warning(text.to_owned()));
    }

    fn remember(&mut self, _: &str) {}
}

/// A client under test.
pub struct Client {
    input: Option<mpsc::Sender<Result<Line, ClientError>>>,
    shown: mpsc::UnboundedReceiver<Shown>,
    running: JoinHandle<Result<(), ClientError>>,
}

impl Client {
    pub fn of(login: &Fake) -> Client {
        Client::with_timing(login, Timing::default())
    }

    pub fn with_timing(login: &Fake, timing: Timing) -> Client {
        Client::at(login.endpoint(), timing)
    }

    pub fn at(login: Endpoint, timing: Timing) -> Client {
        Client::at_all(vec![login], timing)
    }

    pub fn at_all(logins: Vec<Endpoint>, timing: Timing) -> Client {
        let (input, lines) = mpsc::channel(100);
        Client {
            input: Some(input),
            ..Client::with_input(logins, timing, Input::new(lines, None))
        }
    }

    pub fn with_input(logins: Vec<Endpoint>, timing: Timing, input: Input) -> Client {
        let (screen, shown) = mpsc::unbounded_channel();
        let shell = Shell::new(
            Logins::new(logins, None),
            timing,
            input,
            Box::new(TestScreen(screen)),
            None,
        );
        Client {
            input: None,
            shown,
            running: tokio::spawn(shell.run()),
        }
    }

    pub fn types(&self, line: &str) {
        self.puts(Line::Text(line.into()));
    }

    pub fn puts(&self, line: Line) {
        self.input.as_ref().unwrap().try_send(Ok(line)).unwrap();
    }

    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// The next line on the screen is this one.
    pub async fn shows(&mut self, line: &str) {
        assert_eq!(self.next_shown(line).await, Shown::Line(line.into()));
    }

    pub async fn next_shown(&mut self, waiting_for: &str) -> Shown {
        soon(waiting_for, self.shown.recv())
            .await
            .expect("the client is still running")
    }

    /// Nothing is on the screen that the test has not looked at.
    pub fn shows_nothing(&mut self) {
        assert!(self.shown.try_recv().is_err(), "there was something on the screen");
    }

    /// The same, whatever a person at a terminal was told meanwhile.
    pub async fn ends_with_notices(mut self) -> Result<(), ClientError> {
        let result = soon("the client ends", &mut self.running).await.unwrap();
        while let Ok(shown) = self.shown.try_recv() {
            assert!(matches!(shown, Shown::Notice(_)), "{shown:?}");
        }
        result
    }

    /// All lines until the client has ended well.
    pub async fn all_lines(mut self) -> Vec<String> {
        soon("the client ends", &mut self.running).await.unwrap().unwrap();
        let mut lines = Vec::new();
        while let Ok(shown) = self.shown.try_recv() {
            match shown {
                Shown::Line(line) => lines.push(line),
                Shown::Notice(_) => {}
                Shown::Warning(warning) => panic!("{warning}"),
            }
        }
        lines
    }

    pub async fn ends(mut self) -> Result<(), ClientError> {
        let result = soon("the client ends", &mut self.running).await.unwrap();
        self.shows_nothing();
        result
    }
}
