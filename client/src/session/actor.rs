//! The task behind a session, its state: what it is asked to do (jobs), what it tells the front (events), and how far the
//! session's messages have come (cursors).

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tenfold_core::ids::Position;
use tenfold_core::protocol::{Endpoint, Reply};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::error::ClientError;
use crate::logins::Logins;
use crate::patience::Patience;
use crate::timing::Timing;
use crate::wire::{Command, LastHeard};

/// What all parts of the client share.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub logins: Logins,
    pub timing: Timing,
    pub last_heard: LastHeard,
    pub events: mpsc::Sender<Event>,
}

impl Context {
    /// How long a login server may say nothing: not as long where there is another one to ask.
    pub fn login_silence(&self) -> Duration {
        if self.logins.has_others() {
            self.timing.app_silence.min(self.timing.login_silence)
        } else {
            self.timing.login_silence
        }
    }
}

/// A message for one of the client's users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whose session it came to.
    pub user: String,
    /// Which session of theirs; see [`super::Session`].
    pub serial: u64,
    /// Who wrote it.
    pub from: String,
    /// To whom.
    pub to: Recipient,
    /// What.
    pub text: String,
    /// Its position in the log.
    pub position: Position,
}

/// Whom a message was sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// One user.
    User(String),
    /// All members of a group.
    Group(String),
}

/// Something that happened while the client was waiting.
#[derive(Debug)]
pub enum Event {
    /// Somebody wrote.
    Message(Message),
    /// A session is over.
    Ended {
        /// Whose.
        user: String,
        /// Which of theirs.
        serial: u64,
    },
    /// For the person at a terminal.
    Notice(String),
    /// There is no going on.
    GiveUp(ClientError),
}

/// How a sync ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Synced {
    /// Everything is here.
    Done,
    /// The session is over; everything before its end is here.
    Over,
    /// The servers refuse to serve the session, in these words.
    Refused(String),
}

/// One thing to do; whoever waits for it may have gone away meanwhile.
#[derive(Debug)]
pub(crate) enum Job {
    /// Have a command carried out.
    Command {
        command: Command,
        answer: oneshot::Sender<Reply>,
    },
    /// Wait for messages.
    Sync {
        position: Option<Position>,
        answer: oneshot::Sender<Synced>,
    },
    /// Acknowledge what is on the screen.
    Shown(Position),
}

impl Job {
    /// Nobody waits for it any more.
    pub fn is_abandoned(&self) -> bool {
        match self {
            Job::Command { answer, .. } => answer.is_closed(),
            Job::Sync { answer, .. } => answer.is_closed(),
            Job::Shown(_) => false,
        }
    }
}

/// The state of the task behind a [`super::Session`].
pub(crate) struct SessionActor {
    pub user: String,
    pub token: String,
    pub serial: u64,
    /// Who serves the session, as far as is known.
    pub app: Option<Endpoint>,
    pub cursors: Cursors,
    /// The session has ended; what is still waiting is sent for its reply alone.
    pub over: bool,
    /// What has not been sent, or not on this connection.
    pub waiting: VecDeque<Job>,
    pub jobs: mpsc::UnboundedReceiver<Job>,
    pub attached: Arc<AtomicBool>,
    pub patience: Patience,
    pub context: Context,
}

/// The handle was dropped, or the session is over and nobody waits: the actor's work is done.
#[derive(Debug)]
pub(crate) struct Finished;

impl SessionActor {
    /// Takes a job in while there is no connection for it.
    pub fn take(&mut self, job: Job) {
        match job {
            Job::Shown(position) => self.cursors.show(position),
            job => self.waiting.push_back(job),
        }
    }

    /// Waits after a failure. A command that comes meanwhile ends the wait.
    pub async fn pause(&mut self, reason: &str) -> Result<(), Finished> {
        self.waiting.retain(|job| !job.is_abandoned());
        let now = Instant::now();
        let until = match self.patience.failed(now) {
            Ok(pause) => {
                if self.patience.is_worn() && !self.waiting.is_empty() {
                    let notice = format!("The server of {} does not answer ({reason}); trying again", self.user);
                    self.tell(Event::Notice(notice)).await;
                }
                now + pause
            }
            Err(_) => {
                self.report_silence(reason).await;
                now + self.context.timing.longest_pause
            }
        };
        loop {
            tokio::select! {
                () = sleep_until(until) => return Ok(()),
                job = self.jobs.recv() => {
                    let job = job.ok_or(Finished)?;
                    let urgent = matches!(job, Job::Command { .. });
                    self.take(job);
                    if urgent {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Nothing has answered this session for all of the client's patience. The client ends where somebody waits for
    /// it, or where nothing else answers either.
    async fn report_silence(&self, reason: &str) {
        let patience = self.context.timing.patience;
        if self.waiting.is_empty() && self.context.last_heard.elapsed() < patience {
            return;
        }
        let error = ClientError::NothingAnswers {
            login: self.context.logins.to_string(),
            patience,
            reason: reason.to_owned(),
        };
        self.tell(Event::GiveUp(error)).await;
    }

    /// The session has ended.
    pub async fn end(&mut self) {
        self.attached.store(false, Ordering::Relaxed);
        if !self.over {
            self.over = true;
            self.tell(Event::Ended {
                user: self.user.clone(),
                serial: self.serial,
            })
            .await;
        }
        self.answer_syncs(&Synced::Over);
    }

    /// Answers all syncs that wait.
    pub fn answer_syncs(&mut self, how: &Synced) {
        for job in std::mem::take(&mut self.waiting) {
            match job {
                Job::Sync { answer, .. } => drop(answer.send(how.clone())),
                job => self.waiting.push_back(job),
            }
        }
    }

    /// Tells the front, which may have gone away already.
    pub async fn tell(&self, event: Event) {
        let _front_gone = self.context.events.send(event).await;
    }
}

/// How far one session's messages have come. Pure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursors {
    received: Position,
    shown: Position,
    acked: Position,
    start: Position,
}

impl Cursors {
    /// The session is attached from `start`: all up to there has been shown and acknowledged.
    pub fn new(start: Position) -> Cursors {
        Cursors {
            received: start,
            shown: start,
            acked: start,
            start,
        }
    }

    /// A message has come. Whether it is new: what is at or below the highest is a repetition.
    pub fn receive(&mut self, position: Position) -> bool {
        let new = position > self.received;
        self.received = self.received.max(position);
        new
    }

    /// Messages up to `position` are on the screen.
    pub fn show(&mut self, position: Position) {
        self.shown = self.shown.max(position);
    }

    /// Where to attach from: everything up to there has come and is on the screen or on its way there.
    pub fn received(&self) -> Position {
        self.received
    }

    /// What to acknowledge now, once; `None` where nothing was shown since the last time.
    pub fn acknowledge(&mut self) -> Option<Position> {
        (self.shown > self.acked).then(|| {
            self.acked = self.shown;
            self.shown
        })
    }

    /// The connection is another one: the acknowledgements on the old one may be lost.
    pub fn reconnected(&mut self) {
        self.acked = self.start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_known() {
        let mut cursors = Cursors::new(Position(10));
        assert!(!cursors.receive(Position(10)) && cursors.receive(Position(12)));
        assert!(!cursors.receive(Position(12)) && !cursors.receive(Position(11)));
        assert_eq!(cursors.received(), Position(12));
    }

    #[test]
    fn only_what_was_shown_is_acknowledged_and_once() {
        let mut cursors = Cursors::new(Position(10));
        cursors.receive(Position(12));
        assert_eq!(cursors.acknowledge(), None);
        cursors.show(Position(12));
        assert_eq!(
            (cursors.acknowledge(), cursors.acknowledge()),
            (Some(Position(12)), None)
        );
        cursors.reconnected();
        assert_eq!(cursors.acknowledge(), Some(Position(12)));
    }
}
