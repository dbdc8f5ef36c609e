//! The key that makes tokens: made at the first start, or given, and the same for all servers on a database.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rand::RngExt;
use tenfold_core::token::TokenKey;
use tenfold_core::words::without_code;
use tenfold_events::beside::setting;
use tokio_postgres::Client;

/// The variable that may hold the key itself.
const VARIABLE: &str = "TENFOLD_TOKEN_KEY";
const FILE: &str = "token.key";

/// There is no key to serve this database with.
#[derive(Debug, thiserror::Error)]
pub enum TokenKeyError {
    /// It is no key.
    #[error("{0} holds no key: it must be 64 hexadecimal digits, as `openssl rand -hex 32` prints them")]
    NotAKey(String),
    /// The file cannot be read or made.
    #[error(
        "the file {path} for the key of the tokens cannot be used ({}); mend its rights, or name another one with --token-key-file",
        without_code(&error.to_string())
    )]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The database's tokens are made with another key.
    #[error(
        "this database's tokens are made with the key {wanted}, and {place} holds {found}: start with the --home of its first server, or give that server's key as {VARIABLE} or --token-key-file"
    )]
    Other {
        /// The fingerprint that the database remembers.
        wanted: String,
        /// The fingerprint of the key at hand, or `none`.
        found: String,
        /// Where that is from.
        place: String,
    },
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(String),
}

impl From<tokio_postgres::Error> for TokenKeyError {
    fn from(error: tokio_postgres::Error) -> Self {
        TokenKeyError::Database(tenfold_events::database::in_words(&error))
    }
}

/// Finds the key in the environment, in `file` or under `home`, makes it where the database has none yet, and sees that
/// it is the database's.
///
/// # Errors
/// [`TokenKeyError`]; nothing was made then.
pub async fn settle(client: &Client, file: Option<&Path>, home: &Path) -> Result<TokenKey, TokenKeyError> {
    let wanted = setting::get(client, setting::TOKEN_KEY).await?;
    let (key, place) = match given(file)? {
        Some(given) => given,
        None => own(&home.join(FILE), wanted.as_deref())?,
    };
    let found = key.fingerprint();
    let wanted = match wanted {
        Some(wanted) => wanted,
        None => setting::settle(client, setting::TOKEN_KEY, &found).await?,
    };
    if wanted == found {
        Ok(key)
    } else {
        Err(TokenKeyError::Other { wanted, found, place })
    }
}

fn given(file: Option<&Path>) -> Result<Option<(TokenKey, String)>, TokenKeyError> {
    if let Some(text) = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty()) {
        let key = parse(&text).ok_or_else(|| TokenKeyError::NotAKey(VARIABLE.into()))?;
        return Ok(Some((key, VARIABLE.into())));
    }
    file.map(|file| Ok((read(file)?, file.display().to_string())))
        .transpose()
}

/// The key under the home. A new one is made only for a database that knows no key yet.
fn own(path: &Path, wanted: Option<&str>) -> Result<(TokenKey, String), TokenKeyError> {
    let place = path.display().to_string();
    if !path.exists() {
        if let Some(wanted) = wanted {
            return Err(TokenKeyError::Other {
                wanted: wanted.into(),
                found: "none".into(),
                place,
            });
        }
        make(path).map_err(|error| TokenKeyError::File {
            path: path.into(),
            error,
        })?;
    }
    Ok((read(path)?, place))
}

fn read(path: &Path) -> Result<TokenKey, TokenKeyError> {
    let text = fs::read_to_string(path).map_err(|error| TokenKeyError::File {
        path: path.into(),
        error,
    })?;
    parse(&text).ok_or_else(|| TokenKeyError::NotAKey(path.display().to_string()))
}

/// Makes the whole file or none. Of two servers that start at once, one makes it and both read it.
fn make(path: &Path) -> io::Result<()> {
    let bytes: [u8; 32] = rand::rng().random();
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let new = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    let made = writeln!(file, "{text}")
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&new, path));
    fs::remove_file(&new)?;
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn parse(text: &str) -> Option<TokenKey> {
    let text = text.trim();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(TokenKey::new(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(FILE);
        make(&path).unwrap();
        let first = read(&path).unwrap().fingerprint();
        make(&path).unwrap();
        assert_eq!(read(&path).unwrap().fingerprint(), first);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_key_is_not_taken_for_one() {
        for text in ["", "secret", &"g".repeat(64), &"é".repeat(32), &"0".repeat(63)] {
            assert!(parse(text).is_none(), "{text}");
        }
        assert!(parse(&format!("{}\n", "0aF".repeat(22).split_at(64).0)).is_some());
    }

    #[test]
    fn no_key_is_made_where_the_database_wants_another() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(FILE);
        let error = own(&path, Some("abc")).err().unwrap().to_string();
        assert!(error.contains("abc") && error.contains("none"), "{error}");
        assert!(!path.exists());
    }
}
