//! Metrics to CloudWatch, by the one login server that holds the fleet.
//!
//! The log is read in order ([`ledger`]), each call is written down before it is made, and one whose fate is not known is asked for
//! before it is made again ([`doubt`]). So a restart loses nothing and doubles nothing, whenever it comes, as long as CloudWatch shows
//! what has arrived within three minutes. Looks at the fleet are queued for some hours ([`queue`]).

mod doubt;
mod ledger;
mod look;
mod publisher;
mod queue;
mod schedule;
mod told;

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use look::Limits;
pub use publisher::Publisher;
use publisher::{End, Round};

/// How long the last things may take when the server ends.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A publisher at work.
pub struct Publishing {
    ends: oneshot::Sender<End>,
    task: JoinHandle<()>,
}

impl Publisher {
    /// Sets it to work.
    pub fn start(self) -> Publishing {
        let (ends, asked) = oneshot::channel();
        let task = tokio::spawn(Round::new(self).run(asked));
        Publishing { ends, task }
    }
}

impl Publishing {
    /// Ends it within seconds. Where no other login server goes on (`is_last`), it tells what is left first; what it can't tell then
    /// is told after the next start.
    pub async fn end(mut self, is_last: bool) {
        // Nobody listens where the task has ended already.
        let _ = self.ends.send(End { is_last });
        if timeout(LAST_WORDS, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}
