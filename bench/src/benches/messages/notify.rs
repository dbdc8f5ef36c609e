//! The transport by itself: one connection rings, the other hears it.

use std::time::{Duration, Instant};

use tenfold_events::database::{Database, Notifications};
use tokio::time::{MissedTickBehavior, interval};
use tokio_postgres::{Client, Statement};

use crate::failure::Failure;
use crate::statistics::Times;

const CHANNEL: &str = "tenfold_bench";
const PATIENCE: Duration = Duration::from_secs(10);

/// Both ends.
pub struct Transport {
    ringing: Client,
    ring: Statement,
    /// Held, for its connection ends with it.
    _listening: Client,
    heard: Notifications,
}

impl Transport {
    /// Connects both ends.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn connect(database: &Database) -> Result<Transport, Failure> {
        let (listening, heard) = database.connect_listening("bench listener", &[CHANNEL]).await?;
        let ringing = database.connect("bench bell").await?;
        // As the servers' own bells do it: a ring need not survive a crash.
        ringing.batch_execute("set synchronous_commit = off").await?;
        let ring = ringing.prepare(&format!("select pg_notify('{CHANNEL}', '')")).await?;
        Ok(Transport {
            ringing,
            ring,
            _listening: listening,
            heard,
        })
    }

    /// Rings `rate` times a second, one ring after the other.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn measure(&mut self, rate: u32, duration: Duration) -> Result<Times, Failure> {
        let mut times = Times::default();
        let until = Instant::now() + duration;
        let mut ticks = interval(Duration::from_secs(1) / rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while Instant::now() < until {
            ticks.tick().await;
            let rung = Instant::now();
            let ring = async { self.ringing.execute(&self.ring, &[]).await.map_err(Failure::from) };
            let hear = async {
                let heard = tokio::time::timeout(PATIENCE, self.heard.next()).await;
                heard
                    .ok()
                    .flatten()
                    .map(|_| rung.elapsed())
                    .ok_or_else(|| Failure::TooLate {
                        what: "waiting for a notification".into(),
                        seconds: PATIENCE.as_secs(),
                    })
            };
            let (_, took) = tokio::try_join!(ring, hear)?;
            times.add(took);
        }
        Ok(times)
    }
}
