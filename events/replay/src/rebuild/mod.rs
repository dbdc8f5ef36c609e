//! Making all projections anew from the log while commands go on.
//!
//! 1. The log is folded up to where it is complete ([`crate::fold`]).
//! 2. The rows are copied into shadow tables in a schema of their own ([`shadow`], [`load`]), so that tables, indexes
//!    and constraints keep their names. What else the live tables have is carried over or refused ([`properties`]).
//! 3. What was appended meanwhile is folded and written after ([`catch_up`]), until it is little.
//! 4. With the log locked for a moment, the last of it is written and the tables change places ([`swap`]).
//!
//! A rebuild that ends early leaves nothing but the shadow schema, which the next one, or [`tidy`], removes. Nothing
//! is sent to anybody again: only projections are written.

mod catch_up;
mod encode;
mod error;
mod load;
mod progress;
mod properties;
mod shadow;
mod swap;
mod touched;

pub use error::RebuildError;
pub use progress::{Phase, Progress};

use std::sync::Arc;
use std::time::{Duration, Instant};

use tenfold_log::database::Client;

use crate::collision;
use crate::fold::{self, Damage, Folded};
use crate::keyless;
use catch_up::Building;
use tenfold_log::database::{Database, in_words};
use tenfold_log::integrity::{Finding, Pace, is_signed, scan_in_snapshot};
use tenfold_log::operational::{rebuild_tables, setting};
use tenfold_log::sealing::{self, LockedError};
use tenfold_log::span::{Span, high_water_mark};

const TIDY_PATIENCE: Duration = Duration::from_secs(10);
const TIDY_PAUSE: Duration = Duration::from_millis(50);

/// What a rebuild did.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// How many events were folded.
    pub events: u64,
    /// How long all of it took.
    pub elapsed: Duration,
    /// How often the swap was tried before nobody was in its way.
    pub tries: u32,
}

impl Report {
    /// Events a second.
    pub fn rate(&self) -> f64 {
        self.events as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }
}

/// Makes all projections anew. Dropping the future leaves the live projections as they are; [`tidy`] then removes
/// what was begun.
///
/// # Errors
/// The live projections are then unchanged.
pub async fn rebuild(database: &Database, progress: &Progress) -> Result<Report, RebuildError> {
    rebuild_with(database, progress, OnDamage::Refuse).await
}

/// What to do where events cannot be read that may have made rows. A message makes none: it stops no rebuild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDamage {
    /// Change nothing.
    Refuse,
    /// Go on without what they say.
    GoOn,
}

/// [`rebuild`], also of a damaged log.
///
/// # Errors
/// The live projections are then unchanged.
pub async fn rebuild_with(
    database: &Database,
    progress: &Progress,
    on_damage: OnDamage,
) -> Result<Report, RebuildError> {
    let begun = Instant::now();
    let client = database.connect("rebuild").await?;
    fold::prepare(&client).await?;
    if sealing::is_locked(&client).await? {
        return Err(LockedError.into());
    }
    notice_a_dead_client(&client).await;
    take_lock(&client).await?;
    let (building, tries) = match build_and_swap(database, &client, progress, on_damage).await {
        Ok(built) => built,
        Err(error) => {
            // Where the connection is gone the next rebuild tidies up.
            let _ = rebuild_tables::drop_all(&client).await;
            let _ = rebuild_tables::release_lock(&client).await;
            return Err(error);
        }
    };
    rebuild_tables::drop_all(&client).await?;
    // Postgres may see only later that this connection has ended, and the next rebuild is not to wait for that.
    rebuild_tables::release_lock(&client).await?;
    // The largest thing there is; nobody waits for its end.
    drop(tokio::task::spawn_blocking(move || drop(building)));
    Ok(Report {
        events: progress.events(),
        elapsed: begun.elapsed(),
        tries,
    })
}

async fn build_and_swap(
    database: &Database,
    client: &Client,
    progress: &Progress,
    on_damage: OnDamage,
) -> Result<(Building, u32), RebuildError> {
    shadow::create(client).await?;
    let until = high_water_mark(client).await?;
    progress.enter(Phase::Folding { until });
    let is_sandbox = setting::get(client, setting::SANDBOX).await?.is_some();
    let folding = async {
        let folded = fold::fold(client, Span::up_to(until), Folded::default(), progress.counter()).await;
        Ok(folded?)
    };
    let folded = if on_damage == OnDamage::Refuse && !is_sandbox {
        let (folded, findings) = tokio::try_join!(folding, findings(database))?;
        refuse_findings(&findings)?;
        refuse_damage(&progress.counter().damages())?;
        folded
    } else {
        folding.await?
    };
    refuse_collisions(&folded)?;
    let keyless = keyless::find(client, &folded.facts).await?;
    // In a fork somebody may live whose deletion is left out of it, or came later: they stay erased.
    if !keyless.is_empty() && !is_sandbox {
        return Err(RebuildError::NoKeys(keyless.len()));
    }
    progress.enter(Phase::Writing);
    let (facts, position) = (Arc::new(folded.facts), folded.position);
    load::load(database, client, &facts).await?;
    let facts = Arc::into_inner(facts).expect("all tables are loaded, so nobody else looks at the facts");
    let mut building = Building::new(Folded { facts, position }, until);
    progress.enter(Phase::CatchingUp);
    building.catch_up_until_close(client, progress.counter()).await?;
    progress.enter(Phase::Swapping);
    swap::swap(client, building, progress.counter()).await
}

/// What is wrong with the log itself, looked for beside the fold. Of a log that nobody has signed nothing is known.
async fn findings(database: &Database) -> Result<Vec<Finding>, RebuildError> {
    let client = database.connect("rebuild").await?;
    if !is_signed(&client).await? {
        return Ok(Vec::new());
    }
    fold::prepare(&client).await?;
    Ok(scan_in_snapshot(&client, Pace::Full).await?)
}

fn refuse_findings(findings: &[Finding]) -> Result<(), RebuildError> {
    match findings.iter().find(|finding| finding.may_make_rows) {
        None => Ok(()),
        Some(first) => Err(RebuildError::NotWhole {
            count: findings.len(),
            first: first.clone(),
        }),
    }
}

fn refuse_collisions(folded: &Folded) -> Result<(), RebuildError> {
    let collisions = collision::find(&folded.facts);
    if collisions.is_empty() {
        return Ok(());
    }
    Err(RebuildError::Collisions(collisions))
}

fn refuse_damage(damages: &[Damage]) -> Result<(), RebuildError> {
    let harmful: Vec<&Damage> = damages.iter().filter(|damage| damage.may_make_rows).collect();
    match harmful.first() {
        None => Ok(()),
        Some(first) => Err(RebuildError::Damaged {
            count: harmful.len(),
            first: first.position,
            cause: first.cause.clone(),
        }),
    }
}

/// Removes what a rebuild that was broken off has left behind. Postgres may still be busy with its last statement; that
/// is waited for, up to 10 seconds.
///
/// # Errors
/// [`RebuildError::UnderWay`] where a rebuild goes on; where the database fails.
pub async fn tidy(database: &Database) -> Result<(), RebuildError> {
    let client = database.connect("rebuild").await?;
    let give_up = Instant::now() + TIDY_PATIENCE;
    loop {
        match take_lock(&client).await {
            Err(RebuildError::UnderWay) if Instant::now() < give_up => tokio::time::sleep(TIDY_PAUSE).await,
            Err(error) => return Err(error),
            Ok(()) => return Ok(rebuild_tables::drop_all(&client).await?),
        }
    }
}

/// A rebuild that is killed must not go on in Postgres, holding its lock, until it has made the last index. Where Postgres
/// cannot look (version 13, some systems) it goes on until then.
async fn notice_a_dead_client(client: &Client) {
    let set =
        "select set_config(name, '250ms', false) from pg_settings where name = 'client_connection_check_interval'";
    if let Err(error) = client.query(set, &[]).await {
        tracing::debug!(error = %in_words(&error), "Postgres cannot be told to notice a dead client");
    }
}

/// Held as long as the connection lives.
async fn take_lock(client: &Client) -> Result<(), RebuildError> {
    if rebuild_tables::take_lock(client).await? {
        Ok(())
    } else {
        Err(RebuildError::UnderWay)
    }
}
