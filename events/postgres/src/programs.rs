//! Finding the programs of Postgres on this machine: `initdb`, `pg_ctl` and `postgres`, side by side in one folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::PrivatePostgresError;

/// The oldest major version that Tenfold is tested to work with.
pub(super) const LEAST_MAJOR: u32 = 13;

/// Folders where packages put their programs; `*` is a version. Debian, Red Hat, source builds, Homebrew, MacPorts, Postgres.app.
const USUAL_FOLDERS: [&str; 9] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/usr/local/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/opt/homebrew/bin",
    "/opt/local/lib/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// One installed version of Postgres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    folder: PathBuf,
    /// The major version, such as 15.
    pub(super) major: u32,
}

impl Programs {
    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub(super) fn pg_ctl(&self) -> PathBuf {
        self.folder.join("pg_ctl")
    }

    fn in_folder(folder: PathBuf) -> Option<Self> {
        let whole = ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|program| folder.join(program).is_file());
        let said = whole.then(|| said_by(&folder.join("postgres"), "--version"))??;
        Some(Self {
            folder,
            major: major_version(&said)?,
        })
    }
}

/// Every installed version: first what `pg_config` and the search path name, then the usual places, newest first.
pub(super) fn installed() -> Vec<Programs> {
    let mut found: Vec<Programs> = Vec::new();
    for folder in chosen_folders().into_iter().chain(usual_folders()) {
        let known = found.iter().any(|programs| programs.folder == folder);
        if let Some(programs) = (!known).then(|| Programs::in_folder(folder)).flatten() {
            found.push(programs);
        }
    }
    found
}

/// The programs for a new database: the first that is new enough.
pub(super) fn for_new_data(installed: &[Programs]) -> Result<&Programs, PrivatePostgresError> {
    let least = LEAST_MAJOR;
    installed
        .iter()
        .find(|programs| programs.major >= least)
        .ok_or_else(|| match installed.first() {
            Some(old) => PrivatePostgresError::TooOld {
                found: old.major,
                least,
                folder: old.folder.clone(),
            },
            None => PrivatePostgresError::NotInstalled {
                hint: super::install::hint(),
            },
        })
}

/// The programs for data that is there: only the major version that made it can read it.
pub(super) fn for_data<'a>(installed: &'a [Programs], data: &Path) -> Result<&'a Programs, PrivatePostgresError> {
    let file = data.join("PG_VERSION");
    let made_by = fs::read_to_string(&file).map_err(PrivatePostgresError::folder(&file))?;
    let made_by = made_by.trim();
    if installed.is_empty() {
        return Err(PrivatePostgresError::NotInstalled {
            hint: super::install::hint(),
        });
    }
    let fitting = installed.iter().find(|programs| programs.major.to_string() == made_by);
    fitting.ok_or_else(|| {
        let versions: Vec<String> = installed.iter().map(|programs| programs.major.to_string()).collect();
        PrivatePostgresError::OtherVersion {
            data: data.into(),
            made_by: made_by.into(),
            installed: versions.join(" and "),
        }
    })
}

fn chosen_folders() -> Vec<PathBuf> {
    let configured = said_by(Path::new("pg_config"), "--bindir").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    configured.into_iter().chain(std::env::split_paths(&path)).collect()
}

fn usual_folders() -> Vec<PathBuf> {
    USUAL_FOLDERS.iter().flat_map(|pattern| matching(pattern)).collect()
}

/// The folders a pattern with at most one `*` names, highest version first.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![pattern.into()];
    };
    let (parent, prefix) = before.rsplit_once('/').expect("every pattern is an absolute path");
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?;
            let folder = entry.path().join(after.trim_start_matches('/'));
            Some((leading_number(version)?, folder))
        })
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

fn said_by(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).stdin(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// `postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)` is 15; `… 17devel` and `… 18beta1` are 17 and 18.
fn major_version(said: &str) -> Option<u32> {
    let after_name = said.split_once("(PostgreSQL)")?.1;
    leading_number(after_name.trim_start())
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    text[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_every_kind_of_build() {
        assert_eq!(
            major_version("postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major_version("postgres (PostgreSQL) 17devel"), Some(17));
        assert_eq!(major_version("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(major_version("something else"), None);
    }

    #[test]
    fn a_new_database_wants_a_version_that_is_new_enough() {
        let with = |major| Programs {
            folder: format!("/somewhere/{major}").into(),
            major,
        };
        assert_eq!(
            for_new_data(&[with(11), with(15)]).map(|programs| programs.major).ok(),
            Some(15)
        );
        let error = for_new_data(&[with(11)]).expect_err("11 is too old").to_string();
        assert!(error.contains("PostgreSQL 11 in /somewhere/11 is too old"), "{error}");
        let error = for_new_data(&[]).expect_err("there is none").to_string();
        assert!(
            error.contains("not installed") && error.contains("--database URL"),
            "{error}"
        );
    }

    #[test]
    fn data_of_another_major_version_is_refused_with_the_versions_named() {
        let data = tempfile::tempdir().expect("a folder");
        fs::write(data.path().join("PG_VERSION"), "14\n").expect("a file");
        let installed = [Programs {
            folder: "/fifteen".into(),
            major: 15,
        }];
        let error = for_data(&installed, data.path())
            .expect_err("15 cannot read 14's data")
            .to_string();
        assert!(
            error.contains("made by PostgreSQL 14") && error.contains("this machine has 15"),
            "{error}"
        );
    }

    #[test]
    fn folders_with_a_version_come_newest_first() {
        let root = tempfile::tempdir().expect("a folder");
        for version in ["9.6", "15", "16"] {
            fs::create_dir_all(root.path().join(version).join("bin")).expect("a folder");
        }
        let pattern = format!("{}/*/bin", root.path().display());
        let found: Vec<PathBuf> = matching(&pattern);
        let expected: Vec<PathBuf> = ["16", "15", "9.6"]
            .iter()
            .map(|v| root.path().join(v).join("bin"))
            .collect();
        assert_eq!(found, expected);
    }
}
