//! What the rows of every projection can do in memory.

use crate::ids::AccountId;

/// The rows of one projection in memory, with the indexes that deciding and folding need.
pub(super) trait Rows {
    /// A row.
    type Row;
    /// What tells it from the others.
    type Key;

    /// Adds the row, or puts it in the place of the one that has its key.
    fn put(&mut self, row: Self::Row);
    /// Removes the row with that key, where there is one.
    fn remove(&mut self, key: &Self::Key);
    /// Removes all rows that belong to the account, where the projection has rows that go with an account.
    fn remove_all_of(&mut self, _account: AccountId) {}
    /// The row with that key.
    fn get(&self, key: &Self::Key) -> Option<&Self::Row>;
    /// All rows; in no order but for posts, which come oldest first.
    fn iter(&self) -> impl Iterator<Item = &Self::Row>;
}
