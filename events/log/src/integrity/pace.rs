//! How much of the machine is taken by reading the log through.

use tokio::time::{Instant, sleep};

/// Rests so many times as long as it works.
const REST: u32 = 4;

/// How fast the log is read through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Somebody waits for it.
    Full,
    /// Beside commands, of which it must slow none down: at most a fifth of one processor.
    Background,
}

impl Pace {
    /// Rests for what was done since `begun`, or lets others have their turn.
    pub(super) async fn rest(self, begun: Instant) {
        match self {
            Pace::Full => tokio::task::yield_now().await,
            Pace::Background => sleep(begun.elapsed() * REST).await,
        }
    }
}
