//! The moment in which the new tables take the place of the old.

use std::time::{Duration, Instant};

use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use tokio_postgres::error::SqlState;

use super::catch_up::Building;
use super::error::RebuildError;
use super::properties::{self, Stage};
use crate::fold::Counter;
use tenfold_log::locks::GATE;
use tenfold_log::operational::rebuild_tables::{RETIRED, SHADOW};
use tenfold_log::projection::Table;

/// Whoever wants to append queues behind the lock that is waited for, so it is not waited for long: the gate, the log
/// and all tables together get that much each.
const LOCK_TIMEOUT: Duration = Duration::from_millis(150);
/// Between two tries; doubled from the first to the second.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];
/// Vacuum may hold a table for minutes.
const GIVE_UP: Duration = Duration::from_secs(10 * 60);

/// Puts the shadow tables in the place of the live ones, as soon as nobody is in the way. Answers with how often it
/// was tried.
pub(super) async fn swap(
    client: &Client,
    mut building: Building,
    counter: &Counter,
) -> Result<(Building, u32), RebuildError> {
    let begun = Instant::now();
    let live = live_schema(client).await?;
    let [mut pause, longest] = PAUSES;
    for tries in 1.. {
        if lock(client).await? {
            // Nobody can hang anything on the tables now.
            properties::refuse_dependents(client).await?;
            // All that was ever going to be visible without a new append is visible now.
            building.catch_up(client, Position(i64::MAX), counter).await?;
            properties::carry_over(client, Stage::Swap).await?;
            client.batch_execute(&exchange(&live)).await?;
            return Ok((building, tries));
        }
        if begun.elapsed() > GIVE_UP {
            break;
        }
        tokio::time::sleep(pause).await;
        pause = longest.min(pause * 2);
        building.catch_up_until_close(client, counter).await?;
    }
    Err(RebuildError::NoPause {
        minutes: GIVE_UP.as_secs() / 60,
    })
}

/// Begins the transaction and takes all locks, or none within the time allowed.
///
/// The gate comes first (see `pass_gate` in the migrations): whoever is appending ends that, and whoever comes waits
/// there, holding no table that is wanted next. Then the log, against those who append without passing it, and the
/// tables, which only readers hold now. A rebuild that stands still with these locks must not stop the service: it loses them.
async fn lock(client: &Client) -> Result<bool, RebuildError> {
    let lock = format!(
        "begin; set local lock_timeout = {0}; set local statement_timeout = {0}; \
         set local idle_in_transaction_session_timeout = '10s'; \
         select pg_advisory_xact_lock({GATE}); lock table event in share row exclusive mode; \
         lock table {1} in access exclusive mode; set local statement_timeout = 0",
        LOCK_TIMEOUT.as_millis(),
        Table::all_names()
    );
    match client.batch_execute(&lock).await {
        Ok(()) => Ok(true),
        Err(error) if is_in_the_way(&error) => {
            client.batch_execute("rollback").await?;
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

fn is_in_the_way(error: &tokio_postgres::Error) -> bool {
    let busy = [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::QUERY_CANCELED,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    error.code().is_some_and(|code| busy.contains(code))
}

/// The rest of the transaction. A table that changes its schema takes its indexes and constraints along, so that the
/// next rebuild finds all names as they were.
fn exchange(live: &str) -> String {
    let mut statements = String::new();
    for Table { name: table, .. } in Table::all() {
        statements += &format!("alter table {live}.{table} set schema {RETIRED};");
        statements += &format!("alter table {SHADOW}.{table} set schema {live};");
    }
    statements + "commit"
}

/// The schema of the live tables, quoted.
async fn live_schema(client: &Client) -> Result<String, RebuildError> {
    let select = include_str!("../../sql/live_schema.sql");
    Ok(client.query_one(select, &[]).await?.get(0))
}
