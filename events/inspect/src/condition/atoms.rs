//! What a condition is made of.

use tenfold_core::facts::{Account, Facts, PairState};
use tenfold_core::ids::{AccountId, GroupId, Position};
use uuid::Uuid;

/// Something that is so or not so at every position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The other is not so.
    Not(Box<Condition>),
    /// Both are so.
    And(Box<Condition>, Box<Condition>),
    /// One of them is so, or both.
    Or(Box<Condition>, Box<Condition>),
    /// Something that is looked up.
    Atom(Atom),
}

/// What can be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Atom {
    /// No rule of the service is broken.
    Invariant,
    /// Some server has more users than seats, or a seat that it has not.
    SeatsOverLimit,
    /// An account of that name lives.
    Exists(Who),
    /// It has a live session.
    Online(Who),
    /// Two are friends.
    Friends(Who, Who),
    /// The first has invited the second, who has not accepted yet.
    Invited(Who, Who),
    /// Somebody is in a group.
    Member(Who, Who),
    /// Somebody is shown a post when they ask for posts.
    Sees(Who, Wanted),
}

/// A name or an id. A name means whoever has it at the moment that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who(pub String);

/// Which post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The one at that position.
    At(Position),
    /// Any in which this stands.
    Saying(String),
}

impl Who {
    fn id(&self) -> Option<Uuid> {
        self.0.parse().ok()
    }

    /// Who that is now.
    pub(crate) fn account<'a>(&self, facts: &'a Facts) -> Option<&'a Account> {
        let by_id = || self.id().and_then(|id| facts.account(AccountId(id)));
        facts.account_named(&self.0).or_else(by_id)
    }

    pub(super) fn group(&self, facts: &Facts) -> Option<GroupId> {
        let by_id = || self.id().and_then(|id| facts.group(GroupId(id)));
        facts.group_named(&self.0).or_else(by_id).map(|group| group.id)
    }
}

impl Condition {
    /// Every atom in it, from left to right.
    pub fn atoms(&self) -> Vec<&Atom> {
        match self {
            Condition::Not(inner) => inner.atoms(),
            Condition::And(one, other) | Condition::Or(one, other) => [one.atoms(), other.atoms()].concat(),
            Condition::Atom(atom) => vec![atom],
        }
    }
}

impl Atom {
    /// Whose names stand in it.
    pub fn people(&self) -> Vec<&Who> {
        match self {
            Atom::Invariant | Atom::SeatsOverLimit => Vec::new(),
            Atom::Exists(who) | Atom::Online(who) | Atom::Member(who, _) | Atom::Sees(who, _) => vec![who],
            Atom::Friends(one, other) | Atom::Invited(one, other) => vec![one, other],
        }
    }
}

/// Whether two people are friends.
pub(super) fn are_friends(facts: &Facts, one: AccountId, other: AccountId) -> bool {
    facts
        .pair(one, other)
        .is_some_and(|pair| pair.state == PairState::Friends)
}
