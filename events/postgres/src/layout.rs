//! Which file is where. The small files (address, pointer) stay in the home; the data is next to them, or, where the user that
//! Postgres runs as cannot get at the home (root's own folder, say), in a folder of its own that a pointer file names.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::account::{Account, give_to_owner_of};
use super::error::PrivatePostgresError;
use super::notice::notice;

/// Where data goes that cannot be under the home.
const ELSEWHERE: &str = "/var/lib";

/// The folders and files of one home's Postgres.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The home as an absolute path without links.
    pub(super) home: PathBuf,
    /// The folder that holds `data`, `log` and `postgresql.conf`; Postgres is started there.
    pub(super) cluster: PathBuf,
}

impl Layout {
    /// Makes `home` where it is missing and finds its absolute path.
    pub(super) fn make_home(home: &Path) -> Result<PathBuf, PrivatePostgresError> {
        let absolute = std::path::absolute(home).map_err(PrivatePostgresError::folder(home))?;
        // Postgres keeps its folder on one line of a file, and would wait for ever for the lines behind it.
        if absolute.as_os_str().as_bytes().contains(&b'\n') {
            return Err(PrivatePostgresError::LineEndInPath { path: absolute });
        }
        make_folders(home).map_err(PrivatePostgresError::folder(home))?;
        let home = fs::canonicalize(home).map_err(PrivatePostgresError::folder(home))?;
        let files = home.join("postgres");
        make_folder(&files, 0o755)
            .and_then(|()| give_to_owner_of(&home, &files))
            .map_err(PrivatePostgresError::folder(&files))?;
        Ok(home)
    }

    /// The layout of a home that has been used before, or nothing.
    pub(super) fn of_existing(home: &Path) -> Option<Self> {
        let in_home = home.join("postgres");
        let pointed = fs::read_to_string(pointer(home))
            .ok()
            .map(|text| PathBuf::from(text.trim_end_matches('\n')));
        let cluster = pointed.unwrap_or(in_home);
        let layout = Self {
            home: home.into(),
            cluster,
        };
        layout.data().join("PG_VERSION").exists().then_some(layout)
    }

    /// The layout for a home without data: in the home if `account` can get there, else elsewhere.
    pub(super) fn for_new(home: &Path, account: &Account) -> Result<Self, PrivatePostgresError> {
        let in_home = home.join("postgres");
        let cluster = if account.can_enter(&in_home) {
            // A start that was killed when the home was closed to this user may have left one.
            let _ = fs::remove_file(pointer(home));
            in_home
        } else {
            elsewhere(home)?
        };
        let layout = Self {
            home: home.into(),
            cluster,
        };
        let log = layout.log_folder();
        make_folder(&log, 0o700)
            .and_then(|()| account.own(&log))
            .map_err(PrivatePostgresError::folder(&log))?;
        Ok(layout)
    }

    /// Takes away what a first start has made that came to no data.
    pub(super) fn give_back(&self) {
        if self.data().exists() {
            return;
        }
        for file in [self.address(), self.settings(), self.log(), pointer(&self.home)] {
            let _ = fs::remove_file(file);
        }
        // A folder that is not empty stays: that is the point.
        for folder in [self.log_folder(), self.cluster.clone(), self.home.join("postgres")] {
            let _ = fs::remove_dir(folder);
        }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.cluster.join("data")
    }

    pub(super) fn log_folder(&self) -> PathBuf {
        self.cluster.join("log")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.log_folder().join("postgres.log")
    }

    pub(super) fn settings(&self) -> PathBuf {
        self.cluster.join("postgresql.conf")
    }

    /// The connection URL with its password, readable by its owner alone.
    pub(super) fn address(&self) -> PathBuf {
        self.home.join("postgres").join("url")
    }

    /// A name that stands in the command line of this cluster's processes, so that they can be told from any other Postgres.
    pub(super) fn cluster_name(&self) -> String {
        format!("tenfold-{}", hash_of(&self.cluster))
    }
}

/// Writes a whole file or none: into a new file next to it, then renamed over it. Nothing is followed that somebody else laid there.
pub(super) fn write_whole(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&new)?;
    // Whatever the user's own mask takes away.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

/// Makes a folder and those above it that are missing. Root's are open to others whatever its mask says: Postgres, which runs as
/// another user, must get to its data, which is closed to all but that user.
///
/// # Errors
/// The system's.
pub fn make_folders(path: &Path) -> io::Result<()> {
    if !geteuid().is_root() {
        return fs::create_dir_all(path);
    }
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_folders(parent)?;
    }
    make_folder(path, 0o755)
}

fn make_folder(path: &Path, mode: u32) -> io::Result<()> {
    match fs::DirBuilder::new().mode(mode).create(path) {
        Ok(()) => fs::set_permissions(path, fs::Permissions::from_mode(mode)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        other => other,
    }
}

fn pointer(home: &Path) -> PathBuf {
    home.join("postgres").join("data-is-in")
}

/// A folder that is nobody's yet, and a pointer to it in the home. Data that an earlier home of this name left behind stays there:
/// whoever removed that home wanted to begin anew, and we do not remove what we did not make just now.
fn elsewhere(home: &Path) -> Result<PathBuf, PrivatePostgresError> {
    let first = Path::new(ELSEWHERE).join(format!("tenfold-{}", hash_of(home)));
    let mut cluster = first.clone();
    let mut number = 1;
    while cluster.join("data").exists() {
        number += 1;
        cluster = Path::new(ELSEWHERE).join(format!("tenfold-{}-{number}", hash_of(home)));
    }
    if number > 1 {
        notice(&format!(
            "a database of an earlier {} is still in {}; remove it if nobody needs it",
            home.display(),
            first.display()
        ));
    }
    make_folders(&cluster).map_err(PrivatePostgresError::folder(&cluster))?;
    let written = write_whole(&pointer(home), &format!("{}\n", cluster.display()), 0o644);
    written.map_err(PrivatePostgresError::folder(pointer(home)))?;
    Ok(cluster)
}

fn hash_of(path: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
