//! Signals that something about the fleet has changed, on whichever server.

use std::time::Duration;

use tenfold_log::database::Database;
use tenfold_log::names::FLEET_CHANNEL;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long after a connection was lost the next one is tried.
const PAUSE: Duration = Duration::from_millis(250);

/// Counts the changes that were signalled.
pub type ChangeSignal = watch::Receiver<u64>;

/// Listens for notifications until `stopping` fires. A new connection signals once, for what was missed before.
pub fn listen_for_changes(database: Database, stopping: CancellationToken) -> ChangeSignal {
    let (sender, receiver) = watch::channel(0);
    tokio::spawn(async move {
        stopping.run_until_cancelled(listen(database, sender)).await;
    });
    receiver
}

async fn listen(database: Database, changes: watch::Sender<u64>) {
    loop {
        match database.connect_listening("fleet", &[FLEET_CHANNEL]).await {
            Ok((_client, mut notifications)) => {
                changes.send_modify(|count| *count += 1);
                while notifications.next().await.is_some() {
                    changes.send_modify(|count| *count += 1);
                }
            }
            Err(error) => tracing::debug!(%error, "cannot listen for changes of the fleet; trying again"),
        }
        sleep(PAUSE).await;
    }
}
