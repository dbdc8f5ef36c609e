//! The list of projections, and everything that goes over it: rows of any of them, their keys, the changes that events make, and
//! [`Facts`], which holds them in memory.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::account::{Account, Accounts};
use super::block::{Block, Blocks};
use super::group::{Group, Groups};
use super::instance::{Instance, Instances};
use super::membership::{Membership, Memberships};
use super::pair::{Pair, PairKey, Pairs};
use super::post::{Post, Posts};
use super::seat::{Seat, Seats};
use super::session::{Session, Sessions};
use super::table::Rows;
use crate::ids::{AccountId, GroupId, InstanceId, Position, SessionId};

/// A row type of the list, for code that handles the rows of every projection alike.
pub trait Projected: Clone + Into<Row> + Send + Sync + 'static {
    /// Which projection it belongs to.
    const PROJECTION: Projection;
    /// What tells one row from the others.
    type Key: Copy + Send + Sync;

    /// The row, where it is of this type.
    fn of(row: &Row) -> Option<&Self>;
    /// The key, where it is of a row of this type.
    fn key_of(key: &Key) -> Option<Self::Key>;
    /// All rows of this type; in no order but for posts, which come oldest first.
    fn all(facts: &Facts) -> impl Iterator<Item = &Self>;
    /// The row with that key.
    fn find<'a>(facts: &'a Facts, key: &Self::Key) -> Option<&'a Self>;
}

macro_rules! projections {
    ($($(#[$doc:meta])* $row:ident ($key:ty) in $field:ident: $rows:ty;)*) => {
        /// Which projection a row belongs to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Projection {
            $($(#[$doc])* $row,)*
        }

        impl Projection {
            /// All of them, in the order in which most reading statements come to their tables: whoever locks several tables does
            /// it in this order.
            pub const ALL: [Projection; [$(stringify!($row)),*].len()] = [$(Projection::$row),*];
        }

        /// A row of any projection.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Row {
            $($(#[$doc])* $row($row),)*
        }

        impl Row {
            /// Which projection it belongs to.
            pub fn projection(&self) -> Projection {
                match self {
                    $(Row::$row(_) => Projection::$row,)*
                }
            }

            /// What tells it from the other rows.
            pub fn key(&self) -> Key {
                match self {
                    $(Row::$row(row) => Key::$row(row.key()),)*
                }
            }
        }

        $(impl From<$row> for Row {
            fn from(row: $row) -> Row {
                Row::$row(row)
            }
        }

        impl Projected for $row {
            const PROJECTION: Projection = Projection::$row;
            type Key = $key;

            fn of(row: &Row) -> Option<&$row> {
                if let Row::$row(row) = row { Some(row) } else { None }
            }

            fn key_of(key: &Key) -> Option<$key> {
                if let Key::$row(key) = key { Some(*key) } else { None }
            }

            fn all(facts: &Facts) -> impl Iterator<Item = &$row> {
                facts.$field.iter()
            }

            fn find<'a>(facts: &'a Facts, key: &$key) -> Option<&'a $row> {
                facts.$field.get(key)
            }
        })*

        /// The key of a row of any projection.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Key {
            $($(#[$doc])* $row($key),)*
        }

        impl Key {
            /// Which projection it belongs to.
            pub fn projection(&self) -> Projection {
                match self {
                    $(Key::$row(_) => Projection::$row,)*
                }
            }
        }

        /// A set of rows with the indexes that deciding and folding need. Some of the service's, or all.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Facts {
            $(pub(super) $field: $rows,)*
            versions: HashMap<Uuid, i64>,
        }

        impl Facts {
            /// Puts all rows of `other`.
            pub fn put_all_of(&mut self, other: &Facts) {
                $(other.$field.iter().for_each(|row| self.$field.put(row.clone()));)*
            }

            /// The row with that key, of whichever projection.
            pub fn row(&self, key: &Key) -> Option<Row> {
                match key {
                    $(Key::$row(key) => self.$field.get(key).cloned().map(Row::from),)*
                }
            }

            /// All rows of a projection; in no order but for posts, which come oldest first.
            pub fn rows(&self, projection: Projection) -> Vec<Row> {
                match projection {
                    $(Projection::$row => self.$field.iter().cloned().map(Row::from).collect(),)*
                }
            }

            /// The rows that are there now and will not be after the change.
            pub fn removed_by(&self, change: &Change) -> Vec<Row> {
                match change {
                    Change::Put(_) => Vec::new(),
                    Change::Remove(key) => self.row(key).into_iter().collect(),
                    Change::RemoveAllOf(projection, _) => {
                        let mut after = self.clone();
                        after.absorb(change.clone());
                        let mut removed = self.rows(*projection);
                        removed.retain(|row| after.row(&row.key()).is_none());
                        removed.sort_unstable_by_key(Row::key);
                        removed
                    }
                }
            }

            /// Carries a change out. Loading rows from a table is putting them.
            pub fn absorb(&mut self, change: Change) {
                match change {
                    $(Change::Put(Row::$row(row)) => self.$field.put(row),)*
                    $(Change::Remove(Key::$row(key)) => self.$field.remove(&key),)*
                    $(Change::RemoveAllOf(Projection::$row, account) => self.$field.remove_all_of(account),)*
                }
            }
        }
    };
}

projections! {
    /// Live sessions.
    Session(AccountId) in sessions: Sessions;
    /// Taken seats.
    Seat(SessionId) in seats: Seats;
    /// Friendships and open invites.
    Pair(PairKey) in pairs: Pairs;
    /// Who blocks whom.
    Block((AccountId, AccountId)) in blocks: Blocks;
    /// Who is in which group.
    Membership((GroupId, AccountId)) in memberships: Memberships;
    /// Groups.
    Group(GroupId) in groups: Groups;
    /// Living accounts.
    Account(AccountId) in accounts: Accounts;
    /// Posts of the living.
    Post(Position) in posts: Posts;
    /// Application servers.
    Instance(InstanceId) in instances: Instances;
}

/// One change that an event makes to the rows. Interpreters carry changes out on the rows in memory (here), on the projections'
/// tables, and in the history index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new row, or another state of the row with its key.
    Put(Row),
    /// The row with that key is gone.
    Remove(Key),
    /// All rows of the projection that belonged to the account are gone.
    RemoveAllOf(Projection, AccountId),
}

impl Change {
    /// A new row, or another state of the row with its key.
    pub fn put(row: impl Into<Row>) -> Change {
        Change::Put(row.into())
    }

    /// The projection that it changes.
    pub fn projection(&self) -> Projection {
        match self {
            Change::Put(row) => row.projection(),
            Change::Remove(key) => key.projection(),
            Change::RemoveAllOf(projection, _) => *projection,
        }
    }
}

impl Facts {
    /// The account with that id.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// The account that has that name now.
    pub fn account_named(&self, name: &str) -> Option<&Account> {
        self.accounts.named(name)
    }

    /// An account whose name `name` could be taken for, or has itself; among those that are known here.
    pub fn account_like(&self, name: &str) -> Option<&Account> {
        self.accounts.like(name)
    }

    /// A group whose name `name` could be taken for, or has itself; among those that are known here.
    pub fn group_like(&self, name: &str) -> Option<&Group> {
        self.groups.like(name)
    }

    /// The account that has that name now, for `whoever` types it: for whom somebody has blocked, nobody is called so.
    pub fn account_seen_by(&self, whoever: AccountId, name: &str) -> Option<&Account> {
        self.account_named(name)
            .filter(|account| self.block(account.id, whoever).is_none())
    }

    /// The account's live session.
    pub fn session_of(&self, account: AccountId) -> Option<&Session> {
        self.sessions.get(&account)
    }

    /// Where the session is served.
    pub fn seat_of(&self, session: SessionId) -> Option<&Seat> {
        self.seats.get(&session)
    }

    /// The numbers of the seats that are taken on the server, also by people whose rows are not loaded.
    pub(super) fn taken_numbers(&self, instance: InstanceId) -> Option<&BTreeSet<u16>> {
        self.seats.taken_on(instance)
    }

    /// Marks a seat as taken by somebody whose row isn't loaded.
    pub fn mark_taken(&mut self, instance: InstanceId, number: u16) {
        self.seats.mark_taken(instance, number);
    }

    /// What two people are to each other.
    pub fn pair(&self, one: AccountId, other: AccountId) -> Option<&Pair> {
        self.pairs.get(&PairKey::of(one, other))
    }

    /// That the one blocks the other.
    pub fn block(&self, blocker: AccountId, blocked: AccountId) -> Option<&Block> {
        self.blocks.get(&(blocker, blocked))
    }

    /// The group of that name.
    pub fn group_named(&self, name: &str) -> Option<&Group> {
        self.groups.named(name)
    }

    /// The group with that id.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// The post at that position.
    pub fn post(&self, position: Position) -> Option<&Post> {
        self.posts.get(&position)
    }

    /// What makes the account a member of the group.
    pub fn membership(&self, group: GroupId, account: AccountId) -> Option<&Membership> {
        self.memberships.get(&(group, account))
    }

    /// Whether the account is in the group.
    pub fn is_member(&self, group: GroupId, account: AccountId) -> bool {
        self.membership(group, account).is_some()
    }

    /// The application server with that id.
    pub fn instance(&self, id: InstanceId) -> Option<&Instance> {
        self.instances.get(&id)
    }

    /// The version of the stream's last event; 0 before its first.
    pub fn version(&self, stream: Uuid) -> i64 {
        self.versions.get(&stream).copied().unwrap_or(0)
    }

    /// Tells the version of a stream whose events are not folded here but whose rows were loaded.
    pub fn set_version(&mut self, stream: Uuid, version: i64) {
        self.versions.insert(stream, version);
    }

    /// All accounts, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter()
    }

    /// All live sessions, in no order.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.iter()
    }

    /// All taken seats, in no order.
    pub fn seats(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter()
    }

    /// All friendships and open invites, in no order.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter()
    }

    /// All blocks, in no order.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter()
    }

    /// All posts, oldest first.
    pub fn posts(&self) -> impl Iterator<Item = &Post> {
        self.posts.iter()
    }

    /// All groups, in no order.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter()
    }

    /// All memberships, in no order.
    pub fn memberships(&self) -> impl Iterator<Item = &Membership> {
        self.memberships.iter()
    }

    /// All application servers there ever were, in no order.
    pub fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.instances.iter()
    }
}
