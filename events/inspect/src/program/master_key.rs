//! The master key: without it names and texts are shown as `(sealed)`.

use std::path::Path;

use tokio_postgres::Client;

use super::failure::Failure;
use tenfold_log::sealing::{self, MasterKey};

/// From now on this process opens what people wrote, where the database's master key is at hand.
pub(super) async fn use_if_at_hand(client: &Client, home: &Path) -> Result<(), Failure> {
    let file = std::env::var_os("TENFOLD_MASTER_KEY_FILE").filter(|file| !file.is_empty());
    let key = sealing::find(client, file.as_deref().map(Path::new), home).await;
    key.map_err(Failure::of)?
        .map_or(Ok(()), MasterKey::install)
        .map_err(Failure::of)
}
