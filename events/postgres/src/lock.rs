//! One at a time: whoever sets up, starts or stops the Postgres of a home holds its lock file.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use super::account::give_to_owner_of;
use super::error::PrivatePostgresError;
use super::notice::notice;

/// Longer than installing Postgres and recovering a database take; a program that dies frees its lock at once.
const PATIENCE: Duration = Duration::from_secs(900);
const QUIET: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_millis(20);

/// Held while it lives; the system frees it when its holder dies, however it dies.
#[derive(Debug)]
pub(super) struct HomeLock {
    _file: File,
}

impl HomeLock {
    /// Waits until nobody else holds the lock of `home`, which exists.
    pub(super) fn take(home: &Path) -> Result<Self, PrivatePostgresError> {
        let path = home.join("postgres.lock");
        let failed = || PrivatePostgresError::folder(&path);
        let new = !path.exists();
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed())?;
        if new {
            give_to_owner_of(home, &path).map_err(failed())?;
        }
        let began = Instant::now();
        let mut said = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(source)) => return Err(failed()(source)),
                Err(TryLockError::WouldBlock) => {}
            }
            let waited = began.elapsed();
            if waited > PATIENCE {
                return Err(PrivatePostgresError::Locked {
                    home: home.into(),
                    seconds: waited.as_secs(),
                });
            }
            if waited > QUIET && !said {
                said = true;
                notice(&format!(
                    "waiting for another Tenfold that is setting up or stopping Postgres in {}",
                    home.display()
                ));
            }
            std::thread::sleep(STEP);
        }
    }
}
