//! A new, empty database, made by `initdb` in a folder of its own and renamed when it is whole: a crash in the middle leaves nothing
//! that could be taken for data.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::access::SUPERUSER;
use super::account::Account;
use super::error::PrivatePostgresError;
use super::layout::Layout;
use super::programs::Programs;

const UNFINISHED: &str = "unfinished-";

/// Makes the data folder of `layout`. The lock of the home is held.
pub(super) fn create(layout: &Layout, account: &Account, programs: &Programs) -> Result<(), PrivatePostgresError> {
    remove_unfinished(layout);
    let folder = layout
        .cluster
        .join(format!("{UNFINISHED}{:08x}", rand::random::<u32>()));
    let made = create_in(&folder, account, programs)
        .and_then(|data| fs::rename(data, layout.data()).map_err(PrivatePostgresError::folder(layout.data())))
        .and_then(|()| sync(&layout.cluster));
    let _ = fs::remove_dir_all(&folder);
    made
}

/// An `initdb` whose starter was killed may still be writing there; whatever resists is removed next time.
fn remove_unfinished(layout: &Layout) {
    let entries = fs::read_dir(&layout.cluster).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED)) {
        let _ = fs::remove_dir_all(entry.path());
    }
}

fn create_in(folder: &Path, account: &Account, programs: &Programs) -> Result<PathBuf, PrivatePostgresError> {
    let failed = || PrivatePostgresError::folder(folder);
    fs::DirBuilder::new().mode(0o700).create(folder).map_err(failed())?;
    // Whatever the user's own mask takes away.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(failed())?;
    account.own(folder).map_err(failed())?;
    run_initdb(folder, account, programs)?;
    Ok(folder.join("data"))
}

/// The C locale sorts by bytes, as Rust does, and is the same on every machine.
fn run_initdb(folder: &Path, account: &Account, programs: &Programs) -> Result<(), PrivatePostgresError> {
    let program = programs.initdb();
    let mut command = account.command(&program);
    command
        .current_dir(folder)
        .args(["--pgdata=data", "--encoding=UTF8", "--locale=C"]);
    // The rules that count are written at every start; see `access`.
    command.args([
        "--auth-local=peer",
        "--auth-host=reject",
        &format!("--username={SUPERUSER}"),
    ]);
    let output = command
        .output()
        .map_err(|source| PrivatePostgresError::Program { program, source })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failure(folder.parent().unwrap_or(folder), &said))
}

fn failure(cluster: &Path, said: &str) -> PrivatePostgresError {
    let folder = cluster.to_owned();
    if said.contains("No space left on device") {
        return PrivatePostgresError::DiskFull { folder };
    }
    let error = said
        .lines()
        .find(|line| line.contains("error:") || line.contains("FATAL:"))
        .or(said.lines().last());
    let reason = error
        .unwrap_or("initdb ended without a message")
        .trim()
        .trim_start_matches("initdb: error: ")
        .to_owned();
    PrivatePostgresError::InitFailed { folder, reason }
}

/// The rename itself must survive a power cut, or the next start would make a second, empty database.
fn sync(folder: &Path) -> Result<(), PrivatePostgresError> {
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(PrivatePostgresError::folder(folder))
}
