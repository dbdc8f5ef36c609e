//! What can go wrong with the private Postgres, each as one sentence that also says what to do.

use std::io;
use std::path::PathBuf;

/// Why there is no private Postgres. Each text is for a person and says what to do; programs end with status 2 after one.
#[derive(Debug, thiserror::Error)]
pub enum PrivatePostgresError {
    /// No server programs on this machine, and no way to install them ourselves.
    #[error("PostgreSQL is not installed; install it with `{hint}`, or name a database with `--database URL`")]
    NotInstalled {
        /// The command that installs it on this kind of machine.
        hint: &'static str,
    },

    /// We are root on a Debian-like system, tried, and the package manager refused.
    #[error(
        "PostgreSQL could not be installed ({reason}); install it with `apt-get install postgresql`, or name a database with `--database URL`"
    )]
    InstallFailed {
        /// The last thing the package manager said.
        reason: String,
    },

    /// The server programs found are older than what the log needs.
    #[error(
        "PostgreSQL {found} in {folder} is too old; install version {least} or newer, or name a database with `--database URL`"
    )]
    TooOld {
        /// Major version found.
        found: u32,
        /// Lowest major version that works.
        least: u32,
        /// Where its programs are.
        folder: PathBuf,
    },

    /// The data was written by a version of Postgres that is not on this machine.
    #[error(
        "the database in {data} was made by PostgreSQL {made_by}, and this machine has {installed}; install PostgreSQL {made_by}, or move that folder away to begin with an empty database"
    )]
    OtherVersion {
        /// The data folder.
        data: PathBuf,
        /// The major version that made it.
        made_by: String,
        /// The versions that are installed, for people.
        installed: String,
    },

    /// Postgres cannot work in such a folder.
    #[error(
        "the path {path:?} has an end of line in it, which Postgres cannot cope with; name another folder with `--home DIR`"
    )]
    LineEndInPath {
        /// The folder.
        path: PathBuf,
    },

    /// A file or folder we must have cannot be read or written.
    #[error("{}", folder_sentence(path, source))]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// `initdb` failed.
    #[error(
        "a new Postgres database could not be set up in {folder}: {reason}; correct that, or name another folder with `--home DIR` or a database with `--database URL`"
    )]
    InitFailed {
        /// Where it was to be.
        folder: PathBuf,
        /// The last thing `initdb` said.
        reason: String,
    },

    /// Postgres did not start.
    #[error("the private Postgres did not start: {reason}; see {log}, or name a database with `--database URL`")]
    StartFailed {
        /// What it said last.
        reason: String,
        /// Its log file.
        log: PathBuf,
    },

    /// The disk of the data folder is full.
    #[error("the disk of {folder} is full; free some space, or name another folder with `--home DIR`")]
    DiskFull {
        /// A folder on that disk.
        folder: PathBuf,
    },

    /// A program of Postgres could not be run at all.
    #[error("{program} cannot be run ({source}); reinstall PostgreSQL, or name a database with `--database URL`")]
    Program {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// We are root, Postgres refuses to run as root, and there is nobody else to run it.
    #[error(
        "Postgres refuses to run as root and this machine has neither a user `postgres` nor `nobody`; start Tenfold as another user, or name a database with `--database URL`"
    )]
    NoUser,

    /// Another program holds the lock of the home.
    #[error(
        "another Tenfold has been setting up or stopping Postgres in {home} for {seconds} seconds; end it, or name another folder with `--home DIR`"
    )]
    Locked {
        /// The home both want.
        home: PathBuf,
        /// How long we waited.
        seconds: u64,
    },

    /// The file with the address and password is lost or damaged although there is data.
    #[error(
        "{file}, which holds the password of the database beside it, is {what}; put it back, or move {data} away to begin with an empty database"
    )]
    AddressLost {
        /// The file.
        file: PathBuf,
        /// `missing` or `damaged`.
        what: &'static str,
        /// The data it belongs to.
        data: PathBuf,
    },

    /// It runs, but does not serve us.
    #[error("the private Postgres runs but does not answer correctly ({reason}); see {log}")]
    NoAnswer {
        /// What it said.
        reason: String,
        /// Its log file.
        log: PathBuf,
    },

    /// It did not stop in time, not even when told to do so at once.
    #[error("the private Postgres (process {pid}) does not stop; end it with `kill -QUIT {pid}`")]
    DoesNotStop {
        /// Its process.
        pid: i32,
    },
}

impl PrivatePostgresError {
    /// The status a program ends with after this error.
    pub const EXIT_STATUS: u8 = 2;

    pub(super) fn folder(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull { folder: path },
            _ => Self::Folder { path, source },
        }
    }
}

fn folder_sentence(path: &std::path::Path, source: &io::Error) -> String {
    let path = path.display();
    match source.kind() {
        io::ErrorKind::PermissionDenied => {
            format!(
                "this user may not read or write {path}; change its permissions, or name another folder with `--home DIR`"
            )
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            format!("{path} is on a read-only disk; name another folder with `--home DIR`")
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            format!(
                "{path} cannot be created, because a file is in the way; move it away, or name another folder with `--home DIR`"
            )
        }
        _ => format!("{path} cannot be used ({source}); correct that, or name another folder with `--home DIR`"),
    }
}
