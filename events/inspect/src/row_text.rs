//! What this crate knows of the rows of each projection: how a row is shown where it changes (`show`), and how and in which panel
//! it is shown (`travel`). A new projection does not compile before it has its text here.

use std::collections::BTreeMap;

use tenfold_core::escape::escaped;
use tenfold_core::facts::{Change, Facts, Pair, PairState, Row};
use tenfold_core::ids::Position;
use tenfold_replay::history::{Item, Table};
use uuid::Uuid;

use crate::names::{Names, short};
use crate::text::quoted;

/// The name of the row's list, and what the row says.
fn row_text(row: &Row, names: &Names) -> (&'static str, String) {
    match row {
        Row::Account(account) => (
            "accounts",
            format!("{} ({})", escaped(&account.name), short(account.id.0)),
        ),
        Row::Session(session) => {
            let account = names.account(session.account);
            ("sessions", format!("{} of {account}", short(session.id.0)))
        }
        Row::Seat(seat) => {
            let (account, server) = (names.account(seat.account), names.server(seat.instance));
            let text = format!("{account} on {server}, seat {} of {}", seat.number + 1, seat.seats);
            ("seats", text)
        }
        Row::Pair(pair) => ("pairs", pair_text(pair, names)),
        Row::Post(post) => {
            let text = format!("{}: {}", names.account(post.author), quoted(&post.text));
            ("posts", text)
        }
        Row::Group(group) => ("groups", escaped(&group.name).into_owned()),
        Row::Block(row) => {
            let (blocker, blocked) = (names.account(row.blocker), names.account(row.blocked));
            ("blocks", format!("{blocker} blocks {blocked} (since {})", row.position))
        }
        Row::Membership(row) => {
            let text = format!("{} in {}", names.account(row.account), names.group(row.group));
            ("members", text)
        }
        Row::Instance(instance) => {
            let text = format!("{} {}", names.server(instance.id), instance.state.name());
            ("servers", text)
        }
    }
}

fn pair_text(pair: &Pair, names: &Names) -> String {
    let (inviter, invitee) = (names.account(pair.inviter), names.account(pair.invitee()));
    match pair.state {
        PairState::Invited => format!("{inviter} has invited {invitee} (since {})", pair.position),
        PairState::Friends => format!("{inviter} and {invitee} are friends (since {})", pair.position),
    }
}

/// The accounts and groups in a row, which have names.
pub(crate) fn named_ids(row: &Row) -> Vec<Uuid> {
    match row {
        Row::Account(account) => vec![account.id.0],
        Row::Session(session) => vec![session.account.0],
        Row::Seat(seat) => vec![seat.account.0],
        Row::Pair(pair) => vec![pair.key.low.0, pair.key.high.0],
        Row::Post(post) => vec![post.author.0],
        Row::Group(group) => vec![group.id.0],
        Row::Block(row) => vec![row.blocker.0, row.blocked.0],
        Row::Membership(row) => vec![row.account.0, row.group.0],
        Row::Instance(_) => Vec::new(),
    }
}

/// What a change makes of the rows `before` it, a line each: behind a plus a new row, behind a minus one that is gone, else the row
/// as it was and as it is.
pub fn changed(before: &Facts, change: &Change, names: &Names) -> Vec<String> {
    let Change::Put(row) = change else {
        let removed = before.removed_by(change);
        let lines = removed.iter().map(|row| row_text(row, names));
        return lines.map(|(list, text)| format!("{list}: - {text}")).collect();
    };
    let (list, now) = row_text(row, names);
    vec![match before.row(&row.key()) {
        Some(old) => format!("{list}: {} -> {now}", row_text(&old, names).1),
        None => format!("{list}: + {now}"),
    }]
}

/// The panels of `travel`, by their titles and the tables they show; the rows of the first are counted. The first four panels stand
/// above the event, the others below.
pub(crate) const PANELS: [(&str, &[Table]); 7] = [
    ("Accounts", &[Table::Account]),
    ("Friends", &[Table::Friendship, Table::Block]),
    ("Invites", &[Table::Invite]),
    ("Posts", &[Table::Post]),
    ("Groups", &[Table::Group, Table::Membership]),
    ("Sessions", &[Table::Session, Table::Seat]),
    ("Servers", &[Table::Instance]),
];

/// What the text of an item says besides the item itself.
#[derive(Debug, Default)]
pub(crate) struct Details {
    /// Where accounts sit.
    pub(crate) seats: BTreeMap<Uuid, Uuid>,
    /// How many seats of a server are taken.
    pub(crate) taken: BTreeMap<Uuid, usize>,
    /// How many members a group has.
    pub(crate) members: BTreeMap<Uuid, usize>,
}

/// A row as a panel shows it; `posts` are the texts of posts by their positions.
pub(crate) fn item_text(item: &Item, details: &Details, names: &Names, posts: &BTreeMap<Position, String>) -> String {
    match item {
        Item::Account { account, .. } => names.account(*account),
        Item::Session { account, .. } => match details.seats.get(&account.0) {
            Some(instance) => format!("{} on {}", names.account(*account), short(*instance)),
            None => names.account(*account),
        },
        Item::Seat {
            account,
            instance,
            number,
            ..
        } => format!(
            "{} on {}, seat {}",
            names.account(*account),
            short(instance.0),
            number + 1
        ),
        Item::Invite { from, to, .. } => format!("{} → {}", names.account(*from), names.account(*to)),
        Item::Friendship { inviter, invitee, .. } => {
            format!("{} – {}", names.account(*inviter), names.account(*invitee))
        }
        Item::Block { blocker, blocked, .. } => {
            format!("{} blocks {}", names.account(*blocker), names.account(*blocked))
        }
        Item::Group { group, name, .. } => {
            format!("{}: {}", escaped(name), details.members.get(&group.0).unwrap_or(&0))
        }
        Item::Membership { group, account, .. } => {
            format!("{} in {}", names.account(*account), names.group(*group))
        }
        Item::Instance {
            instance, state, seats, ..
        } => {
            let taken = details.taken.get(&instance.0).unwrap_or(&0);
            format!("{} {} {taken}/{seats}", short(instance.0), state.name())
        }
        Item::Post { author, position } => {
            let text = posts.get(position).map(|text| escaped(text)).unwrap_or_default();
            format!("{}: {text}", names.account(*author))
        }
    }
}

#[cfg(test)]
mod tests {
    use tenfold_core::event::Event;
    use tenfold_core::ids::AccountId;
    use tenfold_synthetic::{Shape, Synthetic};

    use super::*;

    #[test]
    fn every_table_has_a_panel() {
        for table in Table::ALL {
            let panels = PANELS.iter().filter(|(_, tables)| tables.contains(&table));
            assert_eq!(panels.count(), 1, "{table:?}");
        }
    }

    #[test]
    fn every_row_that_comes_changes_or_goes_is_a_line() {
        let (mut facts, mut names) = (Facts::default(), Names::default());
        for recorded in Synthetic::new(Shape::dense(7)).take(2000) {
            names.follow(&recorded.event);
            let changes = facts.changes(recorded.position, &recorded.event).unwrap();
            let lines: Vec<String> = changes
                .iter()
                .flat_map(|change| changed(&facts, change, &names))
                .collect();
            let is_put = |change: &&Change| matches!(change, Change::Put(_));
            assert!(lines.len() >= changes.iter().filter(is_put).count(), "{lines:?}");
            if matches!(recorded.event, Event::AccountDeleted { .. }) {
                assert!(lines.iter().all(|line| line.contains(": - ")), "{lines:?}");
            }
            facts
                .apply(recorded.position, recorded.version, &recorded.event)
                .unwrap();
        }
    }

    #[test]
    fn a_row_that_changes_is_told_as_it_was_and_as_it_is() {
        let (ann, bob) = (AccountId(Uuid::from_u128(1)), AccountId(Uuid::from_u128(2)));
        let (mut facts, mut names) = (Facts::default(), Names::default());
        for (account, name) in [(ann, "ann"), (bob, "bob")] {
            let name = name.to_owned();
            names.follow(&Event::AccountRegistered { account, name });
        }
        let invited = Event::InviteSent { from: ann, to: bob };
        let changes = facts.apply(Position(5), 1, &invited).unwrap();
        let line = changed(&Facts::default(), &changes[0], &names);
        assert_eq!(line, ["pairs: + ann has invited bob (since 5)"]);
        let accepted = facts
            .changes(Position(6), &Event::InviteAccepted { by: bob, from: ann })
            .unwrap();
        let line = changed(&facts, &accepted[0], &names);
        let expected = "pairs: ann has invited bob (since 5) -> ann and bob are friends (since 6)";
        assert_eq!(line, [expected]);
    }
}
