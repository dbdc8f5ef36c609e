//! Finding the server that serves a session: the one known, else the one that the login server names.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tenfold_core::protocol::{Endpoint, Reply, text};
use tokio::time::Instant;

use super::actor::{Context, Finished, Job, SessionActor, Synced};
use crate::login::{Asked, ask};
use crate::wire::{self, Connection};

/// What the login server is asked with: it answers all of them alike, unless it has to refuse.
struct Question {
    line: String,
    /// It is a command that waits, so that a refusal is its reply; else an `attach`.
    is_command: bool,
}

impl SessionActor {
    /// A connection to the server that should serve the session, however many attempts it takes.
    pub async fn seek(&mut self) -> Result<Connection, Finished> {
        loop {
            self.waiting.retain(|job| !job.is_abandoned());
            if self.over && self.waiting.is_empty() {
                return Err(Finished);
            }
            self.patience.begin(Instant::now());
            match self.app.clone() {
                Some(endpoint) => {
                    if let Some(connection) = self.try_known(endpoint).await? {
                        return Ok(connection);
                    }
                }
                None => self.ask_login().await?,
            }
        }
    }

    /// Tries the server that is known.
    async fn try_known(&mut self, endpoint: Endpoint) -> Result<Option<Connection>, Finished> {
        let limit = self.patience.cap(self.context.timing.connect, Instant::now());
        let (logins, last_heard) = (self.context.logins.clone(), self.context.last_heard.clone());
        let opening = async move { logins.connect_app(endpoint, limit, last_heard).await };
        match self.meanwhile(opening).await? {
            Ok(connection) => Ok(Some(connection)),
            Err(error) => {
                self.app = None;
                self.pause(&error.to_string()).await?;
                Ok(None)
            }
        }
    }

    /// Asks the login server who serves the session. It has a connection of its own for that, because the answer may
    /// have to wait for a server to start.
    async fn ask_login(&mut self) -> Result<(), Finished> {
        let question = self.question();
        let now = Instant::now();
        let connect = self.patience.cap(self.context.timing.connect, now);
        let silence = self.patience.cap(self.context.login_silence(), now);
        let asking = ask_anew(question.line, connect, silence, self.context.clone());
        let (asked, from) = self.meanwhile(asking).await?;
        if asked.heard {
            self.patience.answered();
        }
        match asked.outcome {
            Ok(reply) => self.apply(reply, from, question.is_command).await,
            Err(error) => self.pause(&error.to_string()).await,
        }
    }

    fn question(&self) -> Question {
        let command = self.waiting.iter().find_map(|job| match job {
            Job::Command { command, .. } => Some(command.line().to_owned()),
            _ => None,
        });
        match command {
            Some(line) => Question { line, is_command: true },
            None => Question {
                line: wire::attach(&self.token, self.cursors.received()),
                is_command: false,
            },
        }
    }

    /// Acts on the reply of the login server at `from`.
    async fn apply(&mut self, reply: Reply, from: Option<Endpoint>, to_command: bool) -> Result<(), Finished> {
        if let Some(moved) = reply.moved {
            self.app = moved.and_then(|address| Some(from?.resolve(&address)));
            return if self.app.is_none() {
                self.pause("no server has a seat").await
            } else {
                Ok(())
            };
        }
        self.patience.answered();
        let message = reply.message.clone().unwrap_or_default();
        if to_command {
            self.answer_command(reply);
        }
        if message == text::NOT_LOGIN_YET {
            self.end().await;
            return Ok(());
        }
        if to_command {
            return Ok(());
        }
        self.answer_syncs(&Synced::Refused(message.clone()));
        self.pause(&message).await
    }

    /// Gives the first command that waits its reply.
    fn answer_command(&mut self, reply: Reply) {
        let first = self.waiting.iter().position(|job| matches!(job, Job::Command { .. }));
        if let Some(Job::Command { answer, .. }) = first.and_then(|index| self.waiting.remove(index)) {
            let _nobody_waits = answer.send(reply);
        }
    }

    /// Waits for `future` and takes jobs in meanwhile.
    async fn meanwhile<F: Future>(&mut self, future: F) -> Result<F::Output, Finished> {
        let mut future = pin!(future);
        loop {
            tokio::select! {
                output = &mut future => return Ok(output),
                job = self.jobs.recv() => self.take(job.ok_or(Finished)?),
            }
        }
    }
}

/// What came of it, and who was asked.
async fn ask_anew(line: String, connect: Duration, silence: Duration, context: Context) -> (Asked, Option<Endpoint>) {
    match context.logins.connect(connect, context.last_heard.clone()).await {
        Ok(mut connection) => {
            let asked = ask(&mut connection, &line, silence, &context).await;
            (asked, Some(connection.endpoint().clone()))
        }
        Err(error) => (error.into(), None),
    }
}
