//! The key that makes tokens: made at the first start, or given, and the same for all servers on a database.

use std::path::Path;

use tenfold_core::token::TokenKey;
use tenfold_log::database::Client;
use tenfold_log::key_file::{KeyError, KeyKind};
use tenfold_log::operational::setting;

static KIND: KeyKind = KeyKind {
    noun: "the key of the tokens",
    use_of: "this database's tokens are made with the key",
    variable: "TENFOLD_TOKEN_KEY",
    option: "--token-key-file",
    file: "token.key",
    setting: setting::TOKEN_KEY,
    fingerprint: |bytes| TokenKey::new(*bytes).fingerprint(),
};

/// Finds the key in the environment, in `file` or under `home`, makes it where the database has none yet, and sees that
/// it is the database's.
///
/// # Errors
/// [`KeyError`]; nothing was made then.
pub async fn load_or_create(client: &Client, file: Option<&Path>, home: &Path) -> Result<TokenKey, KeyError> {
    KIND.load_or_create(client, file, home).await.map(TokenKey::new)
}
