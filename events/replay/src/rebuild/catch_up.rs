//! What was appended while the shadow tables were written: folded, and the rows it touched written again.

use tenfold_core::facts::{Facts, Projected, Projection};
use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use tenfold_log::for_projection;
use tenfold_log::operational::rebuild_tables::SHADOW;
use tenfold_log::projection::{Columns, Stored, Table, Values};
use tenfold_log::span::{Span, high_water_mark};
use tokio_postgres::types::ToSql;

use super::error::RebuildError;
use super::load::add;
use super::touched::Touched;
use crate::fold::{Counter, Folded, ReplayError, replay};

/// So few events that folding them under a lock is a matter of milliseconds.
const CLOSE: u64 = 200;

/// The facts, and up to where the shadow tables say the same.
pub(super) struct Building {
    folded: Folded,
    until: Position,
}

impl Building {
    /// With shadow tables that hold `folded`, which is the log up to `until`.
    pub(super) fn new(folded: Folded, until: Position) -> Building {
        Building { folded, until }
    }

    /// Catches up with the log, again and again, until there was little to do, or as much as the time before: where
    /// appends come so fast it will not get closer.
    pub(super) async fn catch_up_until_close(
        &mut self,
        client: &Client,
        counter: &Counter,
    ) -> Result<(), RebuildError> {
        let mut last = u64::MAX;
        loop {
            let before = counter.events();
            let until = high_water_mark(client).await?;
            client.batch_execute("begin").await?;
            self.catch_up(client, until, counter).await?;
            client.batch_execute("commit").await?;
            let events = counter.events() - before;
            if events <= CLOSE || events >= last - last / 4 {
                return Ok(());
            }
            last = events;
        }
    }

    /// Folds the log up to `until` and writes the rows it touched, in the transaction that is open.
    pub(super) async fn catch_up(
        &mut self,
        client: &Client,
        until: Position,
        counter: &Counter,
    ) -> Result<(), RebuildError> {
        let span = Span {
            after: self.until,
            until,
        };
        let state = (std::mem::take(&mut self.folded), Touched::default());
        let (folded, touched) = replay(client, span, state, counter, |(folded, touched), entry| {
            folded.position = entry.position;
            let changes = folded.facts.apply(entry.position, entry.version, &entry.event);
            let impossible = |cause| ReplayError::Impossible {
                position: entry.position,
                cause,
            };
            changes
                .map_err(impossible)?
                .iter()
                .for_each(|change| touched.add(change));
            Ok(())
        })
        .await?;
        remove(client, &touched).await?;
        put(client, &touched, &folded.facts).await?;
        self.folded = folded;
        self.until = until;
        Ok(())
    }
}

/// Removes all touched rows of all projections, those that are to be written again too.
async fn remove(client: &Client, touched: &Touched) -> Result<(), RebuildError> {
    for projection in Projection::ALL {
        for_projection!(projection, Row => remove_rows::<Row>(client, touched).await?);
    }
    Ok(())
}

async fn remove_rows<Row: Stored>(client: &Client, touched: &Touched) -> Result<(), RebuildError> {
    let table = Table::of_rows::<Row>();
    let mut accounts = Columns::default();
    for account in touched.all_of(Row::PROJECTION) {
        accounts.next_row();
        accounts.id(account.0);
    }
    if let Some(statement) = table.remove_all_of(Some(SHADOW)) {
        execute(client, &statement, accounts).await?;
    }
    let mut keys = Columns::default();
    for key in touched.keys::<Row>() {
        keys.next_row();
        Row::write_key(&key, &mut keys);
    }
    execute(client, &table.remove(Some(SHADOW)), keys).await
}

/// Carries a statement out, unless there is nothing to do.
async fn execute(client: &Client, statement: &str, columns: Columns) -> Result<(), RebuildError> {
    let parameters = columns.into_parameters();
    if !parameters.is_empty() {
        let parameters: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|value| &**value as _).collect();
        client.execute(statement, &parameters).await?;
    }
    Ok(())
}

/// Writes what has become of the touched rows.
async fn put(client: &Client, touched: &Touched, facts: &Facts) -> Result<(), RebuildError> {
    for projection in Projection::ALL {
        for_projection!(projection, Row => {
            let rows = touched.keys::<Row>().filter_map(|key| Row::find(facts, &key));
            add(client, rows).await?;
        });
    }
    Ok(())
}
