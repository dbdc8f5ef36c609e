//! What carries messages between servers, by itself: sent on one connection and heard on another.

use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval, timeout};

use super::notify::Notify;
use super::queue::Queue;
use crate::broker::Broker;
use crate::failure::Failure;
use crate::stage::Stage;
use crate::statistics::Times;

/// How long one thing may be on its way.
const PATIENCE: Duration = Duration::from_secs(10);

/// Both ends.
pub enum Transport {
    /// Postgres' notifications.
    Notify(Box<Notify>),
    /// A queue at a broker.
    Queue(Queue),
}

impl Transport {
    /// Connects both ends of what carries messages when `broker` is used, or none.
    ///
    /// # Errors
    /// Where the database or the broker fails.
    pub async fn connect(stage: &Stage, broker: Option<&Broker>) -> Result<Transport, Failure> {
        Ok(match broker {
            Some(broker) => Transport::Queue(Queue::connect(broker.address()).await?),
            None => Transport::Notify(Box::new(Notify::connect(&stage.database()?).await?)),
        })
    }

    /// What was measured, for a table.
    pub fn name(&self) -> &'static str {
        match self {
            Transport::Notify(_) => "NOTIFY to LISTEN",
            Transport::Queue(_) => "the broker by itself: onto a queue and off it",
        }
    }

    /// Sends `rate` times a second, one after the other.
    ///
    /// # Errors
    /// Where the database or the broker fails.
    pub async fn measure(&mut self, rate: u32, duration: Duration) -> Result<Times, Failure> {
        let mut times = Times::default();
        let until = Instant::now() + duration;
        let mut ticks = interval(Duration::from_secs(1) / rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while Instant::now() < until {
            ticks.tick().await;
            times.add(self.once().await?);
        }
        Ok(times)
    }

    async fn once(&mut self) -> Result<Duration, Failure> {
        let carried = async {
            match self {
                Transport::Notify(notify) => notify.once().await,
                Transport::Queue(queue) => queue.once().await,
            }
        };
        timeout(PATIENCE, carried).await.unwrap_or_else(|_| {
            Err(Failure::TooLate {
                what: "waiting for what was sent by the transport alone".into(),
                seconds: PATIENCE.as_secs(),
            })
        })
    }
}
