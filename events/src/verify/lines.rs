//! Rows as lines of text, for checksums and for people.

use tenfold_core::facts::{Facts, PairState};

/// One row: what it is about, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
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

/// All rows of a projection in the order of their keys. Texts stand quoted, with their control characters escaped,
/// so that no text can look like two lines or like another row.
pub(super) fn lines(facts: &Facts, projection: Projection) -> Vec<Line> {
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
        Projection::Post => collect(facts.posts(), |post| {
            (
                format!("at position {}", post.position),
                format!("by account {}: {:?}", post.author, post.text),
            )
        }),
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
    lines
}

fn collect<'a, T: 'a>(rows: impl Iterator<Item = &'a T>, line: impl Fn(&T) -> (String, String)) -> Vec<Line> {
    rows.map(|row| {
        let (key, value) = line(row);
        Line { key, value }
    })
    .collect()
}
