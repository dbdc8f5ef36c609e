//! The writer's task: takes what waits, carries it out, answers.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::RngExt;
use tenfold_core::ids::AccountId;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::batch::{Decided, Ready, Verdict, decide_from_memory, ids_of, needs_of};
use super::commit_hook::CommitHook;
use super::connection::AppendConnection;
use super::remembered::Memory;
use super::submission::{Outcome, Submission, SubmitError};
use super::transaction::{Gathered, gather, record, record_alone};
use crate::database::{Database, DatabaseError, Failure, in_words};

/// How many submissions may wait.
const QUEUE: usize = 4096;
/// How many share a commit at most: bounds the locks and rows one transaction holds.
const BATCH: usize = 128;
/// How long a submission is tried while the database does not answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a single submission is tried against conflicts.
const TRIES: u32 = 12;
/// From this try on pauses do not grow any more.
const MOST_PAUSE: u32 = 6;

struct Item {
    submission: Submission,
    answer: oneshot::Sender<Result<Outcome, SubmitError>>,
    since: Instant,
}

/// Hands submissions to the writer's task. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Item>,
    closing: tokio_util::sync::CancellationToken,
    closed: std::sync::Arc<tokio::sync::Mutex<Option<JoinHandle<()>>>>,
}

impl Writer {
    /// Connects and starts.
    ///
    /// # Errors
    /// [`DatabaseError`] where the database cannot be reached now; a connection that is lost later is made again.
    pub async fn start(database: Database) -> Result<Writer, DatabaseError> {
        Writer::with_commit_hook(database, CommitHook::default()).await
    }

    /// As [`start`](Self::start); `commit_hook` takes over what was recorded.
    ///
    /// # Errors
    /// [`DatabaseError`] where the database cannot be reached now; a connection that is lost later is made again.
    pub async fn with_commit_hook(database: Database, commit_hook: CommitHook) -> Result<Writer, DatabaseError> {
        if database.master_key().is_none() {
            return Err(DatabaseError::NoMasterKey);
        }
        let connection = AppendConnection::open(&database).await?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let closing = tokio_util::sync::CancellationToken::new();
        let doorbell = commit_hook.doorbell.clone();
        let task = WriterTask {
            commit_hook,
            database: database.clone(),
            memory: Memory::new(database.master_key(), connection.log_key.as_ref()),
            connection: Some(connection),
        };
        let stop = closing.clone();
        let running = tokio::spawn(async move {
            tokio::select! {
                () = task.run(waiting, stop) => {}
                () = doorbell.run(database) => {}
            }
        });
        Ok(Writer {
            queue,
            closing,
            closed: std::sync::Arc::new(tokio::sync::Mutex::new(Some(running))),
        })
    }

    /// Has a submission decided and recorded. Dropping the future does not take it back.
    ///
    /// # Errors
    /// [`SubmitError`]; then it is unknown whether it happened, unless the queue was full or the writer closed.
    pub async fn submit(&self, submission: Submission) -> Result<Outcome, SubmitError> {
        if self.closing.is_cancelled() {
            return Err(SubmitError::Closed);
        }
        let (answer, answered) = oneshot::channel();
        let item = Item {
            submission,
            answer,
            since: Instant::now(),
        };
        self.queue.try_send(item).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SubmitError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => SubmitError::Closed,
        })?;
        answered.await.unwrap_or(Err(SubmitError::Closed))
    }

    /// Ends when the writer has: closed, or because of a fault in it. Nothing can be recorded any more then.
    pub async fn ended(self) {
        self.queue.closed().await;
    }

    /// Takes no more, and returns when those it has are answered.
    pub async fn close(&self) {
        self.closing.cancel();
        if let Some(running) = self.closed.lock().await.take() {
            drop(running.await);
        }
    }
}

struct WriterTask {
    database: Database,
    connection: Option<AppendConnection>,
    memory: Memory,
    commit_hook: CommitHook,
}

/// Why a batch was not recorded.
enum AttemptError {
    /// The connection is gone; its command ids show whether the batch was recorded.
    ConnectionLost,
    /// The server that is connected does not take it, and says so; another one may.
    Elsewhere,
    /// Somebody else was faster, or waited too long; nothing was recorded.
    Conflict,
    /// It is refused, and would be again.
    Refused,
}

impl WriterTask {
    async fn run(mut self, mut waiting: mpsc::Receiver<Item>, closing: tokio_util::sync::CancellationToken) {
        loop {
            let first = tokio::select! {
                biased;
                first = waiting.recv() => first,
                () = closing.cancelled() => {
                    waiting.close();
                    waiting.recv().await
                }
            };
            let Some(first) = first else { return };
            let batch = group_commit(first, &mut waiting).await;
            self.process(batch).await;
        }
    }

    /// Tries a batch until every one of it has an answer: after a conflict with what is so now instead of what is
    /// remembered, after another one in halves, so that nobody is refused because of a batch-mate.
    async fn process(&mut self, batch: Vec<Item>) {
        let mut work = vec![(batch, 0u32)];
        while let Some((batch, tries)) = work.pop() {
            let Some(batch) = answer_those_out_of_time(batch, tries) else {
                continue;
            };
            match self.attempt(&batch, tries).await {
                Ok(outcomes) => {
                    for (item, outcome) in batch.into_iter().zip(outcomes) {
                        let name = outcome.as_ref().map_or("no outcome", Outcome::name);
                        tracing::debug!(parent: &item.submission.span, tries, outcome = name, "the command is decided");
                        // Who no longer waits needs no answer.
                        drop(item.answer.send(outcome));
                    }
                }
                Err(error @ (AttemptError::ConnectionLost | AttemptError::Elsewhere)) => {
                    self.connection = None;
                    // Conflicts are counted from anew; what was recorded is found by its command id.
                    work.push((batch, tries.max(1)));
                    if matches!(error, AttemptError::Elsewhere) {
                        // The next connection may be to the same server, and come about at once.
                        pause(MOST_PAUSE).await;
                    }
                    self.reconnect().await;
                }
                // Once more, for it may have been decided on what is remembered.
                Err(AttemptError::Refused) if batch.len() == 1 && tries > 0 => {
                    give_up(batch, SubmitError::Fault, tries)
                }
                Err(error) => {
                    if matches!(error, AttemptError::Conflict) {
                        pause(tries).await;
                    }
                    let mut first = batch;
                    if tries > 0 && first.len() > 1 {
                        let second = first.split_off(first.len() / 2);
                        work.push((second, tries + 1));
                    }
                    work.push((first, tries + 1));
                }
            }
        }
    }

    async fn attempt(&mut self, batch: &[Item], tries: u32) -> Result<Vec<Result<Outcome, SubmitError>>, AttemptError> {
        let Some(connection) = &self.connection else {
            return Err(AttemptError::ConnectionLost);
        };
        let submissions = || batch.iter().map(|item| &item.submission);
        let needs = needs_of(submissions());
        if tries == 0
            && let Some(mut ready) = decide_from_memory(&self.memory, &needs, submissions())
            && let Some(sealed) = ready.sealed()
            && sealed.new_keys.0.is_empty()
        {
            let recorded = record_alone(connection, &ready.decided, sealed).await;
            return self.conclude(batch, ready, &needs.accounts, recorded);
        }
        let Gathered {
            mut facts,
            keys,
            chain,
            repeated,
        } = match gather(connection, &needs, &ids_of(submissions(), tries)).await {
            Ok(gathered) => gathered,
            Err(error) => {
                let error = self.failed(&error, batch, &needs.accounts);
                if matches!(error, AttemptError::Conflict | AttemptError::Refused) {
                    self.roll_back().await;
                }
                return Err(error);
            }
        };
        let decided = Decided::decide(submissions(), &mut facts, &repeated);
        let mut ready = Ready {
            decided,
            facts,
            keys,
            chain,
        };
        let Some(sealed) = ready.sealed() else {
            self.roll_back().await;
            return Err(AttemptError::Conflict);
        };
        let recorded = match &self.connection {
            Some(connection) => record(connection, &ready.decided, sealed).await,
            None => return Err(AttemptError::ConnectionLost),
        };
        self.conclude(batch, ready, &needs.accounts, recorded)
    }

    fn conclude(
        &mut self,
        batch: &[Item],
        ready: Ready,
        accounts: &BTreeSet<AccountId>,
        recorded: Result<Vec<tenfold_core::ids::Position>, tokio_postgres::Error>,
    ) -> Result<Vec<Result<Outcome, SubmitError>>, AttemptError> {
        let positions = recorded.map_err(|error| self.failed(&error, batch, accounts))?;
        let Ready {
            decided,
            facts,
            mut keys,
            chain,
        } = ready;
        self.memory.keep(accounts, &facts, &mut keys, &chain);
        let events = decided.entries.iter().map(|entry| &entry.event);
        self.commit_hook.committed(positions.iter().copied().zip(events));
        let outcome = |verdict| match verdict {
            Verdict::Final(outcome) => outcome,
            Verdict::Happened { events, last } => Ok(Outcome::Happened {
                position: positions[last],
                events,
            }),
            Verdict::Refused { code, trace } => Ok(Outcome::Refused {
                code,
                position: Some(positions[trace]),
            }),
        };
        Ok(decided.verdicts.into_iter().map(outcome).collect())
    }

    fn failed(
        &mut self,
        error: &tokio_postgres::Error,
        batch: &[Item],
        accounts: &BTreeSet<AccountId>,
    ) -> AttemptError {
        self.memory.forget(accounts);
        let is_open = |connection: &AppendConnection| !connection.client.is_closed();
        let code = error.code().filter(|_| self.connection.as_ref().is_some_and(is_open));
        // Without a code the connection broke, which says so itself.
        let Some(code) = code else {
            return AttemptError::ConnectionLost;
        };
        match Failure::of(error) {
            Failure::Elsewhere => {
                tracing::warn!(error = %in_words(error), code = code.code(), "Postgres refuses here and now; connecting again");
                AttemptError::Elsewhere
            }
            Failure::Conflict => AttemptError::Conflict,
            Failure::Permanent => {
                for item in batch {
                    tracing::warn!(
                        parent: &item.submission.span, error = %in_words(error), code = ?error.code(), batch = batch.len(),
                        "Postgres refused the batch that the command is in; trying again in smaller ones"
                    );
                }
                AttemptError::Refused
            }
        }
    }

    async fn roll_back(&self) {
        if let Some(connection) = &self.connection {
            // Where this fails the connection is gone, and with it the transaction.
            drop(connection.client.execute(&connection.statements.rollback, &[]).await);
        }
    }

    async fn reconnect(&mut self) {
        match AppendConnection::open(&self.database).await {
            Ok(connection) => self.connection = Some(connection),
            Err(error) => {
                tracing::warn!(%error, "the database does not answer; trying again");
                let pause = rand::rng().random_range(100..400);
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
        }
    }
}

/// Group commit: `first` goes together with all that wait by now, and with what the same turn of the runtime brings:
/// those whom the last batch answered tend to ask again together. Nobody waits for who isn't there yet.
async fn group_commit(first: Item, waiting: &mut mpsc::Receiver<Item>) -> Vec<Item> {
    let mut batch = vec![first];
    loop {
        while batch.len() < BATCH {
            match waiting.try_recv() {
                Ok(item) => batch.push(item),
                Err(_) => break,
            }
        }
        tokio::task::yield_now().await;
        if batch.len() == BATCH || waiting.is_empty() {
            return batch;
        }
    }
}

/// Answers those that have been tried too often or for too long; the others go on.
fn answer_those_out_of_time(batch: Vec<Item>, tries: u32) -> Option<Vec<Item>> {
    let out_of_tries = batch.len() == 1 && tries > TRIES;
    let (late, left): (Vec<Item>, Vec<Item>) = batch
        .into_iter()
        .partition(|item| out_of_tries || item.since.elapsed() > PATIENCE);
    let error = match out_of_tries {
        true => SubmitError::Fault,
        false => SubmitError::Unavailable,
    };
    give_up(late, error, tries);
    (!left.is_empty()).then_some(left)
}

fn give_up(batch: Vec<Item>, error: SubmitError, tries: u32) {
    for item in batch {
        tracing::warn!(parent: &item.submission.span, %error, tries, "the command is given up");
        drop(item.answer.send(Err(error.clone())));
    }
}

/// Jittered, growing, bounded; the first conflict goes again at once.
async fn pause(tries: u32) {
    if tries > 0 {
        let most = 2u64 << tries.min(MOST_PAUSE);
        let pause = rand::rng().random_range(0..=most);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}
