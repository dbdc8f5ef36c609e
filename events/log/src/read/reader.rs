//! The reader: asks over one connection, and makes a new one when that is lost.

use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::connection::{Query, Shared};
use crate::database::{Database, DatabaseError, Failure, in_words};

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(10);
/// How long a read is tried while the database does not answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The database has not answered for a minute.
    #[error("The service cannot reach its database; try again later")]
    Unavailable,
    /// It refused the question, or answered with something that this build cannot read.
    #[error("The service could not read its data; tell the operator, whose log says why")]
    Fault(String),
}

/// Asks over one connection, several questions at a time; makes a new one when it is lost. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    pub(super) shared: std::sync::Arc<Shared>,
}

impl Reader {
    /// Connects.
    ///
    /// # Errors
    /// [`DatabaseError`] where the database cannot be reached now; a connection that is lost later is made again.
    pub async fn start(database: Database) -> Result<Reader, DatabaseError> {
        Ok(Reader {
            shared: std::sync::Arc::new(Shared::start(database).await?),
        })
    }

    /// Asks two questions in one round trip, the first of which is answered before the second is looked at: they go
    /// over one connection, in this order. `None` where there was no answer.
    pub(super) async fn ask_both(
        &self,
        first: Query,
        second: Query,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Option<[Vec<Row>; 2]> {
        let connection = self.shared.connection().await?;
        let first = connection.client.query(connection.statement(first), &[]);
        let second = connection.client.query(connection.statement(second), parameters);
        // `join!` polls in the order written, and a question is sent when it is first polled.
        let both = async { futures_util::join!(first, second) };
        match tokio::time::timeout(ANSWER, both).await {
            Ok((Ok(first), Ok(second))) => Some([first, second]),
            _ => {
                self.shared.discard(&connection).await;
                None
            }
        }
    }

    /// Asks until there is an answer: questions change nothing, so they may be asked again.
    pub(super) async fn ask(&self, query: Query, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, ReadError> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(connection) = self.shared.connection().await {
                let answer = connection.client.query(connection.statement(query), parameters);
                match tokio::time::timeout(ANSWER, answer).await {
                    Ok(Ok(rows)) => return Ok(rows),
                    Ok(Err(error)) if Failure::of(&error) == Failure::Permanent => {
                        let reason = in_words(&error);
                        tracing::error!(reason, "the database refused a query");
                        return Err(ReadError::Fault(reason));
                    }
                    Ok(Err(_)) | Err(_) => self.shared.discard(&connection).await,
                }
            }
            if Instant::now() > until {
                return Err(ReadError::Unavailable);
            }
        }
    }
}
