//! Which database: the one that is named, or the private Postgres of the home.

use crate::database::Database;
use crate::private_postgres::PrivatePostgres;

use super::arguments::Arguments;
use super::failure::{Failure, say};

/// Where the log is.
pub(super) struct Place {
    database: Database,
    private: Option<PrivatePostgres>,
}

impl Place {
    /// Finds it; a private Postgres that isn't running is started, and none is ever made.
    pub(super) async fn find(arguments: &Arguments) -> Result<Place, Failure> {
        if let Some(url) = &arguments.database {
            return Ok(Place {
                database: Database::parse(url)?,
                private: None,
            });
        }
        let home = &arguments.home;
        if !PrivatePostgres::is_set_up(home) {
            return Err(Failure::Sentence(format!(
                "there is no log under {}; start bin/server once, or name a database with --database URL or another \
                 folder with --home DIR",
                home.display()
            )));
        }
        let private = PrivatePostgres::ensure_running(home).await.map_err(Failure::of)?;
        Ok(Place {
            database: Database::parse(private.url())?,
            private: Some(private),
        })
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
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
