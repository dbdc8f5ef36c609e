//! A connection on which nobody waits for ever.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, Row, Statement, ToStatement};

use crate::sealing::master_key::MasterKey;

/// How long an answer may take on a connection that is older than another one's silence, until it has answered: where one
/// stalls, so do most often all.
const SUSPECTED: Duration = Duration::from_secs(2);

/// When a connection to the database last proved to stall. Shared by all connections of a process.
pub(super) type LastStall = Arc<Mutex<Option<Instant>>>;

/// A connection to a [`Database`](super::Database), with the master key that opens what it reads. Every statement sent through it has
/// a deadline: where there is no answer by then, the connection is given up, and the statement fails as on a connection that was closed.
/// Transactions, copying and cursors, which take the [`tokio_postgres::Client`] that it derefs to, have none.
#[derive(Debug)]
pub struct Client {
    client: tokio_postgres::Client,
    master: Option<Arc<MasterKey>>,
    driver: AbortHandle,
    answer: Duration,
    last_stall: LastStall,
    /// When it was made, or last answered.
    sound: Mutex<Instant>,
}

impl Client {
    pub(super) fn new(
        client: tokio_postgres::Client,
        master: Option<Arc<MasterKey>>,
        driver: AbortHandle,
        answer: Duration,
        last_stall: LastStall,
    ) -> Client {
        Client {
            client,
            master,
            driver,
            answer,
            last_stall,
            sound: Mutex::new(Instant::now()),
        }
    }

    /// What it seals and opens with; none where names and texts stay sealed.
    pub fn master_key(&self) -> Option<&Arc<MasterKey>> {
        self.master.as_ref()
    }

    async fn answered<T>(&self, asked: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.answered_within(self.deadline(), asked).await
    }

    async fn answered_within<T>(
        &self,
        within: Duration,
        asked: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut asked = pin!(asked);
        if let Ok(answer) = timeout(within, asked.as_mut()).await {
            *self.sound.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            return answer;
        }
        tracing::warn!(
            seconds = within.as_secs(),
            "the database does not answer: its connection is given up"
        );
        *self.last_stall.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.driver.abort();
        // With its driver the connection is gone, and whoever waits for it is told so.
        asked.await
    }

    fn deadline(&self) -> Duration {
        let last_stall = *self.last_stall.lock().unwrap_or_else(PoisonError::into_inner);
        let sound = *self.sound.lock().unwrap_or_else(PoisonError::into_inner);
        match last_stall {
            Some(stall) if stall > sound => self.answer.min(SUSPECTED),
            _ => self.answer,
        }
    }
}

/// As the methods of [`tokio_postgres::Client`] of the same names, with the deadline.
#[allow(missing_docs)]
impl Client {
    pub async fn query<T>(&self, statement: &T, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error>
    where
        T: ?Sized + ToStatement,
    {
        self.answered(self.client.query(statement, parameters)).await
    }

    pub async fn query_one<T>(&self, statement: &T, parameters: &[&(dyn ToSql + Sync)]) -> Result<Row, Error>
    where
        T: ?Sized + ToStatement,
    {
        self.answered(self.client.query_one(statement, parameters)).await
    }

    pub async fn query_opt<T>(&self, statement: &T, parameters: &[&(dyn ToSql + Sync)]) -> Result<Option<Row>, Error>
    where
        T: ?Sized + ToStatement,
    {
        self.answered(self.client.query_opt(statement, parameters)).await
    }

    pub async fn query_typed(
        &self,
        statement: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, Error> {
        self.answered(self.client.query_typed(statement, parameters)).await
    }

    pub async fn execute<T>(&self, statement: &T, parameters: &[&(dyn ToSql + Sync)]) -> Result<u64, Error>
    where
        T: ?Sized + ToStatement,
    {
        self.answered(self.client.execute(statement, parameters)).await
    }

    pub async fn batch_execute(&self, statements: &str) -> Result<(), Error> {
        self.answered(self.client.batch_execute(statements)).await
    }

    /// As [`batch_execute`](Self::batch_execute), for what may take longer than the connection's other statements.
    pub async fn batch_execute_within(&self, within: Duration, statements: &str) -> Result<(), Error> {
        self.answered_within(within, self.client.batch_execute(statements))
            .await
    }

    pub async fn simple_query(&self, statements: &str) -> Result<Vec<tokio_postgres::SimpleQueryMessage>, Error> {
        self.answered(self.client.simple_query(statements)).await
    }

    pub async fn prepare_typed(&self, statement: &str, types: &[Type]) -> Result<Statement, Error> {
        self.answered(self.client.prepare_typed(statement, types)).await
    }
}

impl Deref for Client {
    type Target = tokio_postgres::Client;

    fn deref(&self) -> &tokio_postgres::Client {
        &self.client
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut tokio_postgres::Client {
        &mut self.client
    }
}

/// What a listening connection hears.
#[derive(Debug)]
pub struct Notifications {
    pub(super) receiver: mpsc::Receiver<String>,
}

impl Notifications {
    /// The channel of the next notification; `None` once the connection is gone.
    pub async fn next(&mut self) -> Option<String> {
        self.receiver.recv().await
    }

    /// The channel of a notification that has already come.
    pub fn try_next(&mut self) -> Option<String> {
        self.receiver.try_recv().ok()
    }
}
