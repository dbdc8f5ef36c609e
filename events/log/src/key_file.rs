//! Keys of 32 bytes that a server must have, and that one database knows by their fingerprints: where they come from, and
//! whether they are the right ones.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::database::Client;
use rand::RngExt;
use tenfold_core::words::without_code;

use crate::database::in_words;
use crate::operational::setting;
use tenfold_core::hexadecimal::{hexadecimal, parse};

/// What is particular to one such key.
#[derive(Debug)]
pub struct KeyKind {
    /// As it is called, as in `the file x for the key of the tokens cannot be used`.
    pub noun: &'static str,
    /// What it is to the database, as in `this database's tokens are made with the key`.
    pub use_of: &'static str,
    /// The variable that may hold the key itself.
    pub variable: &'static str,
    /// The option that may name its file.
    pub option: &'static str,
    /// Its file's name under the home.
    pub file: &'static str,
    /// The setting in which the database keeps its fingerprint.
    pub setting: &'static str,
    /// Its fingerprint.
    pub fingerprint: fn(&[u8; 32]) -> String,
}

/// There is no key to work on this database with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is no key.
    #[error("{0} holds no key: it must be 64 hexadecimal digits, as `openssl rand -hex 32` prints them")]
    NotAKey(String),
    /// The file cannot be read or made.
    #[error(
        "the file {path} for {} cannot be used ({}); mend its rights, or name another one with {}",
        kind.noun, without_code(&error.to_string()), kind.option
    )]
    File {
        /// Of which key.
        kind: &'static KeyKind,
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The database knows another key.
    #[error(
        "{} {wanted}, and {origin} holds {found}: start with the --home of its first server, or give that server's key as {} or {}",
        kind.use_of, kind.variable, kind.option
    )]
    Other {
        /// Of which key.
        kind: &'static KeyKind,
        /// The fingerprint that the database remembers.
        wanted: String,
        /// The fingerprint of the key at hand, or `none`.
        found: String,
        /// Where that is from.
        origin: String,
    },
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(String),
}

impl From<tokio_postgres::Error> for KeyError {
    fn from(error: tokio_postgres::Error) -> Self {
        KeyError::Database(in_words(&error))
    }
}

impl KeyKind {
    /// Finds the key in the environment, in `file` or under `home`, makes it where the database has none yet, and sees that
    /// it is the database's.
    ///
    /// # Errors
    /// [`KeyError`]; nothing was made then.
    pub async fn load_or_create(
        &'static self,
        client: &Client,
        file: Option<&Path>,
        home: &Path,
    ) -> Result<[u8; 32], KeyError> {
        let wanted = setting::get(client, self.setting).await?;
        let (key, origin) = match self.given(file)? {
            Some(given) => given,
            None => self.own(&home.join(self.file), wanted.as_deref())?,
        };
        let found = (self.fingerprint)(&key);
        let wanted = match wanted {
            Some(wanted) => wanted,
            None => setting::load_or_create(client, self.setting, &found).await?,
        };
        self.compare(wanted, found, origin).map(|()| key)
    }

    /// The database's key, where it is given or under `home`; nothing where it is not, and nothing is ever made. A key
    /// that was given must be the right one, if the database knows which that is; one under `home` may be another's.
    pub async fn find(
        &'static self,
        client: &Client,
        file: Option<&Path>,
        home: &Path,
    ) -> Result<Option<[u8; 32]>, KeyError> {
        let wanted = setting::get(client, self.setting).await?;
        let given = self.given(file)?;
        let Some(wanted) = wanted else {
            return Ok(given.map(|(key, _)| key));
        };
        if let Some((key, origin)) = given {
            self.compare(wanted, (self.fingerprint)(&key), origin)?;
            return Ok(Some(key));
        }
        let path = home.join(self.file);
        let own = if path.exists() { Some(self.read(&path)?) } else { None };
        Ok(own.filter(|key| (self.fingerprint)(key) == wanted))
    }

    fn compare(&'static self, wanted: String, found: String, origin: String) -> Result<(), KeyError> {
        if wanted == found {
            return Ok(());
        }
        Err(KeyError::Other {
            kind: self,
            wanted,
            found,
            origin,
        })
    }

    fn given(&'static self, file: Option<&Path>) -> Result<Option<([u8; 32], String)>, KeyError> {
        if let Some(text) = std::env::var(self.variable).ok().filter(|text| !text.is_empty()) {
            let key = parse(&text).ok_or_else(|| KeyError::NotAKey(self.variable.into()))?;
            return Ok(Some((key, self.variable.into())));
        }
        file.map(|file| Ok((self.read(file)?, file.display().to_string())))
            .transpose()
    }

    /// The key under the home. A new one is made only for a database that knows no key yet.
    fn own(&'static self, path: &Path, wanted: Option<&str>) -> Result<([u8; 32], String), KeyError> {
        let origin = path.display().to_string();
        if !path.exists() {
            if let Some(wanted) = wanted {
                self.compare(wanted.into(), "none".into(), origin.clone())?;
            }
            make(path).map_err(|error| KeyError::File {
                kind: self,
                path: path.into(),
                error,
            })?;
        }
        Ok((self.read(path)?, origin))
    }

    fn read(&'static self, path: &Path) -> Result<[u8; 32], KeyError> {
        let text = fs::read_to_string(path).map_err(|error| KeyError::File {
            kind: self,
            path: path.into(),
            error,
        })?;
        parse(&text).ok_or_else(|| KeyError::NotAKey(path.display().to_string()))
    }
}

/// Makes the whole file or none. Of two servers that start at once, one makes it and both read it.
fn make(path: &Path) -> io::Result<()> {
    let bytes: [u8; 32] = rand::rng().random();
    let new = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    let made = writeln!(file, "{}", hexadecimal(&bytes))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&new, path));
    fs::remove_file(&new)?;
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    static KIND: KeyKind = KeyKind {
        noun: "the key of the tests",
        use_of: "this database is tested with the key",
        variable: "TENFOLD_NO_SUCH_KEY",
        option: "--test-key-file",
        file: "test.key",
        setting: "test key fingerprint",
        fingerprint: |key| hexadecimal(&key[..4]),
    };

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(KIND.file);
        make(&path).unwrap();
        let first = KIND.read(&path).unwrap();
        make(&path).unwrap();
        assert_eq!(KIND.read(&path).unwrap(), first);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn no_key_is_made_where_the_database_wants_another() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(KIND.file);
        let error = KIND.own(&path, Some("abc")).err().unwrap().to_string();
        assert!(
            error.contains("abc") && error.contains("none") && error.contains("--home"),
            "{error}"
        );
        assert!(!path.exists());
    }
}
