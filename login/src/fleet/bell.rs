//! Hears that something about the fleet has changed, from whichever server.

use std::time::Duration;

use tenfold_log::append::FLEET_CHANNEL;
use tenfold_log::database::Database;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long after a connection was lost the next one is tried.
const PAUSE: Duration = Duration::from_millis(250);

/// Counts how often the bell was rung.
pub type Rung = watch::Receiver<u64>;

/// Listens until `stopping` fires. A new connection rings once, for what was missed before.
pub fn hang(database: Database, stopping: CancellationToken) -> Rung {
    let (sender, receiver) = watch::channel(0);
    tokio::spawn(async move {
        stopping.run_until_cancelled(listen(database, sender)).await;
    });
    receiver
}

async fn listen(database: Database, bell: watch::Sender<u64>) {
    loop {
        match database.connect_listening("login: fleet", &[FLEET_CHANNEL]).await {
            Ok((_client, mut notifications)) => {
                bell.send_modify(|rung| *rung += 1);
                while notifications.next().await.is_some() {
                    bell.send_modify(|rung| *rung += 1);
                }
            }
            Err(error) => tracing::debug!(%error, "cannot listen for the fleet's notifications"),
        }
        sleep(PAUSE).await;
    }
}
