//! The loop: a line in, a reply out, and everything that must happen between two commands so that a piped client
//! prints the same every time.

use futures_util::future::join_all;
use tenfold_core::command::CommandName;
use tenfold_core::ids::Position;
use tenfold_core::protocol::{Line, Reply, text};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::display::{Display, Screen};
use crate::error::ClientError;
use crate::input::{self, Input, Typed, UserCommand};
use crate::login::LoginConnection;
use crate::logins::Logins;
use crate::session::actor::{Context, Synced};
use crate::session::{LoggedIn, Session, Sessions};
use crate::timing::Timing;
use crate::wire::{Command, LastHeard};

/// How many messages and the like may wait for the front; more wait in the network.
const EVENTS: usize = 1024;

/// One client: its input, its screen and its users.
pub struct Shell {
    input: Input,
    display: Display,
    login: LoginConnection,
    sessions: Sessions,
    context: Context,
    /// What a person at a terminal gets for `help`; in a pipe it is a command like any other that nobody knows.
    help: Option<String>,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Next,
    End,
}

impl Shell {
    /// A client of the login servers at `logins`, which are tried in turn. Nothing is connected before the first command.
    pub fn new(logins: Logins, timing: Timing, input: Input, screen: Box<dyn Screen>, help: Option<String>) -> Shell {
        let (events, inbox) = mpsc::channel(EVENTS);
        let context = Context {
            logins,
            timing,
            last_heard: LastHeard::default(),
            events,
        };
        let login = LoginConnection::new(context.clone());
        Shell {
            input,
            display: Display::new(screen, inbox),
            login,
            sessions: Sessions::default(),
            context,
            help,
        }
    }

    /// Carries out commands until `exit` or the end of the input.
    ///
    /// # Errors
    /// Where nothing answers any more, or the input or the output fails.
    pub async fn run(mut self) -> Result<(), ClientError> {
        let result = self.execute_all().await;
        // Also where the client gives up, what has come is shown.
        let shown = self.display.catch_up(&mut self.sessions);
        result?;
        shown?;
        self.leave().await
    }

    async fn execute_all(&mut self) -> Result<(), ClientError> {
        while let Some(line) = self.next_line().await? {
            let then = self.execute(line).await?;
            self.display.catch_up(&mut self.sessions)?;
            if then == Then::End {
                break;
            }
        }
        Ok(())
    }

    /// Waits for a line, and shows what comes meanwhile.
    async fn next_line(&mut self) -> Result<Option<Line>, ClientError> {
        loop {
            tokio::select! {
                biased;
                event = self.display.next_event() => {
                    self.display.take(event)?;
                    self.display.take_what_is_there()?;
                    self.display.catch_up(&mut self.sessions)?;
                }
                line = self.input.next() => return line,
            }
        }
    }

    async fn execute(&mut self, line: Line) -> Result<Then, ClientError> {
        let line = match line {
            Line::Text(line) => line,
            Line::TooLong => return self.say(text::LINE_TOO_LONG),
            Line::NotText => return self.say(text::NOT_TEXT),
        };
        match input::read(&line) {
            Typed::Nothing => Ok(Then::Next),
            Typed::Exit => Ok(Then::End),
            Typed::Unknown("help") if self.help.is_some() => {
                let help = self.help.clone().unwrap_or_default();
                self.display.help(&help)?;
                Ok(Then::Next)
            }
            Typed::Unknown(word) => self.say(&text::unknown_command(word)),
            Typed::AsTyped { name, line, id } => self.enter(name, line, id).await,
            Typed::OfUser(command) => self.serve(command).await,
        }
    }

    fn say(&mut self, line: &str) -> Result<Then, ClientError> {
        self.display.lines(&[line])?;
        Ok(Then::Next)
    }

    /// `register` and `login`.
    async fn enter(&mut self, name: CommandName, line: &str, id: Option<&str>) -> Result<Then, ClientError> {
        let reply = self.ask_login(line).await?;
        self.display.reply(&reply)?;
        if name == CommandName::Login
            && let (Some(user), Some(token)) = (id, reply.token.clone())
        {
            self.begin_session(user, token, &reply).await?;
        }
        Ok(Then::Next)
    }

    /// Attaches a user who has logged in, and fetches what was sent to them while they were away.
    async fn begin_session(&mut self, user: &str, token: String, reply: &Reply) -> Result<(), ClientError> {
        self.display.remember(user);
        if self.sessions.get(user).is_some_and(|session| session.token() == token) {
            return Ok(());
        }
        let login = LoggedIn {
            user: user.to_owned(),
            token,
            position: reply.position.unwrap_or(Position::START),
            app: reply.app.as_ref().and_then(|address| self.login.resolve(address)),
        };
        let serial = self.sessions.next_serial();
        self.sessions
            .insert(Session::begin(login, serial, self.context.clone()));
        let synced = self.fetch(user).await?;
        self.warn_of_refusal(user, &synced);
        Ok(())
    }

    /// Waits for everything that was sent to the user.
    async fn fetch(&mut self, user: &str) -> Result<Synced, ClientError> {
        match self.sessions.get(user) {
            Some(session) => self.display.during(&self.sessions, session.sync(None)).await,
            None => Ok(Synced::Over),
        }
    }

    /// The commands of a user.
    async fn serve(&mut self, command: UserCommand<'_>) -> Result<Then, ClientError> {
        let Some(session) = self.sessions.get(command.user) else {
            let reply = self.ask_login(&command.without_user()).await?;
            self.display.reply(&reply)?;
            return Ok(Then::Next);
        };
        let words = command.with_token(session.token());
        if command.is_for_login() {
            return self.end_session(command.user, &words).await;
        }
        let reply = match Command::new(&words) {
            Ok(sent) => self.display.during(&self.sessions, session.command(sent)).await?,
            Err(too_long) => Some(Reply::refused(too_long.to_string())),
        };
        // The session ended before the command was sent: the user is nobody's any more.
        let reply = match reply {
            Some(reply) => reply,
            None => self.ask_login(&command.without_user()).await?,
        };
        self.display.reply(&reply)?;
        if command.sends_message() && reply.status == 0 {
            self.sync_attached(reply.position).await?;
        }
        Ok(Then::Next)
    }

    /// `logout`, `delete` and `change-password`: what was sent to the user comes first. Behind the last another session begins.
    async fn end_session(&mut self, user: &str, words: &str) -> Result<Then, ClientError> {
        self.fetch(user).await?;
        self.display.catch_up(&mut self.sessions)?;
        let reply = self.ask_login(words).await?;
        self.display.reply(&reply)?;
        if reply.status == 0 {
            self.display.catch_up(&mut self.sessions)?;
            self.sessions.forget(user);
            if let Some(token) = reply.token.clone() {
                self.begin_session(user, token, &reply).await?;
            }
        }
        Ok(Then::Next)
    }

    async fn ask_login(&mut self, words: &str) -> Result<Reply, ClientError> {
        match Command::new(words) {
            Ok(command) => self.display.during(&self.sessions, self.login.ask(&command)).await?,
            Err(too_long) => Ok(Reply::refused(too_long.to_string())),
        }
    }

    /// Whoever of this client's users the message is for has it now. A user whose attachment is just being restored
    /// is given a moment.
    async fn sync_attached(&mut self, position: Option<Position>) -> Result<(), ClientError> {
        let grace = self.context.timing.grace;
        let syncs = self.sessions.all().into_iter().map(|session| async move {
            if session.is_attached() {
                session.sync(position).await;
            } else {
                // They get it with their next attachment anyway.
                let _late = timeout(grace, session.sync(position)).await;
            }
        });
        self.display.during(&self.sessions, join_all(syncs)).await?;
        Ok(())
    }

    /// Waits for everything that was sent to the client's users, and for it to be acknowledged.
    async fn leave(mut self) -> Result<(), ClientError> {
        let syncs = join_all(self.sessions.all().into_iter().map(|session| session.sync(None)));
        let synced = self.display.during(&self.sessions, syncs).await?;
        let users: Vec<String> = self
            .sessions
            .all()
            .iter()
            .map(|session| session.user().to_owned())
            .collect();
        for (user, synced) in users.iter().zip(&synced) {
            self.warn_of_refusal(user, synced);
        }
        self.display.catch_up(&mut self.sessions)?;
        self.confirm_acknowledgements().await
    }

    /// An acknowledgement has no reply; that of a sync behind it shows that it has been read. What comes meanwhile is
    /// neither shown nor acknowledged: it is for the next client.
    async fn confirm_acknowledgements(mut self) -> Result<(), ClientError> {
        let sessions = self.sessions.all();
        let syncs = join_all(sessions.into_iter().filter_map(Session::confirm));
        let last_ack = timeout(self.context.timing.last_ack, syncs);
        // All that counts is shown: what goes wrong now is made good by the next client, which shows a message again.
        let _shown_again_later = self.display.during(&self.sessions, last_ack).await;
        Ok(())
    }

    fn warn_of_refusal(&mut self, user: &str, synced: &Synced) {
        if let Synced::Refused(reason) = synced {
            self.display.warn(&format!(
                "Messages to {user} cannot be fetched now ({reason}); they are kept for the next login"
            ));
        }
    }
}
