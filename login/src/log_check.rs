//! Whether the log is whole: before it serves, a login server sees that the projections are the log's; then it signs a checkpoint every minute and
//! at its end, and one of all login servers looks through the whole log once a day. What is found is an alarm.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tenfold_log::database::{Client, Database, DatabaseError};
use tenfold_log::integrity::{self, Finding, Pace, StaleError, Witness, stale};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often a checkpoint is signed.
const SIGN_EVERY: Duration = Duration::from_secs(60);
/// How often the whole log is looked through.
const SCAN_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// How many findings are logged.
const TOLD: usize = 10;

/// What it takes to look after the log.
#[derive(Clone)]
pub struct LogCheck {
    /// With its master key.
    database: Database,
    /// The file in which the newest checkpoint is kept outside of the database.
    witness: PathBuf,
}

impl LogCheck {
    /// Sees that the database may be served.
    ///
    /// # Errors
    /// [`StaleError`], where it may not.
    pub async fn start(database: &Database, home: &Path) -> Result<LogCheck, StaleError> {
        // All accounts, or the whole log, are read by one statement.
        let database = database.for_long_statements();
        let client = database.connect("integrity").await?;
        stale::check(&client).await?;
        Ok(LogCheck {
            database,
            witness: Witness::file(&client, home).await?,
        })
    }

    /// Signs, and looks through the log when that is due, until `stopping` fires. Neither is waited for then.
    pub async fn watch(self, stopping: CancellationToken) {
        while let Some(tick) = stopping.run_until_cancelled(self.tick()).await {
            if let Err(error) = tick {
                tracing::warn!(%error, "no checkpoint of the log was signed; trying again in a minute");
            }
            stopping.run_until_cancelled(sleep(SIGN_EVERY)).await;
        }
    }

    /// Signs what is new.
    ///
    /// # Errors
    /// The database's.
    pub async fn sign(&self) -> Result<(), DatabaseError> {
        self.sign_on(&self.database.connect("integrity").await?).await
    }

    async fn tick(&self) -> Result<(), DatabaseError> {
        let client = self.database.connect("integrity").await?;
        self.sign_on(&client).await?;
        if integrity::is_due(&client, SCAN_EVERY).await? {
            alarm(&integrity::scan_in_snapshot(&client, Pace::Background).await?);
        }
        Ok(())
    }

    async fn sign_on(&self, client: &Client) -> Result<(), DatabaseError> {
        if let Some(witness) = self.read() {
            alarm(witness.contradicts(client).await?.as_slice());
        }
        let Some(newest) = integrity::sign(client).await? else {
            return Ok(());
        };
        let Some(witness) = Witness::of(client, &newest).await? else {
            return Ok(());
        };
        if let Err(error) = replace(&self.witness, &format!("{witness}\n")) {
            tracing::warn!(%error, file = %self.witness.display(), "the checkpoint could not be kept outside of the database");
        }
        Ok(())
    }

    fn read(&self) -> Option<Witness> {
        std::fs::read_to_string(&self.witness).ok()?.parse().ok()
    }
}

fn replace(file: &Path, text: &str) -> io::Result<()> {
    let new = file.with_extension(format!("new.{}", std::process::id()));
    std::fs::write(&new, text)?;
    std::fs::rename(new, file)
}

fn alarm(findings: &[Finding]) {
    for finding in findings.iter().take(TOLD) {
        tracing::error!(
            "the log is not whole, {finding}; restore the database from a backup, `bin/events verify` tells more"
        );
    }
    if findings.len() > TOLD {
        tracing::error!(
            "the log is not whole, and there are {} more findings",
            findings.len() - TOLD
        );
    }
}
