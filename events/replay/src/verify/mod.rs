//! Whether the live projections are what the log says they must be.

mod differences;
mod log;

pub use differences::Differences;

use sha2::{Digest, Sha256};
use tenfold_core::facts::{Facts, Projection};
use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use crate::fold::{self, Counter, Damage, Folded, ReplayError};
use crate::state::{LiveError, Snapshot};
use tenfold_log::database::DatabaseError;
use tenfold_log::for_projection;
use tenfold_log::projection::{Line, Stored};
use tenfold_log::sealing::{self, LockedError};
use tenfold_log::span::Span;

/// What came of a verification.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The position of the last event of the moment that was looked at.
    pub position: Position,
    /// How many events there were.
    pub events: u64,
    /// SHA-256 over the rows that the log makes, in hexadecimal.
    pub log: String,
    /// The same over the live rows.
    pub live: String,
    /// Where the two differ, in words; nothing where they don't.
    pub differences: Differences,
    /// What is wrong with the log itself, in words: then no rebuild helps.
    pub findings: Vec<String>,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The projections could not be read.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The log could not be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The master key is missing.
    #[error(transparent)]
    Locked(#[from] LockedError),
}

impl From<DatabaseError> for VerifyError {
    fn from(error: DatabaseError) -> Self {
        Self::Replay(error.into())
    }
}

/// Folds the whole log and compares it with the live projections of the same moment, however much is appended
/// meanwhile: an event and what it changed become visible together.
///
/// # Errors
/// Where either cannot be read. Rows that no event could have made are no error but a difference.
pub async fn verify(client: &Client, counter: &Counter) -> Result<Verdict, VerifyError> {
    fold::prepare(client).await?;
    if sealing::is_locked(client).await? {
        return Err(LockedError.into());
    }
    let moment = Snapshot::take(client).await?;
    let folded = fold::fold(client, Span::ALL, Folded::default(), counter).await?;
    let mut findings = log::findings(client, &folded.facts).await?;
    let live = moment.facts().await;
    // What is visible is read; a transaction that failed has ended by itself.
    moment.end().await?;
    let mut differences = Differences::default();
    let live = match live {
        Ok(live) => live,
        Err(LiveError::Row { table, what }) => {
            differences.impossible_row(table, &what);
            Facts::default()
        }
        Err(error) => return Err(error.into()),
    };
    let verdict = tokio::task::spawn_blocking(move || compare(&folded, &live, differences)).await;
    let mut verdict = verdict.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
    verdict.events = counter.events();
    findings.extend(counter.damages().iter().map(damaged));
    verdict.findings = findings;
    Ok(verdict)
}

fn compare(folded: &Folded, live: &Facts, mut differences: Differences) -> Verdict {
    let (mut log_digest, mut live_digest) = (Sha256::new(), Sha256::new());
    // With rows that could not be read the others are unknown: that one difference says it all.
    let comparable = differences.is_empty();
    for projection in Projection::ALL {
        for_projection!(projection, Row => {
            let wanted = lines::<Row>(&folded.facts).inspect(|line| digest::<Row>(&mut log_digest, line));
            let found = lines::<Row>(live).inspect(|line| digest::<Row>(&mut live_digest, line));
            if comparable {
                differences.compare(Row::NOUN, wanted, found);
            } else {
                wanted.chain(found).for_each(drop);
            }
        });
    }
    Verdict {
        position: folded.position,
        events: 0,
        log: hexadecimal(&log_digest.finalize()),
        live: hexadecimal(&live_digest.finalize()),
        differences,
        findings: Vec::new(),
    }
}

fn damaged(damage: &Damage) -> String {
    format!("position {}: (damaged) {}", damage.position, damage.cause)
}

/// All rows of a projection as lines, in the order of their ranks and keys. Posts are most of all there is, and in order already: their
/// lines are made one by one.
fn lines<Row: Stored>(facts: &Facts) -> Box<dyn Iterator<Item = Line> + '_> {
    let lines = Row::all(facts).map(Row::line);
    if Row::PROJECTION == Projection::Post {
        return Box::new(lines);
    }
    let mut lines: Vec<Line> = lines.collect();
    lines.sort_unstable();
    Box::new(lines.into_iter())
}

/// Each line says of which projection it is, so that none can be taken for another's.
fn digest<Row: Stored>(digest: &mut Sha256, line: &Line) {
    digest.update(format!("{} {} {}\n", Row::NOUN, line.key, line.value));
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
