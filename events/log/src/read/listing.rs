//! The commands that only look: one question each, which also tells whether the session lives and sits here.

use serde::Serialize;
use tenfold_core::command::{Actor, Listing};
use tenfold_core::decide::Rejection;
use tenfold_core::ids::InstanceId;
use tenfold_core::protocol::PostLine;

use super::connection::Query;
use super::reader::{ReadError, Reader};
use super::session::SessionStatus;

/// A name of one character, as JSON, with a comma.
const SHORTEST_NAME: usize = 4;
/// What a byte of text may become in JSON: `\u001b`.
const JSON_OF_BYTE: usize = 6;
/// More than stands around the texts of an item.
const AROUND: usize = 32;

/// What a listing came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Not here, or not at all.
    Rejected(Rejection),
    /// Names, in the listing's order.
    Names(Items<String>),
    /// Posts, in the listing's order.
    Posts(Items<PostLine>),
}

/// As much of a list as is given out at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Items<T> {
    /// From the first one on.
    pub items: Vec<T>,
    /// There are more.
    pub is_cut: bool,
}

impl<T: Serialize> Items<T> {
    /// The database counts bytes of text; of JSON there may be more.
    /// `bytes` are an item's in the database: where it is plain from them that all fits, as it nearly always is, nothing is written as JSON only to
    /// be measured.
    fn within(mut items: Vec<T>, most: usize, is_cut: bool, bytes: impl Fn(&T) -> usize) -> Items<T> {
        let longest: usize = items.iter().map(|item| JSON_OF_BYTE * bytes(item) + AROUND).sum();
        if longest <= most {
            return Items { items, is_cut };
        }
        let mut left = most;
        let fits = |item: &&T| {
            left = left.saturating_sub(serde_json::to_vec(item).map_or(0, |json| json.len() + 1));
            left > 0
        };
        let count = items.iter().take_while(fits).count();
        let is_cut = is_cut || count < items.len();
        items.truncate(count);
        Items { items, is_cut }
    }
}

impl Reader {
    /// Lists for a session that must be served at `at`: items from the first one on, up to `most` bytes of a reply.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn list(
        &self,
        actor: &Actor,
        at: InstanceId,
        listing: Listing,
        most: usize,
    ) -> Result<Listed, ReadError> {
        let query = match listing {
            Listing::Invites => Query::Invites,
            Listing::Friends => Query::Friends,
            Listing::Posts => Query::Posts,
            Listing::Groups => Query::Groups,
            Listing::Joined => Query::Joined,
            Listing::Blocked => Query::Blocked,
        };
        // Posts are cut by their bytes in the database. Of names only so many are fetched as could be within them: a running sum costs each list time that it seldom needs.
        let limit = match listing {
            Listing::Posts => most,
            _ => most / SHORTEST_NAME + 1,
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.ask(query, &[&actor.session.0, &actor.account.0, &limit]).await?;
        let Some(row) = rows.first() else {
            return Ok(Listed::Rejected(Rejection::NotLoggedIn));
        };
        if let Some(rejection) = SessionStatus::of(row).rejection(at) {
            return Ok(Listed::Rejected(rejection));
        }
        let (items, is_cut): (Vec<String>, bool) = (row.get(2), row.get(3));
        Ok(if listing == Listing::Posts {
            Listed::Posts(Items::within(posts(items), most, is_cut, |post| {
                post.id.len() + post.message.len()
            }))
        } else {
            Listed::Names(Items::within(items, most, is_cut, String::len))
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
