//! The connection to the login server.

use std::time::Duration;

use tenfold_core::protocol::{Address, Endpoint, Push, Reply};
use tokio::time::{Instant, sleep};

use crate::error::ClientError;
use crate::patience::Patience;
use crate::session::actor::{Context, Event};
use crate::wire::{Command, Connection, ConnectionError, Incoming, upload_time};

/// What came of a question.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The reply, or what broke.
    pub outcome: Result<Reply, ConnectionError>,
    /// The server at least said something.
    pub heard: bool,
}

impl From<ConnectionError> for Asked {
    fn from(error: ConnectionError) -> Asked {
        Asked {
            outcome: Err(error),
            heard: false,
        }
    }
}

/// Sends `line` and waits for its reply; progress goes to the person, and each byte of it gives the server another
/// `silence` of time.
pub(crate) async fn ask(connection: &mut Connection, line: &str, silence: Duration, context: &Context) -> Asked {
    connection.send(line);
    let silence = silence + upload_time(line.len());
    let outcome = loop {
        match connection.next_unless_silent(silence).await {
            Ok(Incoming::Reply(reply)) => break Ok(*reply),
            Ok(Incoming::Push(Push::Progress { message, .. })) => {
                // Where the client is ending nobody is left to be told.
                let _nobody_left = context.events.send(Event::Notice(message)).await;
            }
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    match &outcome {
        Ok(reply) => context
            .logins
            .learn(connection.endpoint(), reply.also.as_deref().unwrap_or_default()),
        Err(_) => context.logins.failed(connection.endpoint()),
    }
    // Whatever is no Tenfold server has not answered, however much it says.
    let heard = connection.heard() && !matches!(outcome, Err(ConnectionError::Foreign));
    Asked { outcome, heard }
}

/// The client's own connection to the login server: for the four login commands, and for those of nobody.
#[derive(Debug)]
pub(crate) struct LoginConnection {
    context: Context,
    connection: Option<Connection>,
}

impl LoginConnection {
    /// Connects with the first command.
    pub fn new(context: Context) -> LoginConnection {
        LoginConnection {
            context,
            connection: None,
        }
    }

    /// Sends the command until it has its reply.
    ///
    /// # Errors
    /// [`ClientError::NothingAnswers`] when patience runs out; [`ClientError::NotSecured`] at once, for waiting does not help there.
    pub async fn ask(&mut self, command: &Command) -> Result<Reply, ClientError> {
        let mut patience = Patience::new(&self.context.timing);
        loop {
            patience.begin(Instant::now());
            let asked = self.attempt(command, &patience).await;
            let reason = match asked.outcome {
                Ok(reply) => return Ok(reply),
                Err(reason) => reason,
            };
            self.connection = None;
            if let ConnectionError::Refused(_) = reason
                && self.context.logins.all_failed()
            {
                return Err(ClientError::NotSecured {
                    login: self.context.logins.to_string(),
                    reason: reason.to_string(),
                });
            }
            if asked.heard {
                patience.answered();
            }
            let Ok(pause) = patience.failed(Instant::now()) else {
                return Err(self.give_up(&reason));
            };
            if patience.is_worn() {
                let notice = format!("{} does not answer ({reason}); trying again", self.context.logins);
                // Where the client is ending nobody is left to be told.
                let _nobody_left = self.context.events.send(Event::Notice(notice)).await;
            }
            sleep(pause).await;
        }
    }

    async fn attempt(&mut self, command: &Command, patience: &Patience) -> Asked {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let limit = patience.cap(self.context.timing.connect, Instant::now());
                match self
                    .context
                    .logins
                    .connect(limit, self.context.last_heard.clone())
                    .await
                {
                    Ok(connection) => none.insert(connection),
                    Err(error) => return error.into(),
                }
            }
        };
        let silence = patience.cap(self.context.login_silence(), Instant::now());
        ask(connection, command.line(), silence, &self.context).await
    }

    /// The address that the last reply named; the host that it leaves out is that of the server it came from.
    pub fn resolve(&self, address: &Address) -> Option<Endpoint> {
        Some(self.connection.as_ref()?.endpoint().resolve(address))
    }

    fn give_up(&self, reason: &ConnectionError) -> ClientError {
        ClientError::NothingAnswers {
            login: self.context.logins.to_string(),
            patience: self.context.timing.patience,
            reason: reason.to_string(),
        }
    }
}
