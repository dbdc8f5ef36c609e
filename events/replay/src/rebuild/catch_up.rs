//! What was appended while the shadow tables were written: folded, and the rows it touched written again.

use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tokio_postgres::Client;
use uuid::Uuid;

use super::RebuildError;
use super::load::Batch;
use super::touched::Touched;
use crate::fold::{Counter, Folded, ReplayError, replay};
use tenfold_log::operational::rebuild_tables::SHADOW;
use tenfold_log::span::{Span, bound};

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
            let until = bound(client).await?;
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
            let changes = folded.facts.apply(entry.position, entry.version, &entry.event);
            let impossible = |cause| ReplayError::Impossible {
                position: entry.position,
                cause,
            };
            changes
                .map_err(impossible)?
                .iter()
                .for_each(|change| touched.add(change));
            folded.position = entry.position;
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

/// Removes all touched rows, those that are to be written again too.
async fn remove(client: &Client, touched: &Touched) -> Result<(), RebuildError> {
    remove_where(client, "account", "id", ids(touched.accounts.iter().map(|id| id.0))).await?;
    remove_where(
        client,
        "session",
        "account_id",
        ids(touched.sessions_of.iter().map(|id| id.0)),
    )
    .await?;
    remove_where(client, "seat", "session_id", ids(touched.seats.iter().map(|id| id.0))).await?;
    for column in ["low", "high"] {
        remove_where(client, "pair", column, ids(touched.all_pairs_of.iter().map(|id| id.0))).await?;
    }
    let pairs = touched.pairs.iter().map(|key| (key.low.0, key.high.0)).unzip();
    remove_pairs(client, "pair", ["low", "high"], pairs).await?;
    remove_where(
        client,
        "post",
        "author",
        ids(touched.all_posts_of.iter().map(|id| id.0)),
    )
    .await?;
    remove_where(client, "groups", "id", ids(touched.groups.iter().map(|id| id.0))).await?;
    let gone = ids(touched.all_memberships_of.iter().map(|id| id.0));
    remove_where(client, "membership", "account_id", gone).await?;
    let memberships = touched
        .memberships
        .iter()
        .map(|(group, account)| (group.0, account.0))
        .unzip();
    remove_pairs(client, "membership", ["group_id", "account_id"], memberships).await?;
    remove_where(client, "instance", "id", ids(touched.instances.iter().map(|id| id.0))).await
}

/// Writes what has become of them.
async fn put(client: &Client, touched: &Touched, facts: &Facts) -> Result<(), RebuildError> {
    for batch in batches(touched, facts) {
        batch.copy_in(client).await?;
    }
    Ok(())
}

/// The touched rows that are there. A touched post is always a new one: its position is its key.
fn batches(touched: &Touched, facts: &Facts) -> Vec<Batch> {
    let memberships = touched.memberships.iter();
    [
        Batch::of(touched.accounts.iter().filter_map(|id| facts.account(*id))),
        Batch::of(touched.sessions_of.iter().filter_map(|id| facts.session_of(*id))),
        Batch::of(touched.seats.iter().filter_map(|id| facts.seat_of(*id))),
        Batch::of(touched.pairs.iter().filter_map(|key| facts.pair(key.low, key.high))),
        Batch::of(touched.posts.iter().filter_map(|position| facts.post(*position))),
        Batch::of(touched.groups.iter().filter_map(|id| facts.group(*id))),
        Batch::of(memberships.filter_map(|(group, account)| facts.membership(*group, *account))),
        Batch::of(touched.instances.iter().filter_map(|id| facts.instance(*id))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn ids(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    ids.collect()
}

async fn remove_where(client: &Client, table: &str, column: &str, ids: Vec<Uuid>) -> Result<(), RebuildError> {
    if !ids.is_empty() {
        let delete = format!("delete from {SHADOW}.{table} where {column} = any($1)");
        client.execute(&delete, &[&ids]).await?;
    }
    Ok(())
}

async fn remove_pairs(
    client: &Client,
    table: &str,
    [first, second]: [&str; 2],
    (firsts, seconds): (Vec<Uuid>, Vec<Uuid>),
) -> Result<(), RebuildError> {
    if !firsts.is_empty() {
        let delete = format!(
            "delete from {SHADOW}.{table} as t using unnest($1::uuid[], $2::uuid[]) as gone(first, second) \
             where t.{first} = gone.first and t.{second} = gone.second"
        );
        client.execute(&delete, &[&firsts, &seconds]).await?;
    }
    Ok(())
}
