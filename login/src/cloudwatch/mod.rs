//! Metrics to CloudWatch, by the one login server that holds the fleet.
//!
//! Once a minute it counts what has happened since the minute before ([`source`]), looks at the fleet, and puts running totals and gauges.
//! Both are levels: a call that is repeated does no harm, and what one call misses the next one has. Nothing is kept of what was
//! published, so that whoever takes over the fleet goes on at once.

mod publisher;
mod source;

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use publisher::Publisher;
use publisher::{End, Task};
pub use source::Limits;

/// How long the last call may take when the server ends.
const LAST_CALL: Duration = Duration::from_secs(5);

/// A publisher at work.
pub struct Publishing {
    ends: oneshot::Sender<End>,
    task: JoinHandle<()>,
}

impl Publisher {
    /// Sets it to work.
    pub fn start(self) -> Publishing {
        let (ends, asked) = oneshot::channel();
        let task = tokio::spawn(Task::new(self).run(asked));
        Publishing { ends, task }
    }
}

impl Publishing {
    /// Ends it within seconds. Where no other login server goes on (`is_last`), it publishes what is now first.
    pub async fn end(mut self, is_last: bool) {
        // Nobody listens where the task has ended already.
        let _ = self.ends.send(End { is_last });
        if timeout(LAST_CALL, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}
