//! A few connections that are shared by whoever asks something short.

use std::time::Duration;

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};

use super::{Client, Database, DatabaseError};

/// How long somebody waits for a connection while others have them all.
const WAIT: Duration = Duration::from_secs(5);

/// Connections to share.
pub type Pool = managed::Pool<Connections>;

/// Makes the connections of a [`Pool`].
#[derive(Debug)]
pub struct Connections {
    database: Database,
}

impl Database {
    /// A pool of `size` connections.
    pub fn pool(&self, size: usize) -> Pool {
        let database = self.clone();
        Pool::builder(Connections { database })
            .max_size(size)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .build()
            .expect("a runtime is given, and nothing else can be missing")
    }
}

impl managed::Manager for Connections {
    type Type = Client;
    type Error = DatabaseError;

    async fn create(&self) -> Result<Client, DatabaseError> {
        self.database.connect("pool").await
    }

    async fn recycle(&self, client: &mut Client, _: &Metrics) -> RecycleResult<DatabaseError> {
        if client.is_closed() {
            return Err(RecycleError::message("it is closed"));
        }
        Ok(())
    }
}
