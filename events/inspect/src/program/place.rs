//! Which database: the one that is named, or the private Postgres of the home.

use crate::fork::sandbox;
use tenfold_log::database::Database;
use tenfold_postgres::PrivatePostgres;

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
        let mut place = Place::find_live(arguments).await?;
        if let Some(name) = &arguments.sandbox {
            place.database = match sandbox::open(&place.database, name).await {
                Ok(database) => database,
                Err(error) => {
                    place.leave().await;
                    return Err(Failure::of(error));
                }
            };
        }
        Ok(place)
    }

    async fn find_live(arguments: &Arguments) -> Result<Place, Failure> {
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

    /// Removes a sandbox whose making was broken off.
    pub(super) async fn tidy_sandbox(&self, name: &str) {
        if let Err(error) = sandbox::tidy(&self.database, name).await {
            say(&format!(
                "the unfinished sandbox {name} stays behind ({error}); `bin/events fork drop {name}` removes it"
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
