//! Posts of the living.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::table::Rows;
use crate::ids::{AccountId, Position};

/// A post of a living account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// When; also its key.
    pub position: Position,
    /// By whom.
    pub author: AccountId,
    /// What.
    pub text: String,
}

impl Post {
    /// What tells it from other posts.
    pub fn key(&self) -> Position {
        self.position
    }
}

/// Posts in their order, and by author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Posts {
    rows: BTreeMap<Position, Post>,
    of: HashMap<AccountId, BTreeSet<Position>>,
}

impl Rows for Posts {
    type Row = Post;
    type Key = Position;

    fn put(&mut self, row: Post) {
        self.of.entry(row.author).or_default().insert(row.position);
        self.rows.insert(row.position, row);
    }

    fn remove(&mut self, key: &Position) {
        if let Some(post) = self.rows.remove(key)
            && let Some(positions) = self.of.get_mut(&post.author)
        {
            positions.remove(key);
            if positions.is_empty() {
                self.of.remove(&post.author);
            }
        }
    }

    fn remove_all_of(&mut self, account: AccountId) {
        for position in self.of.remove(&account).unwrap_or_default() {
            self.rows.remove(&position);
        }
    }

    fn get(&self, key: &Position) -> Option<&Post> {
        self.rows.get(key)
    }

    fn iter(&self) -> impl Iterator<Item = &Post> {
        self.rows.values()
    }
}
