//! Who comes in: on this machine through a socket in a folder that only the user of Postgres may enter (and root), each role with its
//! password; from another machine only where an application server is to, as its own role and over TLS.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::{User, geteuid};

use super::account::Account;
use super::error::PrivatePostgresError;
use super::layout::{Layout, write_whole};

/// Beside the settings, and relative to where Postgres is started.
pub(super) const RULES_FILE: &str = "pg_hba.conf";
pub(super) const USERS_FILE: &str = "pg_ident.conf";
/// The role that may do everything. It has no password: only a user of this machine comes in with it, told by the system.
pub(super) const SUPERUSER: &str = "postgres";

/// What a socket's path may be long, with the NUL behind it (`sun_path` of the smallest system).
const LONGEST_PATH: usize = 104;
/// What Postgres puts behind the folder: `/.s.PGSQL.`, a port and `.lock`.
const FILE_NAME: usize = "/.s.PGSQL.65535.lock".len();
/// Where the folder is made of which the path would be too long.
const SHORT: &str = "/tmp";
const TRIES: u32 = 100;

/// Writes down who comes in. `others` are reached by other machines.
pub(super) fn write_rules(layout: &Layout, account: &Account, others: bool) -> Result<(), PrivatePostgresError> {
    let mut rules = format!(
        "# Written by Tenfold at every start.
local    all  {SUPERUSER}  peer map=tenfold
local    all  all  scram-sha-256
"
    );
    if others {
        rules += "hostssl  all  tenfold_app  all  scram-sha-256\n";
    }
    let mut users = "# Written by Tenfold at every start: who may come in as the superuser.\n".to_owned();
    for name in ["root".to_owned(), account.name()] {
        users += &format!("tenfold  \"{name}\"  {SUPERUSER}\n");
    }
    for (name, text) in [(RULES_FILE, rules), (USERS_FILE, users)] {
        let file = layout.cluster.join(name);
        let written = write_whole(&file, &text, 0o600).and_then(|()| account.own(&file));
        written.map_err(PrivatePostgresError::folder(&file))?;
    }
    Ok(())
}

/// The folder of the socket, made where it is missing, closed to all but the user of Postgres, and emptied: a killed one leaves its lock there,
/// which holds while a process has its number. To be called where it does not run.
pub(super) fn socket_folder(layout: &Layout, account: &Account) -> Result<PathBuf, PrivatePostgresError> {
    let folder = make_socket_folder(layout, account)?;
    for left in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let _ = fs::remove_file(left.path());
    }
    Ok(folder)
}

fn make_socket_folder(layout: &Layout, account: &Account) -> Result<PathBuf, PrivatePostgresError> {
    let usual = layout.cluster.join("run");
    if usual.as_os_str().len() + FILE_NAME < LONGEST_PATH {
        make(&usual, account).map_err(PrivatePostgresError::folder(&usual))?;
        return Ok(usual);
    }
    let name = |number: u32| Path::new(SHORT).join(format!("{}.{number}", layout.cluster_name()));
    // Anybody may write there: a folder of somebody else's, or open to others, is left alone.
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for folder in (1..=TRIES).map(name) {
        match make(&folder, account) {
            Ok(()) => return Ok(folder),
            Err(error) => last = error,
        }
    }
    Err(PrivatePostgresError::folder(SHORT)(last))
}

fn make(folder: &Path, account: &Account) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).and_then(|()| account.own(folder)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = fs::symlink_metadata(folder)?;
            let is_ours = found.is_dir() && found.uid() == account.uid() && found.mode() & 0o077 == 0;
            if is_ours { Ok(()) } else { Err(error) }
        }
        Err(error) => Err(error),
    }
}

impl Account {
    fn uid(&self) -> u32 {
        match self {
            Self::Ourselves => geteuid().as_raw(),
            Self::Other { uid, .. } => *uid,
        }
    }

    fn name(&self) -> String {
        match self {
            // One that has no name cannot be told by the system either, and makes no database.
            Self::Ourselves => User::from_uid(geteuid())
                .ok()
                .flatten()
                .map_or_else(String::new, |user| user.name),
            Self::Other { name, .. } => name.clone(),
        }
    }
}
