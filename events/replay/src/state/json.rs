//! What `state --json` prints, made of all rows.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use tenfold_core::facts::{Facts, PairState};
use tenfold_core::ids::{AccountId, GroupId, InstanceId, Position};

/// What `state --json` prints. Every list is sorted by what it shows, so that two states can be compared as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct State {
    /// The names of the living accounts.
    pub accounts: Vec<String>,
    /// Pairs of names, the lower first.
    pub friends: Vec<[String; 2]>,
    /// Invites that wait.
    pub invites: Vec<Invite>,
    /// Who blocks whom; left out where nobody does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Block>,
    /// Posts of living accounts.
    pub posts: Vec<Post>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Live sessions.
    pub sessions: Vec<Session>,
    /// All application servers there ever were.
    pub instances: Vec<Instance>,
    /// The position of the last event behind it; 0 before the first.
    pub position: Position,
}

/// An invite that waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Invite {
    /// Who invited.
    pub from: String,
    /// Whom.
    pub to: String,
}

/// Somebody who blocks somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Block {
    /// Who.
    pub blocker: String,
    /// Whom.
    pub blocked: String,
}

/// A post.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Post {
    /// By whom.
    pub author: String,
    /// What.
    pub message: String,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its members' names.
    pub members: Vec<String>,
}

/// A live session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Session {
    /// The name of its account.
    pub user: String,
    /// Where it is served, if anywhere.
    pub instance: Option<InstanceId>,
}

/// An application server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// The name of its state.
    pub state: &'static str,
    /// How many users sit there.
    pub users: usize,
}

impl State {
    /// The state that `facts`, which must be all there are at `position`, tell of.
    pub fn of(facts: &Facts, position: Position) -> State {
        State {
            accounts: sorted(facts.accounts().map(|account| account.name.clone())),
            friends: friends(facts),
            invites: invites(facts),
            blocks: sorted(facts.blocks().map(|block| Block {
                blocker: name(facts, block.blocker),
                blocked: name(facts, block.blocked),
            })),
            posts: sorted(facts.posts().map(|post| Post {
                author: name(facts, post.author),
                message: post.text.clone(),
            })),
            groups: groups(facts),
            sessions: sorted(facts.sessions().map(|session| Session {
                user: name(facts, session.account),
                instance: facts.seat_of(session.id).map(|seat| seat.instance),
            })),
            instances: instances(facts),
            position,
        }
    }
}

fn friends(facts: &Facts) -> Vec<[String; 2]> {
    let friends = facts.pairs().filter(|pair| pair.state == PairState::Friends);
    sorted(friends.map(|pair| {
        let mut names = [name(facts, pair.key.low), name(facts, pair.key.high)];
        names.sort_unstable();
        names
    }))
}

fn invites(facts: &Facts) -> Vec<Invite> {
    let invites = facts.pairs().filter(|pair| pair.state == PairState::Invited);
    sorted(invites.map(|pair| Invite {
        from: name(facts, pair.inviter),
        to: name(facts, pair.invitee()),
    }))
}

fn groups(facts: &Facts) -> Vec<Group> {
    let mut members: HashMap<GroupId, Vec<String>> = HashMap::new();
    for membership in facts.memberships() {
        members
            .entry(membership.group)
            .or_default()
            .push(name(facts, membership.account));
    }
    sorted(facts.groups().map(|group| Group {
        name: group.name.clone(),
        members: sorted(members.remove(&group.id).unwrap_or_default()),
    }))
}

fn instances(facts: &Facts) -> Vec<Instance> {
    let mut users: BTreeMap<InstanceId, usize> = BTreeMap::new();
    for seat in facts.seats() {
        *users.entry(seat.instance).or_default() += 1;
    }
    sorted(facts.instances().map(|instance| Instance {
        id: instance.id,
        state: instance.state.name(),
        users: users.get(&instance.id).copied().unwrap_or(0),
    }))
}

/// The account's name; its id where it has none, which only a damaged projection shows.
pub(super) fn name(facts: &Facts, account: AccountId) -> String {
    facts
        .account(account)
        .map_or_else(|| account.to_string(), |account| account.name.clone())
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort_unstable();
    items
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tenfold_core::event::Event;
    use uuid::Uuid;

    use super::*;
    use tenfold_core::ids::SessionId;

    #[test]
    fn the_json_is_the_contracts() {
        let (alice, bob) = (AccountId(Uuid::from_u128(2)), AccountId(Uuid::from_u128(1)));
        let instance = InstanceId(Uuid::from_u128(3));
        let group = GroupId(Uuid::from_u128(4));
        let session = |number| SessionId(Uuid::from_u128(number));
        let events = [
            Event::AccountRegistered {
                account: bob,
                name: "bob".into(),
            },
            Event::AccountRegistered {
                account: alice,
                name: "alice".into(),
            },
            Event::InstanceRequested {
                instance,
                seats: 10,
                reason: String::new(),
            },
            Event::SessionStarted {
                session: session(5),
                account: alice,
                waited_ms: None,
            },
            Event::SessionStarted {
                session: session(6),
                account: bob,
                waited_ms: None,
            },
            Event::SeatTaken {
                session: session(5),
                account: alice,
                instance,
                number: 0,
                seats: 10,
            },
            Event::InviteSent { from: alice, to: bob },
            Event::Posted {
                author: alice,
                text: "hi".into(),
            },
            Event::GroupCreated {
                group,
                name: "g".into(),
                creator: bob,
            },
        ];
        let mut facts = Facts::default();
        for (position, event) in (1..).zip(&events) {
            facts.apply(Position(position), position, event).unwrap();
        }
        let state = serde_json::to_value(State::of(&facts, Position(9))).unwrap();
        let id = instance.to_string();
        let expected = json!({
            "accounts": ["alice", "bob"],
            "friends": [],
            "invites": [{"from": "alice", "to": "bob"}],
            "posts": [{"author": "alice", "message": "hi"}],
            "groups": [{"name": "g", "members": ["bob"]}],
            "sessions": [{"user": "alice", "instance": id}, {"user": "bob", "instance": null}],
            "instances": [{"id": id, "state": "requested", "users": 1}],
            "position": 9,
        });
        assert_eq!(state, expected);
        facts
            .apply(Position(10), 10, &Event::InviteAccepted { by: bob, from: alice })
            .unwrap();
        assert_eq!(
            State::of(&facts, Position(10)).friends,
            [["alice".to_owned(), "bob".to_owned()]]
        );
    }
}
