//! Signals that something about the fleet has changed, on whichever server.

use std::time::Duration;

use tenfold_log::database::Database;
use tenfold_log::names::FLEET_CHANNEL;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long after a connection was lost the next one is tried.
const PAUSE: Duration = Duration::from_millis(250);
/// How long a connection may say nothing before it is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(5);

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
            Ok((client, mut notifications)) => {
                changes.send_modify(|count| *count += 1);
                loop {
                    match timeout(SILENCE, notifications.next()).await {
                        Ok(Some(_)) => changes.send_modify(|count| *count += 1),
                        Ok(None) => break,
                        // A connection that only listens would not notice that the other side is gone.
                        Err(_) if client.batch_execute("").await.is_err() => break,
                        Err(_) => {}
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "cannot listen for changes of the fleet; trying again"),
        }
        sleep(PAUSE).await;
    }
}
