//! The state at a position: a short log is folded, a long one looked up in the [history](crate::history).

use std::path::Path;

use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use uuid::Uuid;

use super::moment::{MomentError, reached};
use crate::fold::{self, Counter, Folded};
use crate::history::{History, HistoryError, Progress, View};
use tenfold_log::span::Span;

/// Up to which position folding from the beginning is as quick as looking up, and leaves no files behind.
pub const FOLDED_UP_TO: Position = Position(50_000);

/// The service as it was at a position.
pub enum Past {
    /// All that was.
    Folded(Box<Folded>),
    /// Where to look it up.
    Indexed(Box<View>),
}

impl Past {
    /// At that position; where no event has it, at the one before. The history is kept under `home`; a damaged one is
    /// made anew.
    ///
    /// # Errors
    /// Where the log does not reach there, or cannot be read; where the history cannot be kept.
    pub async fn at(client: &Client, home: &Path, wanted: Position, progress: &Progress) -> Result<Past, MomentError> {
        reached(client, wanted).await?;
        if wanted > FOLDED_UP_TO {
            return Ok(Past::Indexed(Box::new(look_up(client, home, wanted, progress).await?)));
        }
        fold::prepare(client).await?;
        let folded = fold::fold(client, Span::up_to(wanted), Folded::default(), &Counter::default()).await?;
        Ok(Past::Folded(Box::new(folded)))
    }

    /// The position of the last event in it.
    pub fn position(&self) -> Position {
        match self {
            Past::Folded(folded) => folded.position,
            Past::Indexed(view) => view.position(),
        }
    }

    /// All rows.
    ///
    /// # Errors
    /// Where the log or the history cannot be read.
    pub async fn facts(self, client: &Client) -> Result<Facts, MomentError> {
        match self {
            Past::Folded(folded) => Ok(folded.facts),
            Past::Indexed(view) => Ok(view.facts(client).await?),
        }
    }

    /// All rows of both, perhaps without posts that are in both.
    ///
    /// # Errors
    /// Where the log or the history cannot be read.
    pub async fn facts_of_both(self, other: Past, client: &Client) -> Result<[Facts; 2], MomentError> {
        match (self, other) {
            (Past::Indexed(one), Past::Indexed(other)) => Ok([
                one.facts_unlike(client, &other).await?,
                other.facts_unlike(client, &one).await?,
            ]),
            (one, other) => Ok([one.facts(client).await?, other.facts(client).await?]),
        }
    }

    /// The account that has that name there.
    ///
    /// # Errors
    /// Where the log or the history cannot be read.
    pub async fn account_named(&self, client: &Client, name: &str) -> Result<Option<Uuid>, MomentError> {
        let named = |facts: &Facts| facts.account_named(name).map(|account| account.id.0);
        let view = match self {
            Past::Folded(folded) => return Ok(named(&folded.facts)),
            Past::Indexed(view) => view,
        };
        // Whoever has it now has mostly had it then.
        let now = client
            .query_opt("select id from account where name = $1", &[&name])
            .await;
        if let Some(row) = now.map_err(tenfold_log::database::DatabaseError::from)? {
            let id: Uuid = row.get(0);
            if view.lives(id.into())? {
                return Ok(Some(id));
            }
        }
        Ok(named(&view.names(client).await?))
    }

    /// An account there whose id is wanted.
    ///
    /// # Errors
    /// Where the log or the history cannot be read.
    pub async fn account_with_id(
        &self,
        client: &Client,
        wanted: impl Fn(Uuid) -> bool,
    ) -> Result<Option<Uuid>, MomentError> {
        let find = |facts: &Facts| facts.accounts().map(|account| account.id.0).find(|id| wanted(*id));
        match self {
            Past::Folded(folded) => Ok(find(&folded.facts)),
            Past::Indexed(view) => Ok(find(&view.names(client).await?)),
        }
    }

    /// The rows that are about one thing, and perhaps others.
    ///
    /// # Errors
    /// Where the log or the history cannot be read.
    pub async fn facts_about(self, client: &Client, id: Uuid) -> Result<Facts, MomentError> {
        match self {
            Past::Folded(folded) => Ok(folded.facts),
            Past::Indexed(view) => Ok(view.facts_about(client, id).await?),
        }
    }
}

async fn look_up(client: &Client, home: &Path, wanted: Position, progress: &Progress) -> Result<View, HistoryError> {
    let history = History::reaching(client, home, wanted, progress).await?;
    match history.at(wanted) {
        Err(HistoryError::Damaged { .. }) => {
            History::discard(client, home).await?;
            History::reaching(client, home, wanted, progress).await?.at(wanted)
        }
        view => view,
    }
}
