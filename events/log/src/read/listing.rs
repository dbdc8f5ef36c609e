//! The commands that only look: one question each, which also tells whether the session lives and sits here.

use tenfold_core::command::{Actor, Listing};
use tenfold_core::decide::Rejection;
use tenfold_core::ids::InstanceId;
use tenfold_core::protocol::PostLine;

use super::connection::Query;
use super::reader::{ReadError, Reader};
use super::session::SessionStatus;

/// What a listing came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Not here, or not at all.
    Rejected(Rejection),
    /// Names, in the listing's order.
    Names(Vec<String>),
    /// Posts, in the listing's order.
    Posts(Vec<PostLine>),
}

impl Reader {
    /// Lists for a session that must be served at `at`.
    pub async fn list(&self, actor: &Actor, at: InstanceId, listing: Listing) -> Result<Listed, ReadError> {
        let query = match listing {
            Listing::Invites => Query::Invites,
            Listing::Friends => Query::Friends,
            Listing::Posts => Query::Posts,
            Listing::Groups => Query::Groups,
            Listing::Joined => Query::Joined,
            Listing::Blocked => Query::Blocked,
        };
        let rows = self.ask(query, &[&actor.session.0, &actor.account.0]).await?;
        let Some(row) = rows.first() else {
            return Ok(Listed::Rejected(Rejection::NotLoggedIn));
        };
        if let Some(rejection) = SessionStatus::of(row).rejection(at) {
            return Ok(Listed::Rejected(rejection));
        }
        let items: Vec<String> = row.get(2);
        Ok(if listing == Listing::Posts {
            Listed::Posts(posts(items))
        } else {
            Listed::Names(items)
        })
    }
}

/// How many groups somebody has to do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupCounts {
    /// They are in.
    pub joined: i64,
    /// They made, whatever became of these.
    pub created: i64,
}

impl Reader {
    /// How many groups the actor is in and has made.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn group_counts(&self, actor: &Actor) -> Result<GroupCounts, ReadError> {
        let rows = self.ask(Query::GroupCounts, &[&actor.account.0]).await?;
        Ok(rows
            .first()
            .map_or(GroupCounts { joined: 0, created: 0 }, |row| GroupCounts {
                joined: row.get(0),
                created: row.get(1),
            }))
    }
}

/// Authors and texts by turns.
fn posts(items: Vec<String>) -> Vec<PostLine> {
    let mut items = items.into_iter();
    std::iter::from_fn(|| {
        Some(PostLine {
            id: items.next()?,
            message: items.next()?,
        })
    })
    .collect()
}
