//! Keeps one user attached: finds who serves the session, stays there, and goes on when the server goes away.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::Surroundings;
use super::job::{Job, Synced};
use super::marks::Marks;
use super::visit::{Left, Visit};
use crate::error::ClientError;
use crate::event::Event;
use crate::patience::Patience;
use tenfold_core::protocol::Endpoint;

/// The task behind a [`super::Session`].
pub(crate) struct Keeper {
    pub user: String,
    pub token: String,
    pub serial: u64,
    /// Who serves the session, as far as is known.
    pub app: Option<Endpoint>,
    pub marks: Marks,
    /// The session has ended; what is still waiting is sent for its reply alone.
    pub over: bool,
    /// What has not been sent, or not on this connection.
    pub waiting: VecDeque<Job>,
    pub jobs: mpsc::UnboundedReceiver<Job>,
    pub attached: Arc<AtomicBool>,
    pub patience: Patience,
    pub around: Surroundings,
}

/// The handle was dropped, or the session is over and nobody waits: the keeper's work is done.
#[derive(Debug)]
pub(crate) struct Finished;

impl Keeper {
    /// Works until the handle is dropped or the session is over.
    pub async fn run(mut self) {
        while let Ok(connection) = self.seek().await {
            let left = Visit::new(&mut self, connection).stay().await;
            self.attached.store(false, Ordering::Relaxed);
            self.marks.reconnected();
            match left {
                Left::Finished => return,
                Left::Elsewhere { app, reason } => {
                    self.app = app;
                    // The first pause is none; the next ones keep two servers that name each other from sending the
                    // client round in a circle at full speed.
                    if self.pause(&reason).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Takes a job in while there is no connection for it.
    pub fn take(&mut self, job: Job) {
        match job {
            Job::Shown(position) => self.marks.show(position),
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
                now + self.around.timing.longest_pause
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
        let patience = self.around.timing.patience;
        if self.waiting.is_empty() && self.around.pulse.quiet() < patience {
            return;
        }
        let error = ClientError::NothingAnswers {
            login: self.around.login.clone(),
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
        let _front_gone = self.around.events.send(event).await;
    }
}
