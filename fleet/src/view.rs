//! From what the tables, the provider's list and the reconciler's memory say to what the planner wants to know. Pure.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tenfold_core::facts::InstanceState as Recorded;
use tenfold_core::ids::InstanceId;
use tenfold_core::launch_failure::LaunchFailure;
use tenfold_log::operational::fleet::{Observation, ObservedInstance};

use crate::plan::{AtProvider, FailedStarts, FleetView, InstanceState, InstanceView, ProviderRef, SettleTimer};
use crate::provider::Machine;

/// A server that was silent for so long is lost; their heartbeats come once a second.
pub const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two looks there is never so much time, unless the database was away or this program stood still. Then
/// no heartbeat could come, and everybody gets another chance.
const LONGEST_GAP: Duration = Duration::from_secs(2);

/// What has to be remembered from one look to the next. Whoever takes over the fleet starts with an empty one, which
/// costs an idle grace and a settle time. Times count from any fixed moment.
#[derive(Debug, Default)]
pub struct Memory {
    /// Since when nobody has been seated there.
    idle_since: HashMap<InstanceId, Duration>,
    /// The state in which each was first seen, when, and how long it had been in it by the database's clock.
    in_state: HashMap<InstanceId, (Recorded, Duration, Duration)>,
    /// Since when a server could have been spared.
    pub surplus: SettleTimer,
    failed_in_a_row: u32,
    failed_at: Duration,
    failed_for: Option<LaunchFailure>,
    /// When the last look was, and since when there has been one after the other.
    looked_at: Option<Duration>,
    steady_since: Duration,
    /// Machines without a record, at the last look.
    strangers: HashSet<ProviderRef>,
}

/// What is under way and shows neither in the tables nor in the provider's list.
#[derive(Clone, Debug, Default)]
pub struct UnderWay {
    /// Instances that the provider is just launching.
    pub launching: HashSet<InstanceId>,
    /// Machines that the provider is just ending.
    pub ending: HashSet<ProviderRef>,
}

impl Memory {
    /// Takes note of a start that failed.
    pub fn start_failed(&mut self, now: Duration, reason: LaunchFailure) {
        self.failed_in_a_row = self.failed_in_a_row.saturating_add(1);
        self.failed_at = now;
        self.failed_for = Some(reason);
    }

    /// Takes note of a start that did not fail.
    pub fn started(&mut self) {
        self.failed_in_a_row = 0;
        self.failed_for = None;
    }

    /// Why the last start failed, where none has succeeded since.
    pub fn last_failure(&self) -> Option<LaunchFailure> {
        self.failed_for
    }

    /// The database's clock was set: what it says of heartbeats counts again when those have had time to come.
    pub fn clock_was_set(&mut self) {
        self.looked_at = None;
    }

    /// How long there has been one look after the other. As long as that is short, missing heartbeats say
    /// nothing.
    pub fn steady_for(&self, now: Duration) -> Duration {
        now.saturating_sub(self.steady_since)
    }

    /// The planner's view. `machines` is the provider's list, read after the observation; `None` where it could not be
    /// read. [`FleetView::surplus_for`] is left open.
    pub fn view(
        &mut self,
        now: Duration,
        observation: &Observation,
        machines: Option<&[Machine]>,
        under_way: &UnderWay,
    ) -> FleetView {
        self.look(now, observation);
        let is_fresh = self.steady_for(now) < HEARTBEAT_TIMEOUT;
        let instances = observation.instances.iter().filter_map(|observed| {
            let mut view = at_a_glance_one(observed)?;
            view.in_state_for = self.in_state_for(now, observed);
            view.idle_for = self
                .idle_since
                .get(&observed.id)
                .map(|since| now.saturating_sub(*since));
            view.answering = is_fresh || answers(observed);
            view.at_provider = match machines {
                _ if under_way.launching.contains(&observed.id) => AtProvider::Unknown,
                None => AtProvider::Unknown,
                Some(machines) if machines.iter().any(|machine| machine.instance == observed.id) => AtProvider::Running,
                Some(_) => AtProvider::Gone,
            };
            Some(view)
        });
        let instances = instances.collect();
        FleetView {
            instances,
            orphans: self.orphans(observation, machines.unwrap_or_default(), under_way),
            users_waiting: observation.waiting.len(),
            surplus_for: None,
            failed_starts: FailedStarts {
                in_a_row: self.failed_in_a_row,
                last_ago: now.saturating_sub(self.failed_at),
                for_quota: self.failed_for == Some(LaunchFailure::Quota),
            },
        }
    }

    /// By a steady clock since the first look: the database's may be set meanwhile.
    fn in_state_for(&self, now: Duration, observed: &ObservedInstance) -> Duration {
        let first = self.in_state.get(&observed.id).copied();
        let (_, since, before) = first.unwrap_or((observed.state, now, observed.in_state_for));
        before + now.saturating_sub(since)
    }

    fn look(&mut self, now: Duration, observation: &Observation) {
        if self
            .looked_at
            .is_none_or(|before| now.saturating_sub(before) > LONGEST_GAP)
        {
            self.steady_since = now;
        }
        self.looked_at = Some(now);
        self.in_state.retain(|id, (state, ..)| {
            let mut instances = observation.instances.iter();
            instances.any(|observed| observed.id == *id && observed.state == *state)
        });
        for observed in &observation.instances {
            let first = (observed.state, now, observed.in_state_for);
            self.in_state.entry(observed.id).or_insert(first);
        }
        let is_idle = |instance: &&ObservedInstance| {
            instance.users == 0 && matches!(instance.state, Recorded::Ready | Recorded::Draining)
        };
        let idle: HashSet<InstanceId> = observation.instances.iter().filter(is_idle).map(|i| i.id).collect();
        self.idle_since.retain(|id, _| idle.contains(id));
        for id in idle {
            self.idle_since.entry(id).or_insert(now);
        }
    }

    /// Machines without a living record, seen so twice: the record of one that was just launched may be younger than
    /// the observation.
    fn orphans(&mut self, observation: &Observation, machines: &[Machine], under_way: &UnderWay) -> Vec<ProviderRef> {
        let is_known = |machine: &Machine| {
            under_way.ending.contains(&machine.reference)
                || under_way.launching.contains(&machine.instance)
                || observation.instances.iter().any(|instance| is_of(machine, instance))
        };
        let strangers: HashSet<ProviderRef> = machines
            .iter()
            .filter(|machine| !is_known(machine))
            .map(|machine| machine.reference.clone())
            .collect();
        let before = std::mem::replace(&mut self.strangers, strangers);
        self.strangers.intersection(&before).cloned().collect()
    }
}

/// Whether it is the instance's own machine. Of two that were launched for one request, the log names one.
fn is_of(machine: &Machine, instance: &ObservedInstance) -> bool {
    let reference = instance.reference.as_ref();
    instance.id == machine.instance && reference.is_none_or(|reference| *reference == machine.reference.0)
}

/// Whether the server's last heartbeat is young enough.
pub fn answers(observed: &ObservedInstance) -> bool {
    observed
        .lease
        .as_ref()
        .is_some_and(|lease| lease.age < HEARTBEAT_TIMEOUT)
}

/// What the tables alone tell.
pub fn at_a_glance(observation: &Observation) -> FleetView {
    FleetView {
        instances: observation.instances.iter().filter_map(at_a_glance_one).collect(),
        users_waiting: observation.waiting.len(),
        ..FleetView::default()
    }
}

/// What the provider announces of the end of its machine.
pub fn notice(observed: &ObservedInstance) -> Option<&str> {
    observed.lease.as_ref()?.notice.as_deref()
}

fn at_a_glance_one(observed: &ObservedInstance) -> Option<InstanceView> {
    let state = match observed.state {
        Recorded::Requested => InstanceState::Requested,
        Recorded::Launched => InstanceState::Launched,
        Recorded::Ready => InstanceState::Ready,
        Recorded::Draining => InstanceState::Draining,
        Recorded::Lost | Recorded::Terminated => return None,
    };
    Some(InstanceView {
        id: observed.id,
        state,
        seats: usize::from(observed.seats),
        users: observed.users,
        in_state_for: observed.in_state_for,
        idle_for: None,
        answering: answers(observed),
        at_provider: AtProvider::Unknown,
        is_noticed: notice(observed).is_some(),
    })
}

#[cfg(test)]
mod tests {
    use tenfold_log::operational::fleet::ObservedLease;
    use uuid::Uuid;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn observed(number: u128, users: usize, silent_for: Duration) -> ObservedInstance {
        ObservedInstance {
            id: InstanceId(Uuid::from_u128(number)),
            state: Recorded::Ready,
            seats: 10,
            users,
            reference: Some(number.to_string()),
            in_state_for: SECOND,
            lease: Some(ObservedLease {
                host: None,
                port: 1,
                age: silent_for,
                notice: None,
            }),
        }
    }

    fn machine(number: u128) -> Machine {
        Machine {
            instance: InstanceId(Uuid::from_u128(number)),
            reference: ProviderRef(number.to_string()),
        }
    }

    fn fleet(instances: &[ObservedInstance]) -> Observation {
        Observation {
            instances: instances.to_vec(),
            ..Observation::default()
        }
    }

    /// Looks every half second for ten seconds.
    fn looked(memory: &mut Memory, observation: &Observation) -> Duration {
        let half = SECOND / 2;
        for step in 0..20 {
            memory.view(half * step, observation, None, &UnderWay::default());
        }
        half * 20
    }

    #[test]
    fn silence_counts_only_after_a_steady_look() {
        let observation = fleet(&[observed(1, 3, HEARTBEAT_TIMEOUT)]);
        let mut memory = Memory::default();
        let first = memory.view(Duration::ZERO, &observation, None, &UnderWay::default());
        assert!(first.instances[0].answering, "a new leader knows nothing yet");
        let now = looked(&mut memory, &observation);
        let view = memory.view(now, &observation, None, &UnderWay::default());
        assert!(!view.instances[0].answering);
        let later = memory.view(now + 60 * SECOND, &observation, None, &UnderWay::default());
        assert!(later.instances[0].answering, "the database was away for a minute");
    }

    #[test]
    fn a_clock_that_is_set_neither_silences_servers_nor_ages_them() {
        let mut memory = Memory::default();
        let now = looked(&mut memory, &fleet(&[observed(1, 3, Duration::ZERO)]));
        let mut after = observed(1, 3, 7200 * SECOND);
        after.in_state_for += 7200 * SECOND;
        memory.clock_was_set();
        let view = memory.view(now, &fleet(&[after]), None, &UnderWay::default());
        assert!(view.instances[0].answering, "its next heartbeat will say so");
        assert_eq!(view.instances[0].in_state_for, SECOND + now);
        assert_eq!(memory.steady_for(now), Duration::ZERO);
    }

    #[test]
    fn idleness_is_remembered_until_somebody_comes() {
        let mut memory = Memory::default();
        let empty = fleet(&[observed(1, 0, Duration::ZERO)]);
        let now = looked(&mut memory, &empty);
        let idle = |memory: &mut Memory, observation: &Observation| {
            memory.view(now, observation, None, &UnderWay::default()).instances[0].idle_for
        };
        assert_eq!(idle(&mut memory, &empty), Some(now));
        assert_eq!(idle(&mut memory, &fleet(&[observed(1, 1, Duration::ZERO)])), None);
        assert_eq!(idle(&mut memory, &empty), Some(Duration::ZERO));
    }

    #[test]
    fn a_machine_is_an_orphan_when_it_was_seen_without_a_record_twice() {
        let mut memory = Memory::default();
        let nothing = fleet(&[]);
        let machines = [machine(1), machine(2)];
        let mut under_way = UnderWay::default();
        under_way.ending.insert(machine(2).reference);
        let first = memory.view(Duration::ZERO, &nothing, Some(&machines), &under_way);
        assert_eq!(first.orphans, []);
        let second = memory.view(SECOND, &nothing, Some(&machines), &under_way);
        assert_eq!(second.orphans, [machine(1).reference]);
    }

    #[test]
    fn of_two_machines_for_one_request_the_one_that_the_log_does_not_name_is_an_orphan() {
        let mut memory = Memory::default();
        let one = fleet(&[observed(1, 0, Duration::ZERO)]);
        let second = Machine {
            reference: ProviderRef("second".into()),
            ..machine(1)
        };
        let machines = [machine(1), second.clone()];
        memory.view(Duration::ZERO, &one, Some(&machines), &UnderWay::default());
        let view = memory.view(SECOND, &one, Some(&machines), &UnderWay::default());
        assert_eq!(view.orphans, [second.reference]);
    }

    #[test]
    fn what_is_just_being_launched_is_not_missed_at_the_provider() {
        let observation = fleet(&[observed(1, 0, Duration::ZERO), observed(2, 0, Duration::ZERO)]);
        let mut under_way = UnderWay::default();
        under_way.launching.insert(InstanceId(Uuid::from_u128(2)));
        let view = Memory::default().view(Duration::ZERO, &observation, Some(&[]), &under_way);
        let found: Vec<_> = view.instances.iter().map(|instance| instance.at_provider).collect();
        assert_eq!(found, [AtProvider::Gone, AtProvider::Unknown]);
    }
}
