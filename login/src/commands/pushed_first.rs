//! What has to happen before an account is deleted: what its person sent to people who are connected is pushed to them. When
//! its key is destroyed nobody can read it any more, the service neither.

use std::time::Duration;

use tenfold_core::ids::AccountId;
use tenfold_log::append::SubmitError;
use tokio::time::timeout;

use super::Desk;

/// A connection that does not read does not keep an account alive.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a ring is waited for that may be lost.
const RING: Duration = Duration::from_millis(250);

impl Desk {
    /// Waits until the application servers have pushed what `account` sent, or the time for that is over.
    pub(super) async fn pushed_first(&self, account: AccountId) {
        match timeout(PATIENCE, self.everything_is_pushed(account)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "an account goes, perhaps before all it sent was pushed"),
            Err(_) => tracing::info!("an account goes before all it sent was pushed: somebody does not read"),
        }
    }

    async fn everything_is_pushed(&self, account: AccountId) -> Result<(), SubmitError> {
        let mut rung = self.rung.clone();
        rung.mark_unchanged();
        let asked = self.store.ask_for_delivery(account).await?;
        while !self.store.is_delivered(&asked).await? {
            if let Ok(Err(_)) = timeout(RING, rung.changed()).await {
                // This server is ending.
                return Ok(());
            }
        }
        Ok(())
    }
}
