//! The other login servers on the database, which a login's reply names, so that a client whose login server goes away has another.

use std::net::SocketAddr;
use std::time::Duration;

use tenfold_core::protocol::Address;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::store::Store;

/// How often this server says that it is there, and learns who else is.
const RENEW_EVERY: Duration = Duration::from_secs(2);

/// Who else is there. Clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Neighbours(watch::Sender<Vec<Address>>);

impl Neighbours {
    /// The others as of a moment ago; `None` where there are none.
    pub fn addresses(&self) -> Option<Vec<Address>> {
        let addresses = self.0.borrow().clone();
        (!addresses.is_empty()).then_some(addresses)
    }

    /// Says every while that this server listens at `own`, and learns of the others, until `stopping` fires.
    pub async fn watch(self, store: Store, own: SocketAddr, stopping: CancellationToken) {
        let id = Uuid::now_v7();
        let ip = own.ip();
        let host = (!ip.is_unspecified() && !ip.is_loopback()).then(|| ip.to_string());
        while !stopping.is_cancelled() {
            match store.renew_login_server(id, host.as_deref(), own.port()).await {
                Ok(others) => drop(self.0.send_replace(others)),
                Err(error) => tracing::debug!(%error, "the other login servers are not known"),
            }
            stopping.run_until_cancelled(sleep(RENEW_EVERY)).await;
        }
        // What is not removed counts no more after a few seconds.
        let _forgotten_soon = store.remove_login_server(id).await;
    }
}
