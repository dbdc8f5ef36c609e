//! The live projections, read back into facts: every row is the change that put it there.

use futures_util::TryStreamExt;
use tenfold_core::facts::{Change, Facts, Projection};
use tenfold_core::ids::Position;
use tenfold_log::database::DatabaseError;
use tenfold_log::for_projection;
use tenfold_log::projection::{Stored, Table};
use tokio_postgres::Client;

/// Why the projections could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A row that no event makes.
    #[error("the projection {table} holds a row that no event makes ({what}); `bin/events rebuild` makes it anew")]
    Row {
        /// In which table.
        table: &'static str,
        /// What is wrong with it.
        what: String,
    },
}

impl From<tokio_postgres::Error> for LiveError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

/// One moment of the database: everything read through it belongs together, whatever is appended meanwhile.
pub struct Snapshot<'a> {
    client: &'a Client,
}

impl<'a> Snapshot<'a> {
    /// Takes the moment. The tables are locked against nothing but being swapped by a rebuild, and before the
    /// moment is taken: a table that is swapped in afterwards would look empty from here.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn take(client: &'a Client) -> Result<Snapshot<'a>, DatabaseError> {
        let tables = Table::all_names();
        let begin = format!(
            "begin isolation level repeatable read read only; lock table event, {tables} in access share mode; \
             select 1"
        );
        client.batch_execute(&begin).await?;
        Ok(Snapshot { client })
    }

    /// The connection, for other reading in the same moment.
    pub fn client(&self) -> &'a Client {
        self.client
    }

    /// The position of the last event that is visible.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn position(&self) -> Result<Position, DatabaseError> {
        let row = self
            .client
            .query_one("select coalesce(max(position), 0) from event", &[])
            .await?;
        Ok(Position(row.get(0)))
    }

    /// All rows of all projections.
    ///
    /// # Errors
    /// Where the database fails, or a row is none that an event makes.
    pub async fn facts(&self) -> Result<Facts, LiveError> {
        let mut facts = Facts::default();
        for projection in Projection::ALL {
            for_projection!(projection, Row => self.load::<Row>(&mut facts).await?);
        }
        Ok(facts)
    }

    async fn load<Row: Stored>(&self, facts: &mut Facts) -> Result<(), LiveError> {
        let table = Table::of_rows::<Row>();
        let select = format!("select {} from {}", table.column_names(), table.name);
        let none: [i64; 0] = [];
        let rows = self.client.query_raw(&select, none).await?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = rows.try_next().await? {
            let read = Row::read(&row, 0).map_err(|what| LiveError::Row {
                table: table.name,
                what,
            })?;
            facts.absorb(Change::put(read));
        }
        Ok(())
    }

    /// Lets go of the moment.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn end(self) -> Result<(), DatabaseError> {
        Ok(self.client.batch_execute("commit").await?)
    }
}
