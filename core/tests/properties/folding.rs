//! The fold agrees with a simpler one, log by log, and gives every list its order by positions alone.

use proptest::prelude::*;
use tenfold_core::event::Event;
use tenfold_core::facts::{Facts, PairState};
use tenfold_core::ids::{AccountId, GroupId, Position};

use super::model::Model;
use super::world::{World, steps};

proptest! {
    #[test]
    fn the_fold_agrees_with_the_model(past in steps(120)) {
        let log = World::after(&past).log;
        let (mut facts, mut model) = (Facts::default(), Model::default());
        for (index, event) in log.iter().enumerate() {
            let version = facts.version(event.stream().id()) + 1;
            prop_assert!(facts.apply(Position(index as i64 + 1), version, event).is_ok());
            model.happened(event);
        }
        agree_on_people(&facts, &model)?;
        agree_on_the_fleet(&facts, &model)?;
        for (me, name) in &model.accounts {
            prop_assert_eq!(facts.account_named(name).map(|account| account.id), Some(*me));
            agree_on_lists(&facts, &model, *me)?;
        }
    }

    #[test]
    fn a_change_put_in_another_memory_makes_it_equal(past in steps(80)) {
        let log = World::after(&past).log;
        let (mut facts, mut followed) = (Facts::default(), Facts::default());
        for (index, event) in log.iter().enumerate() {
            let version = facts.version(event.stream().id()) + 1;
            let changes = facts.apply(Position(index as i64 + 1), version, event);
            changes.expect("a valid log").into_iter().for_each(|change| followed.absorb(change));
            followed.set_version(event.stream().id(), version);
        }
        prop_assert_eq!(facts, followed);
    }

    #[test]
    fn versions_count_each_stream_without_a_gap(past in steps(80)) {
        let world = World::after(&past);
        let in_stream = |stream| world.log.iter().filter(|event| event.stream() == stream).count();
        for stream in world.log.iter().map(Event::stream) {
            prop_assert_eq!(world.facts.version(stream.id()), in_stream(stream) as i64);
        }
    }
}

fn agree_on_people(facts: &Facts, model: &Model) -> Result<(), TestCaseError> {
    let accounts = facts.accounts().map(|row| (row.position, (row.id, row.name.clone())));
    prop_assert_eq!(in_order(accounts), model.accounts.clone());
    let sessions = facts.sessions().map(|row| (row.position, (row.id, row.account)));
    prop_assert_eq!(in_order(sessions), model.sessions.clone());
    let posts: Vec<_> = facts.posts().map(|row| (row.author, row.text.clone())).collect();
    prop_assert_eq!(posts, model.posts.clone());
    let groups = facts.groups().map(|row| (row.position, (row.id, row.name.clone())));
    prop_assert_eq!(in_order(groups), model.groups.clone());
    let members = facts.memberships().map(|row| (row.position, (row.group, row.account)));
    prop_assert_eq!(in_order(members), model.members.clone());
    prop_assert!(
        model
            .members
            .iter()
            .all(|(group, account)| facts.is_member(*group, *account))
    );
    let pairs = facts.pairs().count();
    prop_assert_eq!(pairs, model.invites.len() + model.friends.len());
    Ok(())
}

fn agree_on_the_fleet(facts: &Facts, model: &Model) -> Result<(), TestCaseError> {
    let instances = facts.instances().map(|row| (row.position, (row.id, row.state.name())));
    prop_assert_eq!(in_order(instances), model.instances.clone());
    let mut seats: Vec<_> = facts
        .seats()
        .map(|row| (row.session, row.instance, row.number))
        .collect();
    let mut expected = model.seats.clone();
    seats.sort();
    expected.sort();
    prop_assert_eq!(seats, expected);
    Ok(())
}

fn agree_on_lists(facts: &Facts, model: &Model, me: AccountId) -> Result<(), TestCaseError> {
    prop_assert_eq!(pairs(facts, PairState::Invited, me, Side::Invitee), model.inviters(me));
    let friends = friends(facts, me);
    prop_assert_eq!(&friends, &model.friends_of(me));
    let of = |friend| facts.posts().filter(move |post| post.author == friend);
    let posts: Vec<_> = friends
        .into_iter()
        .flat_map(of)
        .map(|post| (post.author, post.text.clone()))
        .collect();
    prop_assert_eq!(posts, model.posts_for(me));
    let mine = facts
        .memberships()
        .filter(|row| row.account == me)
        .map(|row| (row.position, row.group));
    let joined: Vec<GroupId> = in_order(mine);
    prop_assert_eq!(joined, model.joined(me));
    Ok(())
}

fn friends(facts: &Facts, me: AccountId) -> Vec<AccountId> {
    let accepted = pairs(facts, PairState::Friends, me, Side::Invitee);
    [accepted, pairs(facts, PairState::Friends, me, Side::Inviter)].concat()
}

/// On which side of an invite one stands.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Inviter,
    Invitee,
}

/// The others of one's pairs in that state, oldest first.
fn pairs(facts: &Facts, state: PairState, me: AccountId, side: Side) -> Vec<AccountId> {
    in_order(facts.pairs().filter(|pair| pair.state == state).filter_map(|pair| {
        let (mine, other) = match side {
            Side::Inviter => (pair.inviter, pair.invitee()),
            Side::Invitee => (pair.invitee(), pair.inviter),
        };
        (mine == me).then_some((pair.position, other))
    }))
}

fn in_order<T>(rows: impl Iterator<Item = (Position, T)>) -> Vec<T> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|(position, _)| *position);
    rows.into_iter().map(|(_, row)| row).collect()
}
