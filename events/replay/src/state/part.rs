//! The state of one user, group or application server, as people and other programs read it.

use std::io::{self, Write};

use serde::Serialize;
use tenfold_core::facts::{Facts, Pair, PairState};
use tenfold_core::ids::{AccountId, GroupId, InstanceId, Position, SessionId};
use uuid::Uuid;

use super::json::{Post, name};
use tenfold_core::escape::escaped;

/// What `state --user`, `--group` and `--instance` print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Part {
    /// Somebody.
    User(Box<User>),
    /// A group.
    Group(Group),
    /// An application server.
    Instance(Instance),
}

/// Somebody, with every list in the order in which the service shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// The name.
    pub user: String,
    /// The account's id.
    pub id: AccountId,
    /// Where it was registered.
    pub registered: Position,
    /// The live session, if there is one.
    pub session: Option<SessionId>,
    /// Where it is served, if anywhere.
    pub instance: Option<InstanceId>,
    /// As `list-friend` shows them.
    pub friends: Vec<String>,
    /// Who has invited the user, as `list-invite` shows them.
    pub invited_by: Vec<String>,
    /// Whom the user has invited, oldest invite first.
    pub invited: Vec<String>,
    /// As `list-blocked` shows them; left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<String>,
    /// Who blocks the user, oldest block first, which no command shows; left out where nobody does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<String>,
    /// As `list-joined` shows them.
    pub groups: Vec<String>,
    /// What the user has posted, oldest first.
    pub posts: Vec<String>,
    /// As `receive-post` shows them.
    pub receives: Vec<Post>,
    /// The position of the last event behind it.
    pub position: Position,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Its name.
    pub group: String,
    /// Its id.
    pub id: GroupId,
    /// Where it was made.
    pub created: Position,
    /// Its members, in the order in which they joined.
    pub members: Vec<String>,
    /// The position of the last event behind it.
    pub position: Position,
}

/// An application server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Instance {
    /// Its id.
    pub instance: InstanceId,
    /// The name of its state.
    pub state: &'static str,
    /// How many seats it has.
    pub seats: u16,
    /// Where it was requested.
    pub requested: Position,
    /// Who sits there, by seat.
    pub users: Vec<String>,
    /// The position of the last event behind it.
    pub position: Position,
}

impl Part {
    /// The part that is about the account, group or application server of that id; `None` where `facts`, which must
    /// hold all that is about it, have none of that id.
    pub fn of(facts: &Facts, id: Uuid, position: Position) -> Option<Part> {
        let (account, group, instance) = (AccountId(id), GroupId(id), InstanceId(id));
        if facts.account(account).is_some() {
            return user(facts, account, position).map(|user| Part::User(Box::new(user)));
        }
        if let Some(row) = facts.group(group) {
            let members = facts.memberships().filter(|row| row.group == group);
            return Some(Part::Group(Group {
                group: row.name.clone(),
                id: group,
                created: row.position,
                members: in_order(members.map(|row| (row.position, name(facts, row.account)))),
                position,
            }));
        }
        let row = facts.instance(instance)?;
        let seats = facts.seats().filter(|seat| seat.instance == instance);
        Some(Part::Instance(Instance {
            instance,
            state: row.state.name(),
            seats: row.seats,
            requested: row.position,
            users: in_order(seats.map(|seat| (seat.number, name(facts, seat.account)))),
            position,
        }))
    }

    /// Writes it for people.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    pub fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Part::User(user) => user.write_text(out),
            Part::Group(group) => {
                let Group { created, position, .. } = group;
                writeln!(out, "Group {} at position {position}", escaped(&group.group))?;
                writeln!(out, "  id       {}\n  created  at position {created}", group.id)?;
                list(out, "Members", &group.members)
            }
            Part::Instance(instance) => {
                let Instance {
                    state,
                    seats,
                    requested,
                    ..
                } = instance;
                writeln!(out, "Instance {} at position {}", instance.instance, instance.position)?;
                writeln!(
                    out,
                    "  state      {state}\n  seats      {seats}\n  requested  at position {requested}"
                )?;
                list(out, "Users", &instance.users)
            }
        }
    }
}

impl User {
    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "User {} at position {}", escaped(&self.user), self.position)?;
        writeln!(out, "  id          {}", self.id)?;
        writeln!(out, "  registered  at position {}", self.registered)?;
        match (self.session, self.instance) {
            (None, _) => writeln!(out, "  offline")?,
            (Some(session), None) => writeln!(out, "  online      session {session}, without a seat")?,
            (Some(session), Some(instance)) => writeln!(out, "  online      session {session}, on {instance}")?,
        }
        list(out, "Friends", &self.friends)?;
        list(out, "Invited by", &self.invited_by)?;
        list(out, "Has invited", &self.invited)?;
        for (heading, names) in [("Blocks", &self.blocks), ("Blocked by", &self.blocked_by)] {
            if !names.is_empty() {
                list(out, heading, names)?;
            }
        }
        list(out, "Groups", &self.groups)?;
        list(out, "Posts", &self.posts)?;
        let receives: Vec<String> = self
            .receives
            .iter()
            .map(|post| format!("{}: {}", post.author, post.message))
            .collect();
        list(out, "Sees the posts", &receives)
    }
}

fn list(out: &mut impl Write, heading: &str, items: &[String]) -> io::Result<()> {
    writeln!(out, "\n{heading} ({})", items.len())?;
    items.iter().try_for_each(|item| writeln!(out, "  {}", escaped(item)))
}

fn user(facts: &Facts, account: AccountId, position: Position) -> Option<User> {
    let row = facts.account(account)?;
    let session = facts.session_of(account).map(|session| session.id);
    let friends = friends(facts, account);
    let memberships = facts.memberships().filter(|row| row.account == account);
    let group = |id| {
        facts
            .group(id)
            .map_or_else(|| id.to_string(), |group| group.name.clone())
    };
    let posts_of = |author| facts.posts().filter(move |post| post.author == author);
    Some(User {
        user: row.name.clone(),
        id: account,
        registered: row.position,
        session,
        instance: session
            .and_then(|session| facts.seat_of(session))
            .map(|seat| seat.instance),
        friends: friends.iter().map(|friend| name(facts, *friend)).collect(),
        invited_by: named(facts, pairs(facts, account, PairState::Invited, Side::Invitee)),
        invited: named(facts, pairs(facts, account, PairState::Invited, Side::Inviter)),
        blocks: in_order(
            facts
                .blocks()
                .filter(|row| row.blocker == account)
                .map(|row| (row.position, name(facts, row.blocked))),
        ),
        blocked_by: in_order(
            facts
                .blocks()
                .filter(|row| row.blocked == account)
                .map(|row| (row.position, name(facts, row.blocker))),
        ),
        groups: in_order(memberships.map(|row| (row.position, group(row.group)))),
        posts: posts_of(account).map(|post| post.text.clone()).collect(),
        receives: friends
            .iter()
            .flat_map(|friend| posts_of(*friend))
            .map(|post| Post {
                author: name(facts, post.author),
                message: post.text.clone(),
            })
            .collect(),
        position,
    })
}

/// Those whose invite one accepted, then those who accepted one's own; each oldest first.
fn friends(facts: &Facts, account: AccountId) -> Vec<AccountId> {
    let accepted = pairs(facts, account, PairState::Friends, Side::Invitee);
    [accepted, pairs(facts, account, PairState::Friends, Side::Inviter)].concat()
}

/// On which side of an invite one stands, or stood.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Inviter,
    Invitee,
}

/// The others of one's pairs, oldest first.
fn pairs(facts: &Facts, me: AccountId, state: PairState, side: Side) -> Vec<AccountId> {
    let other = |pair: &Pair| match side {
        Side::Inviter => (pair.inviter == me).then_some(pair.invitee()),
        Side::Invitee => (pair.invitee() == me).then_some(pair.inviter),
    };
    let pairs = facts.pairs().filter(|pair| pair.state == state);
    in_order(pairs.filter_map(|pair| Some((pair.position, other(pair)?))))
}

fn named(facts: &Facts, accounts: Vec<AccountId>) -> Vec<String> {
    accounts.into_iter().map(|account| name(facts, account)).collect()
}

fn in_order<K: Ord, T>(items: impl Iterator<Item = (K, T)>) -> Vec<T> {
    let mut items: Vec<(K, T)> = items.collect();
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    items.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tenfold_core::event::Event;

    use super::*;

    fn account(number: u128) -> AccountId {
        AccountId(Uuid::from_u128(number))
    }

    fn facts() -> Facts {
        let (group, instance, session) = (
            GroupId(Uuid::from_u128(8)),
            InstanceId(Uuid::from_u128(9)),
            SessionId(Uuid::from_u128(7)),
        );
        let named = [(1, "ann"), (2, "bob"), (3, "cid"), (4, "dan")];
        let mut events: Vec<Event> = named
            .map(|(number, name)| Event::AccountRegistered {
                account: account(number),
                name: name.into(),
            })
            .into();
        let befriend = |from, by| {
            let (from, by) = (account(from), account(by));
            [Event::InviteSent { from, to: by }, Event::InviteAccepted { by, from }]
        };
        events.extend(befriend(1, 2));
        events.extend(befriend(3, 1));
        events.extend([
            Event::InviteSent {
                from: account(4),
                to: account(1),
            },
            Event::Posted {
                author: account(3),
                text: "hi\u{1b}".into(),
            },
            Event::Posted {
                author: account(4),
                text: "not for ann".into(),
            },
            Event::Posted {
                author: account(1),
                text: "mine".into(),
            },
            Event::GroupCreated {
                group,
                name: "readers".into(),
                creator: account(2),
            },
            Event::GroupJoined {
                group,
                account: account(1),
            },
            Event::InstanceRequested {
                instance,
                seats: 10,
                reason: String::new(),
            },
            Event::SessionStarted {
                session,
                account: account(1),
                waited_ms: None,
            },
            Event::SeatTaken {
                session,
                account: account(1),
                instance,
                number: 0,
                seats: 10,
            },
        ]);
        let mut facts = Facts::default();
        for (position, event) in (1..).zip(&events) {
            facts.apply(Position(position), position, event).unwrap();
        }
        facts
    }

    #[test]
    fn somebody_is_shown_as_the_service_shows_them() {
        let part = Part::of(&facts(), account(1).0, Position(17)).unwrap();
        let expected = json!({
            "user": "ann", "id": account(1), "registered": 1,
            "session": Uuid::from_u128(7), "instance": Uuid::from_u128(9),
            "friends": ["cid", "bob"], "invited_by": ["dan"], "invited": [], "groups": ["readers"],
            "posts": ["mine"], "receives": [{"author": "cid", "message": "hi\u{1b}"}], "position": 17,
        });
        assert_eq!(serde_json::to_value(&part).unwrap(), expected);
        let mut text = Vec::new();
        part.write_text(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with("User ann at position 17\n"), "{text}");
        assert!(text.contains("Sees the posts (1)\n  cid: hi\\u{1b}\n"), "{text}");
    }

    #[test]
    fn a_group_and_a_server_show_who_is_there() {
        let facts = facts();
        let Some(Part::Group(group)) = Part::of(&facts, Uuid::from_u128(8), Position(17)) else {
            panic!("the group is there");
        };
        assert_eq!(
            (group.group.as_str(), group.members),
            ("readers", vec!["bob".to_owned(), "ann".to_owned()])
        );
        let Some(Part::Instance(instance)) = Part::of(&facts, Uuid::from_u128(9), Position(17)) else {
            panic!("the server is there");
        };
        assert_eq!((instance.state, instance.users), ("requested", vec!["ann".to_owned()]));
        assert_eq!(Part::of(&facts, Uuid::from_u128(99), Position(17)), None);
    }
}
