//! What identifies or was written by a person is sealed in the log, with a key of the account it belongs to; when the
//! account is deleted its key is destroyed, and neither the log nor any copy of it can be read any more.
//!
//! - [`DataKey`] is an account's, [`MasterKey`] wraps it. Wrapped keys are rows of `tenfold_keys.account`, made in the
//!   transaction that registers the account and removed in the one that deletes it. They are in a schema of their own, so
//!   that a backup of the log can leave them out.
//! - [`Keys`] opens what is read: by replay, by delivery, by `tail`. What cannot be opened reads as [`erased`], or as
//!   [`SEALED`] where only the master key is missing.
//! - The deletion of accounts whose keys are missing (`tenfold-replay`) deletes in a log that was brought back whoever was deleted since it was backed up.
//! - [`sandboxes`] forgets the deleted in the copies of the log that were made beside it.
//! - [`plain`] seals what was written before there was any of this, or was put into the log from outside.

mod data_key;
mod envelope;
mod keys;
pub(crate) mod master_key;
pub mod plain;
pub mod sandboxes;

pub use data_key::{DataKey, SealContext};
pub use keys::{DAMAGED, Keys, Personal, SEALED, UnsealableError, damaged, erased, fill_in};
pub use master_key::{MasterKey, MasterKeyError};

use std::path::Path;

use crate::database::Client;

use crate::database::{self, DatabaseError};
use crate::key_file::{KeyError, KeyKind};
use crate::operational::setting;

/// The variable that may hold the master key; application servers are given it so.
pub const VARIABLE: &str = "TENFOLD_MASTER_KEY";

static KIND: KeyKind = KeyKind {
    noun: "the master key",
    use_of: "what people wrote in this database is sealed under the master key",
    variable: VARIABLE,
    option: "--master-key-file",
    file: "master.key",
    setting: setting::MASTER_KEY,
    fingerprint: |bytes| MasterKey::new(*bytes).fingerprint(),
};

/// Finds the master key in the environment, in `file` or under `home`, makes it where the database has none yet, and sees
/// that it is the database's.
///
/// # Errors
/// [`KeyError`]; nothing was made then.
pub async fn load_or_create(client: &Client, file: Option<&Path>, home: &Path) -> Result<MasterKey, KeyError> {
    KIND.load_or_create(client, file, home).await.map(MasterKey::new)
}

/// The database's master key, where it is at hand; none is ever made.
///
/// # Errors
/// [`KeyError`], also where one was given in the environment that is another database's.
pub async fn find(client: &Client, file: Option<&Path>, home: &Path) -> Result<Option<MasterKey>, KeyError> {
    Ok(KIND.find(client, file, home).await?.map(MasterKey::new))
}

/// Whether this is the master key that the database knows; so is any where it knows none.
///
/// # Errors
/// [`KeyError::Other`], or where the database fails.
pub async fn check(client: &Client, key: &MasterKey) -> Result<(), KeyError> {
    let found = key.fingerprint();
    match setting::get(client, KIND.setting).await? {
        Some(wanted) if wanted != found => Err(KeyError::Other {
            kind: &KIND,
            wanted,
            found,
            origin: VARIABLE.into(),
        }),
        _ => Ok(()),
    }
}

/// Names and texts cannot be opened, and what is to be done needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "names and texts in the log are sealed, and the master key is not at hand; give the --home of a login server of this database, or the key in its master.key as {VARIABLE}"
)]
pub struct LockedError;

/// Whether there are keys that `client` cannot unwrap, having no master key: then names and texts read as [`SEALED`].
pub async fn is_locked(client: &database::Client) -> Result<bool, DatabaseError> {
    if client.master_key().is_some() {
        return Ok(false);
    }
    let exists = "select exists (select from tenfold_keys.account)";
    Ok(client.query_one(exists, &[]).await?.get(0))
}
