//! The home folder: made where it is missing, and not left behind empty by a start that failed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tenfold_core::words::without_code;

/// The home cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the folder {path} cannot be made or written ({}); change its rights, or name another one with --home",
    without_code(&error.to_string())
)]
pub struct HomeError {
    path: PathBuf,
    error: io::Error,
}

/// A home folder with a folder for logs in it.
pub(super) struct Home {
    path: PathBuf,
    log: PathBuf,
}

impl Home {
    /// Makes the folders and sees that files can be made there.
    pub fn make(path: &Path) -> Result<Home, HomeError> {
        let home = Home {
            path: path.into(),
            log: path.join("log"),
        };
        let made = home.try_to_make();
        made.map_err(|error| {
            home.give_back();
            HomeError {
                path: path.into(),
                error,
            }
        })?;
        Ok(home)
    }

    fn try_to_make(&self) -> io::Result<()> {
        tenfold_postgres::make_folders(&self.log)?;
        let probe = self.path.join(format!(".probe.{}", std::process::id()));
        fs::write(&probe, "")?;
        fs::remove_file(&probe)
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the application servers log.
    pub fn app_log(&self) -> PathBuf {
        self.log.join("app.log")
    }

    /// Removes the folders where nothing is in them.
    pub fn give_back(&self) {
        // A folder that is not empty stays: that is the point.
        let _ = fs::remove_dir(&self.log);
        let _ = fs::remove_dir(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unused_home_is_given_back_and_a_used_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("home");
        Home::make(&path).unwrap().give_back();
        assert!(!path.exists());
        let home = Home::make(&path).unwrap();
        fs::write(path.join("token.key"), "x").unwrap();
        home.give_back();
        assert!(path.join("token.key").exists());
    }

    #[test]
    fn a_file_in_the_way_is_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "").unwrap();
        let said = Home::make(&path).err().unwrap().to_string();
        assert!(said.contains("--home"), "{said}");
        assert!(path.is_file());
    }
}
