//! The index without a log: what it makes of events must be what the fold makes of them.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use tenfold_core::event::Recorded;
use tenfold_core::facts::{Facts, PairState};
use tenfold_core::ids::Position;

use super::builder::Builder;
use super::head::LastEvent;
use super::store::Store;
use super::{Direction, History, Item, Table, View};
use crate::fold::Entry;
use tenfold_synthetic::{Shape, Synthetic};

fn log(seed: u64, events: usize) -> Vec<Recorded> {
    Synthetic::new(Shape::dense(seed)).take(events).collect()
}

/// Takes the log in, with a commit and a new beginning after each of `parts` events.
fn index(folder: &Path, log: &[Recorded], parts: usize) -> History {
    for part in log.chunks(parts.max(1)) {
        let mut builder = Builder::on(Store::open_or_make(folder, 0).unwrap()).unwrap();
        for recorded in part {
            let entry = Entry {
                position: recorded.position,
                version: recorded.version,
                event: recorded.event.clone(),
            };
            builder.take(&entry).unwrap();
        }
        let last = part.last().unwrap();
        let last = LastEvent {
            position: last.position,
            id: last.id.0,
        };
        builder.commit(Some(last)).unwrap();
    }
    let store = Store::open(folder).unwrap().unwrap();
    History {
        folder: folder.into(),
        store: Arc::new(store),
    }
}

/// All rows of the fold, as the index tells rows.
fn wanted(facts: &Facts) -> BTreeMap<Table, Vec<Item>> {
    let accounts = facts.accounts().map(|row| Item::Account {
        account: row.id,
        position: row.position,
    });
    let sessions = facts.sessions().map(|row| Item::Session {
        account: row.account,
        session: row.id,
        position: row.position,
    });
    let seats = facts.seats().map(|row| Item::Seat {
        account: row.account,
        session: row.session,
        instance: row.instance,
        number: row.number,
    });
    let pairs = facts.pairs().map(|pair| match pair.state {
        PairState::Invited => Item::Invite {
            from: pair.inviter,
            to: pair.invitee(),
            position: pair.position,
        },
        PairState::Friends => Item::Friendship {
            inviter: pair.inviter,
            invitee: pair.invitee(),
            position: pair.position,
        },
    });
    let blocks = facts.blocks().map(|row| Item::Block {
        blocker: row.blocker,
        blocked: row.blocked,
        position: row.position,
    });
    let groups = facts.groups().map(|row| Item::Group {
        group: row.id,
        name: row.name.clone(),
        position: row.position,
    });
    let memberships = facts.memberships().map(|row| Item::Membership {
        group: row.group,
        account: row.account,
        position: row.position,
    });
    let instances = facts.instances().map(|row| Item::Instance {
        instance: row.id,
        state: row.state,
        seats: row.seats,
        position: row.position,
    });
    let posts = facts.posts().map(|row| Item::Post {
        author: row.author,
        position: row.position,
    });
    let all = accounts.chain(sessions).chain(seats).chain(pairs).chain(groups);
    by_table(all.chain(blocks).chain(memberships).chain(instances).chain(posts))
}

fn found(view: &View) -> BTreeMap<Table, Vec<Item>> {
    let newest = |table| {
        let items = view.newest(table, None, usize::MAX).unwrap();
        assert_eq!(items.len(), view.count(table), "{table:?}");
        items
    };
    by_table(Table::ALL.into_iter().flat_map(newest))
}

fn by_table(items: impl Iterator<Item = Item>) -> BTreeMap<Table, Vec<Item>> {
    let mut tables: BTreeMap<Table, Vec<Item>> = BTreeMap::new();
    for item in items {
        tables.entry(item.table()).or_default().push(item);
    }
    tables
        .values_mut()
        .for_each(|items| items.sort_by_key(|item| format!("{item:?}")));
    tables
}

/// The facts after each number of events.
fn folds(log: &[Recorded]) -> impl Iterator<Item = (u64, Position, Facts)> {
    let begin = (0, Position::START, Facts::default());
    let rest = log.iter().scan(Facts::default(), |facts, recorded| {
        facts
            .apply(recorded.position, recorded.version, &recorded.event)
            .unwrap();
        Some((recorded.position, facts.clone()))
    });
    std::iter::once(begin).chain(
        rest.zip(1..)
            .map(|((position, facts), ordinal)| (ordinal, position, facts)),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn a_view_is_the_fold_at_every_event_however_one_comes_there(
        seed: u64, parts in 1..700_usize, jumps in prop::collection::vec(0.0..=1.0_f64, 8)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let log = log(seed, 600);
        let history = index(folder.path(), &log, parts);
        let folds: Vec<_> = folds(&log).collect();
        let mut walking = history.at(Position::START).unwrap();
        for (ordinal, position, facts) in &folds {
            prop_assert_eq!(walking.ordinal(), *ordinal);
            prop_assert_eq!(walking.position(), *position);
            prop_assert_eq!(found(&walking), wanted(facts));
            walking.forward().unwrap();
        }
        prop_assert!(!walking.forward().unwrap(), "nothing follows the end");
        for (_, position, facts) in folds.iter().rev() {
            prop_assert_eq!(found(&walking), wanted(facts));
            prop_assert_eq!(&found(&history.at(*position).unwrap()), &found(&walking));
            walking.back().unwrap();
        }
        prop_assert!(!walking.back().unwrap(), "nothing comes before the beginning");
        for jump in jumps {
            let to = (jump * log.len() as f64) as usize;
            walking.look_up(to as u64).unwrap();
            prop_assert_eq!(found(&walking), wanted(&folds[to].2));
            walking.go_to(to as u64 / 2).unwrap();
            prop_assert_eq!(found(&walking), wanted(&folds[to / 2].2));
        }
    }

    #[test]
    fn a_step_tells_what_lies_between_two_events(seed: u64) {
        let folder = tempfile::tempdir().unwrap();
        let log = log(seed, 400);
        let history = index(folder.path(), &log, 100);
        let mut view = history.at(Position::START).unwrap();
        let mut before: Vec<Item> = Vec::new();
        while view.forward().unwrap() {
            let after: Vec<Item> = found(&view).into_values().flatten().collect();
            let step = view.step().unwrap();
            prop_assert_eq!(&step, &history.step(view.position()).unwrap());
            let born = after.iter().filter(|item| !before.contains(item));
            let died = before.iter().filter(|item| !after.contains(item));
            let set = |items: Vec<Item>| items.into_iter().collect::<std::collections::HashSet<_>>();
            prop_assert_eq!(set(step.born), set(born.cloned().collect()));
            prop_assert_eq!(set(step.died), set(died.cloned().collect()));
            before = after;
        }
    }

    #[test]
    fn questions_are_answered_as_the_fold_answers_them(seed: u64) {
        let folder = tempfile::tempdir().unwrap();
        let log = log(seed, 500);
        let history = index(folder.path(), &log, 500);
        let (_, position, facts) = folds(&log).last().unwrap();
        let view = history.at(position).unwrap();
        let accounts: Vec<_> = facts.accounts().map(|account| account.id).collect();
        for one in &accounts {
            prop_assert!(view.lives(*one).unwrap());
            prop_assert_eq!(view.online(*one).unwrap(), facts.session_of(*one).is_some());
            let seat = facts.session_of(*one).and_then(|session| facts.seat_of(session.id));
            prop_assert_eq!(view.seat(*one).unwrap(), seat.map(|seat| seat.instance));
            for other in &accounts {
                let pair = facts.pair(*one, *other);
                let friends = pair.is_some_and(|pair| pair.state == PairState::Friends);
                prop_assert_eq!(view.friends(*one, *other).unwrap(), friends);
                let invited = pair.is_some_and(|pair| pair.state == PairState::Invited && pair.inviter == *one);
                prop_assert_eq!(view.invited(*one, *other).unwrap(), invited);
            }
            for group in facts.groups() {
                prop_assert_eq!(view.member(*one, group.id).unwrap(), facts.is_member(group.id, *one));
            }
        }
        for recorded in &log {
            let author = facts.post(recorded.position).map(|post| post.author);
            prop_assert_eq!(view.post(recorded.position).unwrap(), author);
            for one in &accounts {
                let sees = author.is_some_and(|author| view.friends(*one, author).unwrap());
                prop_assert_eq!(view.sees(*one, recorded.position).unwrap(), sees);
            }
        }
        prop_assert_eq!(view.overfull().unwrap(), vec![]);
    }

    #[test]
    fn the_next_event_of_a_kind_or_about_somebody_is_the_nearest(seed: u64, from in 0.0..=1.0_f64) {
        let folder = tempfile::tempdir().unwrap();
        let log = log(seed, 400);
        let history = index(folder.path(), &log, 400);
        let from = (from * 400.0) as u64;
        let nearest = |wanted: &dyn Fn(&Recorded) -> bool, direction| {
            let all = (1..).zip(&log).filter(|(_, recorded)| wanted(recorded)).map(|(ordinal, _)| ordinal);
            match direction {
                Direction::Forward => all.filter(|ordinal| *ordinal > from).min(),
                Direction::Back => all.filter(|ordinal| *ordinal < from).max(),
            }
        };
        for direction in [Direction::Forward, Direction::Back] {
            for kind in ["Posted", "AccountDeleted", "InstanceLost", "Levitated"] {
                let wanted = nearest(&|recorded| recorded.event.kind() == kind, direction);
                prop_assert_eq!(history.next_of_kind(from, kind, direction).unwrap(), wanted, "{}", kind);
            }
            let id = log[0].event.stream().id();
            let about = |recorded: &Recorded| {
                let fields = recorded.event.encode().data;
                recorded.event.stream().id() == id || fields.contains(&id.to_string())
            };
            prop_assert_eq!(history.next_about(from, id, direction).unwrap(), nearest(&about, direction));
        }
    }
}

#[test]
fn nothing_that_was_written_or_is_a_persons_name_is_in_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(5, 2000);
    index(folder.path(), &log, 1000);
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("group-"), "the search finds what is there");
    for recorded in &log {
        let personal = recorded.event.personal().map(|(_, text)| text).unwrap_or_default();
        // Words that short stand anywhere.
        assert!(personal.len() < 6 || !has(personal), "{personal}");
    }
}

/// An index is of use for as long as the fold is what it was when it was made. Where this fails the fold, the events or
/// the index's form have changed: raise `FORMAT` in head.rs, and put the new digest here.
#[test]
fn the_index_of_a_known_log_is_as_it_was() {
    let history_folder = tempfile::tempdir().unwrap();
    let history = index(history_folder.path(), &log(7, 3000), 3000);
    let mut digest = Sha256::new();
    let mut view = history.at(Position::START).unwrap();
    while view.forward().unwrap() {
        digest.update(format!("{} {:?}\n", view.position(), view.step().unwrap()));
    }
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        digest,
        "eecff2bfc8f043baca4ee1ebd92294aaf8dcc04c4016f0e6544e62ba5c5e71f2"
    );
}

#[test]
fn a_damaged_index_is_noticed_and_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(3, 3000);
    let history = index(folder.path(), &log, 3000);
    let path = history.store.places.path().to_owned();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let said = history.at(Position(3)).err().unwrap().to_string();
    assert!(said.contains("damaged") && said.contains("places"), "{said}");
    std::fs::write(&path, []).unwrap();
    let again = Store::open_or_make(folder.path(), 0).unwrap();
    assert_eq!((again.places.len(), again.end()), (0, Position::START));
}
