//! Who Postgres runs as. It refuses to run as root, so root lends it another user's rights; everybody else runs it as oneself.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User, geteuid};

use super::error::PrivatePostgresError;

/// The user that the programs of Postgres run as.
#[derive(Debug, Clone)]
pub(super) enum Account {
    /// The user this program runs as.
    Ourselves,
    /// We are root: somebody who is not.
    Other { name: String, uid: u32, gid: u32 },
}

impl Account {
    /// Root picks whoever owns the data already, else the owner of the home, else `postgres`, else `nobody`.
    pub(super) fn choose(home: &Path, data: Option<&Path>) -> Result<Self, PrivatePostgresError> {
        if !geteuid().is_root() {
            return Ok(Self::Ourselves);
        }
        let owners = data.into_iter().chain([home]);
        owners
            .filter_map(|path| fs::metadata(path).ok())
            .filter_map(|metadata| by_uid(metadata.uid()))
            .chain(["postgres", "nobody"].into_iter().filter_map(by_name))
            .find_map(Self::unless_root)
            .ok_or(PrivatePostgresError::NoUser)
    }

    fn unless_root(user: User) -> Option<Self> {
        let other = Self::Other {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
        };
        (!user.uid.is_root()).then_some(other)
    }

    /// A command that runs as this user, with nothing of our environment (which may hold secrets, or `PG…` settings).
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        command.env(
            "PATH",
            std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()),
        );
        if let Self::Other { uid, gid, .. } = self {
            // The standard library also drops root's supplementary groups when it changes the user.
            command.uid(*uid).gid(*gid);
        }
        command
    }

    /// Makes `path` this user's own.
    pub(super) fn own(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Ourselves => Ok(()),
            Self::Other { uid, gid, .. } => chown(path, Some(*uid), Some(*gid)),
        }
    }

    /// Whether this user can reach `folder`: asked of the system by going there, for modes alone do not tell (access lists, mounts).
    pub(super) fn can_enter(&self, folder: &Path) -> bool {
        match self {
            Self::Ourselves => true,
            Self::Other { .. } => {
                let mut probe = self.command(Path::new("/bin/sh"));
                probe
                    .args(["-c", "exit 0"])
                    .current_dir(folder)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null());
                probe.status().is_ok_and(|status| status.success())
            }
        }
    }
}

/// When root works in somebody's folder, what it makes there belongs to that somebody, who may start Tenfold next time.
pub(super) fn give_to_owner_of(folder: &Path, path: &Path) -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let owner = fs::metadata(folder)?;
    chown(path, Some(owner.uid()), Some(owner.gid()))
}

fn by_uid(uid: u32) -> Option<User> {
    User::from_uid(Uid::from_raw(uid)).ok().flatten()
}

fn by_name(name: &str) -> Option<User> {
    User::from_name(name).ok().flatten()
}
