//! One connection to the application server that serves a session, from `attach` to whatever ends it.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tenfold_core::protocol::{Endpoint, Push, Reply, text};
use tokio::time::{Instant, sleep_until};

use super::actor::{Event, Job, Message, Recipient, SessionActor, Synced};
use crate::wire::{self, Connection, ConnectionError, Incoming};

/// Why a connection was left.
#[derive(Debug)]
pub(crate) enum Left {
    /// The actor has nothing left to do.
    Finished,
    /// The session is to be looked for at `app`, or through the login server.
    Elsewhere { app: Option<Endpoint>, reason: String },
}

/// A request that has no reply yet.
#[derive(Debug)]
enum InFlight {
    Attach,
    /// A sync for what has come already: answered at once by a server that lives.
    Ping,
    Job(Job),
}

/// The connection, and the actor it serves.
pub(crate) struct AppConnection<'actor> {
    actor: &'actor mut SessionActor,
    connection: Connection,
    /// In the order of their replies.
    in_flight: VecDeque<InFlight>,
    attaching: bool,
    began: Instant,
    /// When something was last to go out.
    last_sent: Instant,
    /// How long the requests that have no reply may be on their way, beyond the silence that is borne anyway.
    upload: Duration,
}

impl<'actor> AppConnection<'actor> {
    pub fn new(actor: &'actor mut SessionActor, connection: Connection) -> AppConnection<'actor> {
        let now = Instant::now();
        AppConnection {
            actor,
            connection,
            in_flight: VecDeque::new(),
            attaching: false,
            began: now,
            last_sent: now,
            upload: Duration::ZERO,
        }
    }

    /// Attaches and stays while it can. What has no reply at the end waits for the next connection.
    pub async fn stay(mut self) -> Left {
        if self.actor.over {
            self.send_waiting();
        } else {
            self.attaching = true;
            let line = wire::attach(&self.actor.token, self.actor.cursors.received());
            self.send(InFlight::Attach, &line);
        }
        let left = loop {
            if let Err(left) = self.step().await {
                break left;
            }
        };
        if self.actor.attached.load(Ordering::Relaxed) && self.began.elapsed() > self.actor.context.timing.longest_pause
        {
            self.actor.patience.rested();
        }
        self.keep_unanswered();
        left
    }

    /// Part of a line has come: it gives the servers all of the client's patience again.
    fn note_progress(&mut self) {
        if self.connection.heard() {
            self.actor.patience.answered();
        }
    }

    async fn step(&mut self) -> Result<(), Left> {
        if self.actor.over && self.in_flight.is_empty() && self.actor.waiting.is_empty() {
            return Err(Left::Finished);
        }
        let deadline = self.deadline();
        tokio::select! {
            incoming = self.connection.next() => {
                if incoming.is_ok() {
                    // What follows is another line.
                    self.connection.heard();
                }
                match incoming {
                    Ok(Incoming::Reply(reply)) => self.on_reply(*reply).await,
                    Ok(Incoming::Push(push)) => self.on_push(push).await,
                    Ok(Incoming::Unknown) => Ok(()),
                    Err(error) => {
                        self.note_progress();
                        Err(self.broken(&error))
                    }
                }
            }
            job = self.actor.jobs.recv() => {
                self.actor.take(job.ok_or(Left::Finished)?);
                // Many messages shown at once are acknowledged once.
                while let Ok(job) = self.actor.jobs.try_recv() {
                    self.actor.take(job);
                }
                self.send_waiting();
                Ok(())
            }
            () = sleep_until(deadline) => self.on_quiet(),
        }
    }

    /// When quiet becomes suspicious.
    fn deadline(&self) -> Instant {
        let timing = &self.actor.context.timing;
        let owed = !self.in_flight.is_empty();
        let borne = if owed {
            timing.app_silence + self.upload
        } else {
            timing.ping
        };
        self.connection.moved().max(self.last_sent) + borne
    }

    fn on_quiet(&mut self) -> Result<(), Left> {
        if self.deadline() > Instant::now() {
            self.note_progress();
            return Ok(());
        }
        if !self.in_flight.is_empty() {
            return Err(Left::Elsewhere {
                app: None,
                reason: ConnectionError::Silent.to_string(),
            });
        }
        let line = wire::sync(&self.actor.token, Some(self.actor.cursors.received()));
        self.send(InFlight::Ping, &line);
        Ok(())
    }

    fn send(&mut self, what: InFlight, line: &str) {
        self.connection.send(line);
        self.in_flight.push_back(what);
        self.upload += wire::upload_time(line.len());
        self.last_sent = Instant::now();
    }

    /// Sends what waits, and acknowledges what was shown; not before the attachment stands, for then messages would
    /// be missing between.
    fn send_waiting(&mut self) {
        if self.attaching {
            return;
        }
        if let Some(position) = self.actor.cursors.acknowledge() {
            self.connection.send(&wire::ack(&self.actor.token, position));
        }
        while let Some(job) = self.actor.waiting.pop_front() {
            let line = match &job {
                Job::Command { command, .. } => command.line().to_owned(),
                Job::Sync { position, .. } => wire::sync(&self.actor.token, *position),
                Job::Shown(_) => continue,
            };
            self.send(InFlight::Job(job), &line);
        }
    }

    async fn on_reply(&mut self, reply: Reply) -> Result<(), Left> {
        let Some(asked) = self.in_flight.pop_front() else {
            return Err(Left::Elsewhere {
                app: None,
                reason: "a reply to nothing came".into(),
            });
        };
        if self.in_flight.is_empty() {
            self.upload = Duration::ZERO;
        }
        if let Some(moved) = &reply.moved {
            let app = moved
                .as_ref()
                .map(|address| self.connection.endpoint().resolve(address));
            self.in_flight.push_front(asked);
            return Err(Left::Elsewhere {
                app,
                reason: reply.message.unwrap_or_default(),
            });
        }
        match asked {
            InFlight::Attach => self.on_attached(&reply).await,
            InFlight::Ping if reply.status == 0 || self.actor.over => Ok(()),
            InFlight::Ping => Err(self.refused(reply)),
            InFlight::Job(Job::Command { answer, .. }) => {
                self.actor.patience.succeeded();
                let _nobody_waits = answer.send(reply);
                Ok(())
            }
            InFlight::Job(Job::Sync { position, answer }) => {
                let Err(refusal) = self.on_synced(&reply).await else {
                    self.actor.patience.succeeded();
                    let how = if self.actor.over { Synced::Over } else { Synced::Done };
                    let _nobody_waits = answer.send(how);
                    return Ok(());
                };
                self.in_flight.push_front(InFlight::Job(Job::Sync { position, answer }));
                Err(refusal)
            }
            InFlight::Job(Job::Shown(_)) => Ok(()),
        }
    }

    async fn on_attached(&mut self, reply: &Reply) -> Result<(), Left> {
        self.attaching = false;
        if reply.status == 0 {
            self.actor.attached.store(true, Ordering::Relaxed);
            if self.actor.waiting.is_empty() {
                self.actor.patience.answered();
            }
        } else if reply.message.as_deref() == Some(text::NOT_LOGIN_YET) {
            self.actor.end().await;
        } else {
            return Err(self.refused(reply.clone()));
        }
        self.send_waiting();
        Ok(())
    }

    async fn on_synced(&mut self, reply: &Reply) -> Result<(), Left> {
        if reply.message.as_deref() == Some(text::NOT_LOGIN_YET) {
            self.actor.end().await;
        }
        if reply.status == 0 || self.actor.over {
            Ok(())
        } else {
            Err(self.refused(reply.clone()))
        }
    }

    async fn on_push(&mut self, push: Push) -> Result<(), Left> {
        match push {
            Push::Message {
                user,
                from,
                to,
                group,
                message,
                position,
            } => {
                if user != self.actor.user || !self.actor.cursors.receive(position) {
                    return Ok(());
                }
                let to = group.map_or_else(|| Recipient::User(to.unwrap_or_else(|| user.clone())), Recipient::Group);
                let serial = self.actor.serial;
                let message = Message {
                    user,
                    serial,
                    from,
                    to,
                    text: message,
                    position,
                };
                self.actor.tell(Event::Message(message)).await;
                Ok(())
            }
            Push::Moved { user, app } if user == self.actor.user => {
                let app = Some(self.connection.endpoint().resolve(&app));
                Err(Left::Elsewhere {
                    app,
                    reason: text::SERVED_ELSEWHERE.into(),
                })
            }
            Push::Ended { user } if user == self.actor.user => {
                self.actor.end().await;
                Ok(())
            }
            Push::Progress { message, .. } => {
                self.actor.patience.answered();
                self.actor.tell(Event::Notice(message)).await;
                Ok(())
            }
            Push::Moved { .. } | Push::Ended { .. } => Ok(()),
        }
    }

    fn broken(&self, error: &ConnectionError) -> Left {
        // The server may have closed this one connection only: it is tried again first, and the login server next.
        Left::Elsewhere {
            app: Some(self.connection.endpoint().clone()),
            reason: error.to_string(),
        }
    }

    fn refused(&self, reply: Reply) -> Left {
        Left::Elsewhere {
            app: None,
            reason: reply.message.unwrap_or_default(),
        }
    }

    /// What was sent and not answered goes first on the next connection.
    fn keep_unanswered(&mut self) {
        for asked in self.in_flight.drain(..).rev() {
            if let InFlight::Job(job) = asked {
                self.actor.waiting.push_front(job);
            }
        }
        if self.actor.over {
            self.actor.answer_syncs(&Synced::Over);
        }
    }
}
