//! The database that the program works on: the one that is named, or the private Postgres of the home.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::fork::sandbox;
use clap::Args;
use tenfold_log::database::Database;
use tenfold_log::{schema, sealing};
use tenfold_postgres::PrivatePostgres;

use super::failure::{Failure, say};

/// Where the log is.
#[derive(Debug, Args)]
pub(super) struct TargetArguments {
    /// The Postgres database (postgres://USER:PASSWORD@HOST:PORT/NAME); also DATABASE_URL. Without one, the private
    /// Postgres under --home.
    #[arg(
        long,
        value_name = "URL",
        env = "TENFOLD_DATABASE",
        hide_env_values = true,
        global = true
    )]
    pub(super) database: Option<String>,
    /// Where the private Postgres and the master key are. The key may also be given as TENFOLD_MASTER_KEY; without it names and
    /// texts are shown as (sealed).
    #[arg(
        long,
        value_name = "DIR",
        env = "TENFOLD_HOME",
        default_value = ".tenfold",
        global = true
    )]
    pub(super) home: PathBuf,
    /// The file of the master key, where it is not under --home.
    #[arg(long, value_name = "FILE", env = "TENFOLD_MASTER_KEY_FILE", global = true)]
    pub(super) master_key_file: Option<OsString>,
    /// Look into this sandbox (made by fork, import or rehearse) instead.
    #[arg(long, value_name = "NAME", global = true)]
    pub(super) sandbox: Option<String>,
}

/// A database, and the private Postgres that it is in.
pub(super) struct Target {
    database: Database,
    private: Option<PrivatePostgres>,
}

impl Target {
    /// Finds it; a private Postgres that isn't running is started, and none is ever made.
    pub(super) async fn find(arguments: &TargetArguments) -> Result<Target, Failure> {
        let mut target = Target::find_live(arguments).await?;
        if let Some(name) = &arguments.sandbox {
            target.database = match sandbox::open(&target.database, name).await {
                Ok(database) => database,
                Err(error) => {
                    target.leave().await;
                    return Err(error.into());
                }
            };
        }
        Ok(target)
    }

    async fn find_live(arguments: &TargetArguments) -> Result<Target, Failure> {
        if let Some(url) = &arguments.database {
            return Ok(Target {
                database: Database::parse(url)?.for_program("events"),
                private: None,
            });
        }
        let home = &arguments.home;
        if !PrivatePostgres::is_set_up(home) {
            return Err(Failure::Sentence(format!(
                "there is no log under {}: start bin/server once, or name a database with --database URL or another folder \
                 with --home DIR",
                home.display()
            )));
        }
        let private = PrivatePostgres::ensure_running(home).await?;
        Ok(Target {
            database: Database::parse(private.url())?.for_program("events"),
            private: Some(private),
        })
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// The database as it is to be found now: a private Postgres that was started again may have another port. Nothing is
    /// started for it.
    pub(super) fn again(&self, arguments: &TargetArguments) -> Result<Database, Failure> {
        let url = self
            .private
            .as_ref()
            .and_then(|_| PrivatePostgres::url_of(&arguments.home));
        let Some(url) = url else {
            return Ok(self.database.clone());
        };
        let live = Database::parse(&url)?.for_program("events");
        Ok(match &arguments.sandbox {
            Some(name) => live.on_same_server(name),
            None => live,
        })
    }

    /// Removes a sandbox that was not finished.
    pub(super) async fn tidy_sandbox(&self, name: &str) {
        if let Err(error) = sandbox::tidy(&self.database, name).await {
            say(&format!(
                "the unfinished sandbox {name} could not be removed ({error}): run `bin/events fork drop {name}`"
            ));
        }
    }

    /// Ends a private Postgres that was started for this command alone, unless somebody else uses it by now.
    pub(super) async fn leave(self) {
        let Some(private) = self.private.filter(PrivatePostgres::started_here) else {
            return;
        };
        if let Err(error) = private.stop_if_unused().await {
            say(&error.to_string());
        }
    }
}

/// The database, which must have the tables of this build, with its master key where that is at hand: without it names and
/// texts are shown as `(sealed)`.
pub(super) async fn opened(database: &Database, arguments: &TargetArguments) -> Result<Database, Failure> {
    let client = database.connect("check").await?;
    schema::check(&client).await?;
    let file = arguments.master_key_file.as_deref().filter(|file| !file.is_empty());
    let key = sealing::find(&client, file.map(Path::new), &arguments.home).await;
    Ok(match key? {
        Some(key) => database.clone().with_master_key(key),
        None => database.clone(),
    })
}
