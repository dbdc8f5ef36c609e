//! What holds of any fleet at all.

use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tenfold_core::ids::InstanceId;

use super::super::planner::has_failed_start;
use super::super::*;
use super::carry_out::carry_out;
use super::given::id;

fn age() -> impl Strategy<Value = Duration> {
    (0u64..40_000).prop_map(Duration::from_millis)
}

fn state() -> impl Strategy<Value = InstanceState> {
    prop_oneof![
        1 => Just(InstanceState::Requested),
        1 => Just(InstanceState::Launched),
        6 => Just(InstanceState::Ready),
        2 => Just(InstanceState::Draining),
    ]
}

fn at_provider() -> impl Strategy<Value = AtProvider> {
    prop_oneof![8 => Just(AtProvider::Running), 1 => Just(AtProvider::Gone), 2 => Just(AtProvider::Unknown)]
}

prop_compose! {
    fn instance()(
        state in state(),
        seats in prop_oneof![4 => Just(10usize), 1 => 1usize..20],
        share in 0usize..=10,
        in_state_for in age(),
        idle_for in age(),
        answering in prop::bool::weighted(0.9),
        at_provider in at_provider(),
        is_noticed in prop::bool::weighted(0.1),
    ) -> InstanceView {
        let serves = matches!(state, InstanceState::Ready | InstanceState::Draining);
        let users = if serves { seats * share / 10 } else { 0 };
        let idle_for = (serves && users == 0).then_some(idle_for);
        InstanceView { id: id(0), state, seats, users, in_state_for, idle_for, answering, at_provider, is_noticed }
    }
}

prop_compose! {
    fn view()(
        mut instances in vec(instance(), 0..12),
        orphans in vec(0u8..5, 0..3),
        users_waiting in prop_oneof![Just(0usize), 0usize..60],
        surplus_for in option::of(age()),
        in_a_row in prop_oneof![4 => Just(0u32), 1 => 0u32..9],
        last_ago in age(),
        for_quota in any::<bool>(),
    ) -> FleetView {
        for (number, instance) in instances.iter_mut().enumerate() {
            instance.id = id(number as u128);
        }
        FleetView {
            instances,
            orphans: orphans.into_iter().map(|orphan| ProviderRef(orphan.to_string())).collect(),
            users_waiting,
            surplus_for,
            failed_starts: FailedStarts { in_a_row, last_ago, for_quota },
        }
    }
}

prop_compose! {
    fn policy()(
        seats in prop_oneof![4 => Just(10usize), 1 => 1usize..20],
        spare_seats in prop_oneof![2 => Just(0usize), 1 => 0usize..30],
        max_instances in option::of(0usize..15),
        moves in prop::bool::weighted(0.8),
        drain_slack in 0usize..3,
    ) -> Policy {
        Policy { seats, spare_seats, max_instances, moves, drain_slack, ..Policy::local() }
    }
}

fn launched(actions: &[Action]) -> usize {
    actions
        .iter()
        .map(|action| {
            if let Action::Launch { count } = action {
                *count
            } else {
                0
            }
        })
        .sum()
}

/// Free seats on open servers, and all seats of those that start.
fn seats_at_hand(view: &FleetView) -> usize {
    let counts = |instance: &&InstanceView| instance.is_open() || instance.is_starting();
    view.instances.iter().filter(counts).map(InstanceView::free_seats).sum()
}

/// Those whose server is about to go, and who are still on it.
fn stranded(view: &FleetView) -> usize {
    let leaves = |instance: &&InstanceView| instance.is_noticed && instance.state == InstanceState::Draining;
    view.instances
        .iter()
        .filter(leaves)
        .map(|instance| instance.users)
        .sum()
}

/// Free seats on open servers that are to stay.
fn open_seats(view: &FleetView) -> usize {
    view.instances
        .iter()
        .filter(|instance| instance.is_open() && !instance.is_noticed)
        .map(InstanceView::free_seats)
        .sum()
}

fn losses(actions: &[Action]) -> Vec<Action> {
    let is_loss = |action: &&Action| matches!(action, Action::DeclareLost { .. });
    actions.iter().filter(is_loss).cloned().collect()
}

/// The servers that users are moved from, and those they are moved to.
fn moves(actions: &[Action]) -> (Vec<InstanceId>, Vec<InstanceId>) {
    let ends = |action: &Action| match action {
        Action::MoveUsers { from, to, .. } => Some((*from, *to)),
        _ => None,
    };
    actions.iter().filter_map(ends).unzip()
}

fn is_launch(action: &Action) -> bool {
    matches!(action, Action::Launch { .. })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// `carry_out` itself checks that moves go to free seats and that nobody sits on what is terminated.
    #[test]
    fn every_plan_can_be_carried_out_and_loses_nobody(view in view(), policy in policy()) {
        let actions = plan(&view, &policy);
        let after = carry_out(&view, &actions, &policy);
        let without_lost = carry_out(&view, &losses(&actions), &policy);
        prop_assert_eq!(after.users_seated(), without_lost.users_seated());
        prop_assert!(after.instances.iter().all(|instance| instance.users <= instance.seats));
        prop_assert!(after.orphans.is_empty());
    }

    #[test]
    fn never_more_instances_than_allowed(view in view(), policy in policy()) {
        let actions = plan(&view, &policy);
        let after = carry_out(&view, &actions, &policy);
        if let Some(most) = policy.max_instances {
            prop_assert!(launched(&actions) == 0 || after.instances.len() <= most);
        }
    }

    #[test]
    fn exactly_as_many_are_launched_as_are_missing(view in view(), policy in policy()) {
        let actions = plan(&view, &policy);
        let rest: Vec<Action> = actions.iter().filter(|action| !is_launch(action)).cloned().collect();
        let before = carry_out(&view, &rest, &policy);
        let wanted = view.users_waiting + policy.spare_seats + stranded(&before);
        let at_hand = seats_at_hand(&before);
        let count = launched(&actions);
        prop_assert!(count == 0 || at_hand + (count - 1) * policy.seats < wanted, "one fewer would do");
        let is_free_to = policy.max_instances.is_none() && view.failed_starts.in_a_row == 0 && !has_failed_start(&view, &actions);
        prop_assert!(!is_free_to || at_hand + count * policy.seats >= wanted, "too few");
    }

    #[test]
    fn a_drain_ends_a_server_and_leaves_what_is_wanted(view in view(), policy in policy()) {
        let actions = plan(&view, &policy);
        let after = carry_out(&view, &actions, &policy);
        for action in &actions {
            let Action::Drain { instance } = action else { continue };
            let drained = after.instances.iter().find(|each| each.id == *instance);
            if drained.is_some_and(|each| each.is_noticed) {
                continue;
            }
            prop_assert_eq!(drained.map(|each| each.users), Some(0));
            prop_assert_eq!(view.users_waiting, 0);
            prop_assert!(policy.moves);
            prop_assert!(open_seats(&after) >= policy.spare_seats);
            prop_assert_eq!(launched(&actions), 0);
        }
    }

    #[test]
    fn users_are_moved_once(view in view(), policy in policy()) {
        let actions = plan(&view, &policy);
        let (sources, targets) = moves(&actions);
        prop_assert!(targets.iter().all(|target| !sources.contains(target)), "nobody is moved to where others leave");
    }

    #[test]
    fn seats_that_are_waited_for_are_neither_ended_nor_filled_with_movers(view in view(), policy in policy()) {
        let actions = plan(&view, &policy);
        let without_lost = carry_out(&view, &losses(&actions), &policy);
        let wanted = view.users_waiting + policy.spare_seats;
        let after = carry_out(&view, &actions, &policy);
        prop_assert!(open_seats(&after) >= wanted.min(open_seats(&without_lost)));
    }

    #[test]
    fn planning_again_does_nothing_again(mut view in view(), policy in policy()) {
        view.instances.retain(|instance| instance.seats == 10);
        let actions = plan(&view, &policy);
        // Then the next plan launches what this one put off.
        prop_assume!(!has_failed_start(&view, &actions));
        let after = carry_out(&view, &actions, &policy);
        prop_assert_eq!(plan(&after, &policy), vec![]);
    }

    /// Servers of several sizes are what a change of `--seats` leaves; packing them may take a few rounds.
    #[test]
    fn servers_of_several_sizes_come_to_rest(view in view(), policy in policy()) {
        let mut now = view.clone();
        for _ in 0..=view.instances.len() + 1 {
            let actions = plan(&now, &policy);
            now = carry_out(&now, &actions, &policy);
        }
        prop_assert_eq!(plan(&now, &policy), vec![]);
    }

    #[test]
    fn the_order_of_the_view_does_not_matter(view in view(), policy in policy()) {
        let mut reversed = view.clone();
        reversed.instances.reverse();
        reversed.orphans.reverse();
        prop_assert_eq!(plan(&view, &policy), plan(&reversed, &policy));
    }

    #[test]
    fn a_surplus_is_what_a_settled_plan_drains(mut view in view(), policy in policy()) {
        view.surplus_for = Some(policy.drain_settle);
        let is_noticed = |id: InstanceId| view.instances.iter().any(|instance| instance.id == id && instance.is_noticed);
        let is_surplus = |action: &Action| matches!(action, Action::Drain { instance } if !is_noticed(*instance));
        let drains = plan(&view, &policy).iter().any(is_surplus);
        prop_assert_eq!(has_surplus(&view, &policy), drains);
    }
}
