//! Rows as lines of text, for checksums and for people.

use tenfold_core::facts::{Facts, PairState, Post};

/// One row: what it is about, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    /// What comes first in the order of lines; the same for all but posts.
    pub(super) rank: i64,
    /// What tells it from the others of its projection.
    pub(super) key: String,
    /// All else.
    pub(super) value: String,
}

/// Each kind of row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Projection {
    Account,
    Session,
    Seat,
    Pair,
    Post,
    Group,
    Membership,
    Instance,
}

impl Projection {
    pub(super) const ALL: [Projection; 8] = [
        Projection::Account,
        Projection::Session,
        Projection::Seat,
        Projection::Pair,
        Projection::Post,
        Projection::Group,
        Projection::Membership,
        Projection::Instance,
    ];

    /// How a difference calls a row of it.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Projection::Account => "account",
            Projection::Session => "session",
            Projection::Seat => "seat",
            Projection::Pair => "pair",
            Projection::Post => "post",
            Projection::Group => "group",
            Projection::Membership => "membership",
            Projection::Instance => "instance",
        }
    }
}

/// All rows of a projection in the order of their ranks and keys. Texts stand quoted, with their control characters
/// escaped, so that no text can look like two lines or like another row. Posts are most of all there is, and in order
/// already: their lines are made one by one.
pub(super) fn lines(facts: &Facts, projection: Projection) -> Box<dyn Iterator<Item = Line> + '_> {
    if projection == Projection::Post {
        return Box::new(facts.posts().map(post));
    }
    let mut lines: Vec<Line> = match projection {
        Projection::Account => collect(facts.accounts(), |account| {
            (
                account.id.to_string(),
                format!("named {:?} at position {}", account.name, account.position),
            )
        }),
        Projection::Session => collect(facts.sessions(), |session| {
            (
                session.id.to_string(),
                format!("of account {} since position {}", session.account, session.position),
            )
        }),
        Projection::Seat => collect(facts.seats(), |seat| {
            let key = format!("of session {}", seat.session);
            let place = format!("number {} of {} on instance {}", seat.number, seat.seats, seat.instance);
            (key, format!("{place}, account {}", seat.account))
        }),
        Projection::Pair => collect(facts.pairs(), |pair| {
            let state = match pair.state {
                PairState::Invited => "invited",
                PairState::Friends => "friends",
            };
            let value = format!("{state} since position {}, asked by {}", pair.position, pair.inviter);
            (format!("{} and {}", pair.key.low, pair.key.high), value)
        }),
        Projection::Post => facts.posts().map(post).collect(),
        Projection::Group => collect(facts.groups(), |group| {
            (
                group.id.to_string(),
                format!("named {:?} at position {}", group.name, group.position),
            )
        }),
        Projection::Membership => collect(facts.memberships(), |membership| {
            let key = format!("of account {} in group {}", membership.account, membership.group);
            (key, format!("since position {}", membership.position))
        }),
        Projection::Instance => collect(facts.instances(), |instance| {
            let called = format!(
                "called {:?}, at {:?} port {:?}",
                instance.reference, instance.host, instance.port
            );
            let value = format!(
                "{}, {} seats, {called}, position {}",
                instance.state.name(),
                instance.seats,
                instance.position
            );
            (instance.id.to_string(), value)
        }),
    };
    lines.sort_unstable();
    Box::new(lines.into_iter())
}

fn post(post: &Post) -> Line {
    Line {
        rank: post.position.0,
        key: format!("at position {}", post.position),
        value: format!("by account {}: {:?}", post.author, post.text),
    }
}

fn collect<'a, T: 'a>(rows: impl Iterator<Item = &'a T>, line: impl Fn(&T) -> (String, String)) -> Vec<Line> {
    rows.map(|row| {
        let (key, value) = line(row);
        Line { rank: 0, key, value }
    })
    .collect()
}
