//! The Postgres that everything is measured on, and a folder for the rest.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tenfold_log::database::Database;
use tenfold_postgres::PrivatePostgres;
use uuid::Uuid;

use crate::arguments::Options;
use crate::failure::Failure;

/// Where temporary files lie on a disk: what is kept in memory would make commits cost nothing.
const ON_DISK: &str = "/var/tmp";

/// A database of our own and a temporary home. To be ended by [`Stage::tear_down`].
pub struct Stage {
    home: TempDir,
    private: Option<PrivatePostgres>,
    /// From where databases are created.
    maintenance: String,
    name: String,
    url: String,
}

impl Stage {
    /// Starts a private Postgres with its usual settings, or uses the one that is named, and creates a database there.
    ///
    /// # Errors
    /// Where that cannot be done; then nothing is left behind.
    pub async fn set_up(options: &Options) -> Result<Stage, Failure> {
        let home = temporary_home()?;
        let private = match options.database {
            Some(_) => None,
            None => Some(PrivatePostgres::ensure_running(home.path()).await?),
        };
        let maintenance = match (&options.database, &private) {
            (Some(url), _) => url.clone(),
            (None, Some(private)) => private.url().to_owned(),
            (None, None) => unreachable!("one of them is there"),
        };
        let name = format!("tenfold_bench_{}", Uuid::new_v4().simple());
        let url = with_database(&maintenance, &name);
        let stage = Stage {
            home,
            private,
            maintenance,
            name,
            url,
        };
        match stage.create().await {
            Ok(()) => Ok(stage),
            Err(failure) => {
                // Where no database came about there is none to be dropped.
                if stage.private.is_some() {
                    stage.tear_down().await;
                }
                Err(failure)
            }
        }
    }

    async fn create(&self) -> Result<(), Failure> {
        let client = Database::parse(&self.maintenance)?
            .for_program("bench")
            .connect("maintenance")
            .await?;
        client.batch_execute(&format!("create database {}", self.name)).await?;
        Ok(())
    }

    /// The URL of our database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Our database.
    ///
    /// # Errors
    /// None in practice: the URL has been used already.
    pub fn database(&self) -> Result<Database, Failure> {
        Ok(Database::parse(&self.url)?.for_program("bench"))
    }

    /// A folder for logs, keys and scripts, which ends with the stage.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Drops the database, ends the private Postgres, removes the folder. What fails is told and not more: there is
    /// a result, or a better reason for having none.
    pub async fn tear_down(self) {
        let done = match &self.private {
            Some(private) => private.stop().await.map_err(Failure::from),
            None => self.drop_database().await,
        };
        if let Err(failure) = done {
            tenfold_cli::tell(&format!("tenfold-bench: {failure}"));
        }
        // A home the server's user cannot get at has its data elsewhere.
        if let Some(private) = &self.private
            && let Some(cluster) = private.data_folder().parent()
        {
            drop(std::fs::remove_dir_all(cluster));
        }
    }

    async fn drop_database(&self) -> Result<(), Failure> {
        let client = Database::parse(&self.maintenance)?
            .for_program("bench")
            .connect("maintenance")
            .await?;
        let drop = format!("drop database if exists {} with (force)", self.name);
        Ok(client.batch_execute(&drop).await?)
    }
}

/// Open to others, for root runs Postgres as somebody else; secrets in it have rights of their own.
fn temporary_home() -> Result<TempDir, Failure> {
    let on_disk = PathBuf::from(ON_DISK);
    let parent = if on_disk.is_dir() {
        on_disk
    } else {
        std::env::temp_dir()
    };
    let home = tempfile::Builder::new()
        .prefix("tenfold-bench-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir_in(&parent);
    home.map_err(Failure::system(format!(
        "no folder can be made in {}",
        parent.display()
    )))
}

/// The URL with another database; what follows a `?` stays.
fn with_database(url: &str, name: &str) -> String {
    if !url.contains("://") {
        // `host=… user=…`: the last one counts.
        return format!("{url} dbname={name}");
    }
    let (place, settings) = url
        .split_once('?')
        .map_or((url, None), |(place, settings)| (place, Some(settings)));
    let authority = place.find("://").map_or(0, |at| at + 3);
    let end = place[authority..].find('/').map_or(place.len(), |at| authority + at);
    let settings = settings.map(|settings| format!("?{settings}")).unwrap_or_default();
    format!("{}/{name}{settings}", &place[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_pointed_at_another_database() {
        let to = |url| with_database(url, "mine");
        assert_eq!(to("postgres://me:pw@h:1/theirs"), "postgres://me:pw@h:1/mine");
        assert_eq!(to("postgres://me@h"), "postgres://me@h/mine");
        assert_eq!(
            to("postgres://h/theirs?sslmode=disable"),
            "postgres://h/mine?sslmode=disable"
        );
        assert_eq!(to("host=h dbname=theirs"), "host=h dbname=theirs dbname=mine");
    }
}
