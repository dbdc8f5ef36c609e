//! A connection that is made again when the database was away: its server started anew, or gave way to another.

use std::time::Duration;

use tenfold_log::database::{Client, Database};

use super::failure::{Failure, say};
use super::output::is_closed;
use super::target::{Target, TargetArguments, opened};
use tenfold_core::ids::Position;
use tenfold_log::span::head;

/// How often it is tried whether the database is there again.
const PAUSE: Duration = Duration::from_millis(200);

/// A connection, and what it takes to make it again.
pub(super) struct Connection<'a> {
    client: Client,
    target: &'a Target,
    arguments: &'a TargetArguments,
    /// As far as the log went when the connection was made: it cannot become shorter.
    head: Position,
}

impl<'a> Connection<'a> {
    pub(super) async fn of(
        client: Client,
        target: &'a Target,
        arguments: &'a TargetArguments,
    ) -> Result<Self, Failure> {
        let head = head(&client).await?;
        Ok(Connection {
            client,
            target,
            arguments,
            head,
        })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Waits until the database is there again, where it is gone and `wanted` says that this is worth it; otherwise `failure`
    /// stays one.
    pub(super) async fn again(&mut self, failure: Failure, wanted: bool) -> Result<(), Failure> {
        let Failure::Sentence(sentence) = failure else {
            return Err(failure);
        };
        if !wanted || answers(&self.client).await {
            return Err(Failure::Sentence(sentence));
        }
        say(&format!(
            "{sentence}; waiting until the database is back, Ctrl-C ends this"
        ));
        self.client = self.made_again().await?;
        let end = head(&self.client).await?;
        if end < self.head {
            return Err(Failure::Sentence(format!(
                "the log ends at position {end} now, and reached {} before: this is an older copy of it; start again to see it",
                self.head
            )));
        }
        self.head = end;
        say("the database is back");
        Ok(())
    }

    async fn made_again(&self) -> Result<Client, Failure> {
        loop {
            if is_closed() {
                return Err(Failure::OutputClosed);
            }
            let database = self.target.again(self.arguments)?;
            if let Ok(client) = database.connect("read").await {
                match self.open(&database).await {
                    Ok(client) => return Ok(client),
                    Err(failure) if answers(&client).await => return Err(failure),
                    // It has gone again meanwhile.
                    Err(_) => {}
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The tables may be those of a newer build by now.
    async fn open(&self, database: &Database) -> Result<Client, Failure> {
        let database = opened(database, self.arguments).await?;
        Ok(database.connect("read").await?)
    }
}

/// Whether the connection is good for anything.
async fn answers(client: &Client) -> bool {
    client.batch_execute("").await.is_ok()
}
