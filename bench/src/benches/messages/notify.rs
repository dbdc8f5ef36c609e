//! Postgres as a transport: one connection notifies, the other listens.

use std::time::{Duration, Instant};

use tenfold_log::database::{Client, Database, Notifications};
use tokio_postgres::Statement;

use crate::failure::Failure;

const CHANNEL: &str = "tenfold_bench";

/// Both ends.
pub struct Notify {
    notifier: Client,
    notify: Statement,
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
        let (listening, heard) = database.connect_listening("listen", &[CHANNEL]).await?;
        let notifier = database.connect("notify").await?;
        // As the servers do it: a notification need not survive a crash.
        notifier.batch_execute("set synchronous_commit = off").await?;
        let notify = notifier.prepare(&format!("select pg_notify('{CHANNEL}', '')")).await?;
        Ok(Notify {
            notifier,
            notify,
            _listening: listening,
            heard,
        })
    }

    /// Notifies once: how long until it was heard.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn once(&mut self) -> Result<Duration, Failure> {
        let sent = Instant::now();
        let notify = async { self.notifier.execute(&self.notify, &[]).await.map_err(Failure::from) };
        let listen = async {
            let heard = self.heard.next().await.map(|_| sent.elapsed());
            heard.ok_or_else(|| Failure::Statement("the connection that listens was lost".into()))
        };
        let (_, took) = tokio::try_join!(notify, listen)?;
        Ok(took)
    }
}
