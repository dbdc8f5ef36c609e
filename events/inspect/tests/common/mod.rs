//! What the log's own tests have, and the program as people run it.

#[path = "../../../replay/tests/common/mod.rs"]
mod of_replay;
#[allow(dead_code)] // no test uses all of it
pub mod program;

#[allow(unused_imports)] // no test uses all of it
pub use of_replay::*;

use tenfold_core::event::Recorded;
use tenfold_replay::rebuild::{Progress, rebuild};
use tenfold_synthetic::store;

/// A database of its own with this log, and the projections that it makes.
#[allow(dead_code)] // no test uses all of it
pub async fn stored(log: &[Recorded]) -> OwnDatabase {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    store(&client, log.iter().cloned()).await.unwrap();
    rebuild(&own.database, &Progress::default()).await.unwrap();
    own
}
