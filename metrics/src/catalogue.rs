//! The metrics there are. CloudWatch bills each combination of a name and its dimensions by the month, so no dimension
//! may grow with the fleet: there is no instance, user or request in any of them.

use tenfold_core::facts::InstanceState;

use tenfold_core::launch_failure::LaunchFailure;

/// Where all metrics are.
pub const NAMESPACE: &str = "Tenfold";

/// A metric. What each is, its [definition](Metric::definition) says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // CATALOGUE tells it, for people too
pub enum Metric {
    Transitions,
    LaunchFailures,
    LaunchFailuresByReason,
    LoginWait,
    Boot,
    Drain,
    Sessions,
    Seats,
    SeatsFree,
    UsersWaiting,
    Instances,
    ServersOverFloor,
    InstancesOfNobody,
    InstancesLeft,
    EnrolmentsRefused,
}

/// What a metric is counted in; CloudWatch's word for it is [`Unit::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Thousandths of a second.
    Milliseconds,
    /// A plain number, such as a ratio.
    None,
}

impl Unit {
    /// As CloudWatch writes it.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Count => "Count",
            Unit::Milliseconds => "Milliseconds",
            Unit::None => "None",
        }
    }
}

/// When a metric is published, which is what it is billed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something that happened, one datum each.
    Event,
    /// How long something took, one datum each.
    Timing,
    /// How things are, once a minute, also where it is zero.
    Gauge,
}

/// The one dimension that a metric may have beside the fleet and the environment; its values are known beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// None.
    Whole,
    /// `State`: every state of an instance.
    State,
    /// `State`: those in which an instance is there.
    LivingState,
    /// `Reason`: why a launch failed.
    Reason,
}

impl Split {
    /// The dimension's name.
    pub fn dimension(self) -> Option<&'static str> {
        match self {
            Split::Whole => None,
            Split::State | Split::LivingState => Some("State"),
            Split::Reason => Some("Reason"),
        }
    }

    /// The dimension's values; one `None` where there is no dimension.
    pub fn parts(self) -> Vec<Option<&'static str>> {
        match self {
            Split::Whole => vec![None],
            Split::State => STATES.iter().map(|state| Some(state.name())).collect(),
            Split::LivingState => LIVING.iter().map(|state| Some(state.name())).collect(),
            Split::Reason => LaunchFailure::ALL.iter().map(|failure| Some(failure.name())).collect(),
        }
    }
}

/// All states of an instance, in the order of its life.
pub const STATES: [InstanceState; 6] = [
    InstanceState::Requested,
    InstanceState::Launched,
    InstanceState::Ready,
    InstanceState::Draining,
    InstanceState::Terminated,
    InstanceState::Lost,
];

/// Those in which it has not ended.
pub const LIVING: [InstanceState; 4] = [
    InstanceState::Requested,
    InstanceState::Launched,
    InstanceState::Ready,
    InstanceState::Draining,
];

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Which.
    pub metric: Metric,
    /// Its name in CloudWatch.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// When it is published.
    pub kind: Kind,
    /// Its further dimension.
    pub split: Split,
    /// The statistics that mean something, the usual one first. `pNN` stands for every percentile.
    pub statistics: &'static [&'static str],
    /// What it tells people.
    pub description: &'static str,
}

/// A counter's data are all 1: their average says nothing, their sum everything.
const COUNTED: &[&str] = &["Sum"];
const TIMED: &[&str] = &["pNN", "Maximum", "SampleCount"];
const LEVEL: &[&str] = &["Average", "Minimum", "Maximum"];
/// One datum a minute comes as long as somebody looks after the fleet: their number is its heartbeat.
const HEARTBEAT: &[&str] = &["Average", "Minimum", "Maximum", "SampleCount"];

/// Every metric.
pub const CATALOGUE: [Definition; 15] = {
    use Kind::{Event, Gauge, Timing};
    use Split::{LivingState, State, Whole};
    use Unit::{Count, Milliseconds};
    const fn define(
        (metric, name): (Metric, &'static str),
        (unit, kind, split): (Unit, Kind, Split),
        statistics: &'static [&'static str],
        description: &'static str,
    ) -> Definition {
        Definition {
            metric,
            name,
            unit,
            kind,
            split,
            statistics,
            description,
        }
    }
    [
        define(
            (Metric::Transitions, "InstanceTransitions"),
            (Count, Event, State),
            COUNTED,
            "application servers that came into this state",
        ),
        define(
            (Metric::LaunchFailures, "LaunchFailures"),
            (Count, Event, Whole),
            COUNTED,
            "launches that gave no server",
        ),
        define(
            (Metric::LaunchFailuresByReason, "LaunchFailuresByReason"),
            (Count, Event, Split::Reason),
            COUNTED,
            "the same, by what was in the way",
        ),
        define(
            (Metric::LoginWait, "LoginWait"),
            (Milliseconds, Timing, Whole),
            TIMED,
            "how long a login waited for a seat",
        ),
        define(
            (Metric::Boot, "InstanceBoot"),
            (Milliseconds, Timing, Whole),
            TIMED,
            "from the request for a server until it serves",
        ),
        define(
            (Metric::Drain, "InstanceDrain"),
            (Milliseconds, Timing, Whole),
            TIMED,
            "from the beginning of a server's draining to its end",
        ),
        define(
            (Metric::Sessions, "Sessions"),
            (Count, Gauge, Whole),
            HEARTBEAT,
            "people who are logged in",
        ),
        define(
            (Metric::Seats, "Seats"),
            (Count, Gauge, Whole),
            LEVEL,
            "seats on servers that are ready",
        ),
        define(
            (Metric::SeatsFree, "SeatsFree"),
            (Count, Gauge, Whole),
            LEVEL,
            "those that nobody has taken",
        ),
        define(
            (Metric::UsersWaiting, "UsersWaiting"),
            (Count, Gauge, Whole),
            LEVEL,
            "logins that wait for a seat",
        ),
        define(
            (Metric::Instances, "Instances"),
            (Count, Gauge, LivingState),
            LEVEL,
            "application servers in this state",
        ),
        define(
            (Metric::ServersOverFloor, "ServersOverFloor"),
            (Unit::None, Gauge, Whole),
            LEVEL,
            "servers that run ÷ ceil(users / seats of one); 1 is the least possible",
        ),
        define(
            (Metric::InstancesOfNobody, "InstancesOfNobody"),
            (Count, Gauge, Whole),
            LEVEL,
            "machines that run at the provider and that no record knows",
        ),
        define(
            (Metric::InstancesLeft, "InstancesLeft"),
            (Count, Gauge, Whole),
            LEVEL,
            "servers that may still be launched before --max-instances is reached",
        ),
        define(
            (Metric::EnrolmentsRefused, "EnrolmentsRefused"),
            (Count, Gauge, Whole),
            COUNTED,
            "times that a machine showed a token that was not good, in the last minute; nothing where there was none",
        ),
    ]
};

impl Metric {
    /// What it is.
    pub fn definition(self) -> &'static Definition {
        // The catalogue is in the order of the declaration; a test holds it to that.
        &CATALOGUE[self as usize]
    }

    /// Its name in CloudWatch.
    pub fn name(self) -> &'static str {
        self.definition().name
    }

    /// The metric of that name.
    pub fn from_name(name: &str) -> Option<Metric> {
        let found = CATALOGUE.iter().find(|definition| definition.name == name);
        found.map(|definition| definition.metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_in_the_order_of_the_metrics_and_each_name_is_one_metrics() {
        for (index, definition) in CATALOGUE.iter().enumerate() {
            assert_eq!(definition.metric as usize, index, "{}", definition.name);
            assert_eq!(Metric::from_name(definition.name), Some(definition.metric));
        }
    }

    #[test]
    fn living_are_the_states_that_are_not_over() {
        let living: Vec<_> = STATES.into_iter().filter(|state| !state.is_over()).collect();
        assert_eq!(living, LIVING);
    }
}
