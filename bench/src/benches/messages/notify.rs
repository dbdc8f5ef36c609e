//! The log's own transport: one connection rings, the other hears it.

use std::time::{Duration, Instant};

use tenfold_log::database::{Client, Database, Notifications};
use tokio_postgres::Statement;

use crate::failure::Failure;

const CHANNEL: &str = "tenfold_bench";

/// Both ends.
pub struct Notify {
    ringing: Client,
    ring: Statement,
    /// Held, for its connection ends with it.
    _listening: Client,
    heard: Notifications,
}

impl Notify {
    /// Connects both ends.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn connect(database: &Database) -> Result<Notify, Failure> {
        let (listening, heard) = database.connect_listening("bench listener", &[CHANNEL]).await?;
        let ringing = database.connect("bench bell").await?;
        // As the servers' own bells do it: a ring need not survive a crash.
        ringing.batch_execute("set synchronous_commit = off").await?;
        let ring = ringing.prepare(&format!("select pg_notify('{CHANNEL}', '')")).await?;
        Ok(Notify {
            ringing,
            ring,
            _listening: listening,
            heard,
        })
    }

    /// Rings once: how long until it was heard.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn once(&mut self) -> Result<Duration, Failure> {
        let rung = Instant::now();
        let ring = async { self.ringing.execute(&self.ring, &[]).await.map_err(Failure::from) };
        let hear = async {
            let heard = self.heard.next().await.map(|_| rung.elapsed());
            heard.ok_or_else(|| Failure::Statement("the connection that listens was lost".into()))
        };
        let (_, took) = tokio::try_join!(ring, hear)?;
        Ok(took)
    }
}
