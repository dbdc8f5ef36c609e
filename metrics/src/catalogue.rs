//! The catalogue: every metric there is, and what the dashboard and the alarms show of it.
//!
//! CloudWatch bills each combination of a name and its dimensions by the month, so no dimension may grow with the fleet:
//! there is no instance, user or request in any of them. All metrics have the dimensions `Fleet` and `Environment`.

use tenfold_core::facts::InstanceState;
use tenfold_core::launch_failure::LaunchFailure;

use crate::shown::{Alarm, Comparison, Graph, Line, Missing, line, operand};

/// The namespace of all metrics in CloudWatch.
pub const NAMESPACE: &str = "Tenfold";

/// A metric; its [definition](Metric::definition) says what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // CATALOGUE has the help texts
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

/// What a metric is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Thousandths of a second.
    Milliseconds,
    /// A ratio, which has no unit.
    Ratio,
}

impl Unit {
    /// As CloudWatch writes it.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Count => "Count",
            Unit::Milliseconds => "Milliseconds",
            Unit::Ratio => "None",
        }
    }
}

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A running total since the beginning of the log, published as a level: its differences are what happened.
    Counter,
    /// How things are now.
    Gauge,
    /// How long something took: a distribution, published as well as can be. A server that is killed loses its last minute of it,
    /// and a call that is repeated counts twice.
    Timing,
}

/// The dimension that a metric may have besides the fleet and the environment. Its values are known beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// None.
    Whole,
    /// `State`: every state of an instance.
    State,
    /// `State`: those in which an instance has not ended.
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

    /// The dimension's values; a single `None` where there is no dimension.
    pub fn values(self) -> Vec<Option<&'static str>> {
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

/// The states in which an instance has not ended.
pub const LIVING: [InstanceState; 4] = [STATES[0], STATES[1], STATES[2], STATES[3]];

/// What a metric is.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Which.
    pub metric: Metric,
    /// Its name in CloudWatch.
    pub name: &'static str,
    /// What it is measured in.
    pub unit: Unit,
    /// How it behaves.
    pub kind: Kind,
    /// Its further dimension.
    pub split: Split,
    /// What it tells people.
    pub help: &'static str,
    /// The lines of the dashboard that show it.
    pub lines: &'static [Line],
    /// The alarm on it.
    pub alarm: Option<Alarm>,
}

/// A gauge of things.
const fn gauge(metric: Metric, name: &'static str, help: &'static str, lines: &'static [Line]) -> Definition {
    let (unit, kind, split, alarm) = (Unit::Count, Kind::Gauge, Split::Whole, None);
    Definition {
        metric,
        name,
        unit,
        kind,
        split,
        help,
        lines,
        alarm,
    }
}

const fn counter(
    metric: Metric,
    name: &'static str,
    split: Split,
    help: &'static str,
    lines: &'static [Line],
) -> Definition {
    Definition {
        kind: Kind::Counter,
        split,
        ..gauge(metric, name, help, lines)
    }
}

const fn timing(metric: Metric, name: &'static str, help: &'static str, lines: &'static [Line]) -> Definition {
    Definition {
        kind: Kind::Timing,
        unit: Unit::Milliseconds,
        ..gauge(metric, name, help, lines)
    }
}

impl Definition {
    const fn alarm(self, alarm: Alarm) -> Definition {
        Definition {
            alarm: Some(alarm),
            ..self
        }
    }
}

const BLUE: &str = "#1f77b4";
const GREEN: &str = "#2ca02c";
const RED: &str = "#d62728";
const ORANGE: &str = "#ff7f0e";
const GREY: &str = "#7f7f7f";
const PALE_GREEN: &str = "#98df8a";
const PALE_BLUE: &str = "#aec7e8";
const PALE_ORANGE: &str = "#ffbb78";
const PALE_GREY: &str = "#c7c7c7";

/// The median and the slow end of a timing.
const fn percentiles(graph: Graph) -> [Line; 2] {
    [line(graph, "p50", "p50", BLUE), line(graph, "p99", "p99", RED)]
}

/// Every metric, in the order of [`Metric`].
#[rustfmt::skip] // a table
pub const CATALOGUE: [Definition; 15] = [
    counter(Metric::Transitions, "InstanceTransitions", Split::State, "application servers that came into this state", &[
        line(Graph::Ends, "Maximum", "came up", GREEN).of("ready"),
        line(Graph::Ends, "Maximum", "ended", GREY).of("terminated"),
        line(Graph::Ends, "Maximum", "lost", RED).of("lost"),
        line(Graph::Lifecycle, "Maximum", "requested", PALE_GREY).of("requested"),
        line(Graph::Lifecycle, "Maximum", "launched", PALE_BLUE).of("launched"),
        line(Graph::Lifecycle, "Maximum", "ready", GREEN).of("ready"),
        line(Graph::Lifecycle, "Maximum", "draining", PALE_ORANGE).of("draining"),
        line(Graph::Lifecycle, "Maximum", "terminated", GREY).of("terminated"),
        line(Graph::Lifecycle, "Maximum", "lost", RED).of("lost"),
    ]),
    counter(Metric::LaunchFailures, "LaunchFailures", Split::Whole, "launches that gave no server", &[
        line(Graph::Ends, "Maximum", "launch failed", ORANGE),
    ]).alarm(Alarm {
        name: "launches-failing", statistic: "Maximum", period: 900, periods: 1, is: Comparison::AtLeast(3), missing: Missing::NotBreaching,
        description: "Three launches or more gave no server within fifteen minutes. The dashboard tells by what reason, and what to do about it.",
    }),
    counter(Metric::LaunchFailuresByReason, "LaunchFailuresByReason", Split::Reason, "launches that gave no server, by what was in the way", &[
        line(Graph::Failures, "Maximum", "no capacity: the next subnet or type is tried", BLUE).of("capacity"),
        line(Graph::Failures, "Maximum", "quota: ask AWS for a higher one", ORANGE).of("quota"),
        line(Graph::Failures, "Maximum", "throttled: it slows down by itself", GREEN).of("throttled"),
        line(Graph::Failures, "Maximum", "credentials: mend the role's rights", RED).of("credentials"),
        line(Graph::Failures, "Maximum", "timeout: no answer from EC2", GREY).of("timeout"),
        line(Graph::Failures, "Maximum", "not ready: look at the instance's console", PALE_BLUE).of("not-ready"),
        line(Graph::Failures, "Maximum", "other: look at the login server's log", PALE_ORANGE).of("other"),
    ]),
    timing(Metric::LoginWait, "LoginWait", "how long a login waited for a seat", &percentiles(Graph::LoginWait)),
    timing(Metric::Boot, "InstanceBoot", "how long it took from the request for a server until it served", &percentiles(Graph::Boot)),
    timing(Metric::Drain, "InstanceDrain", "how long it took from the beginning of a server's draining to its end", &percentiles(Graph::Drain)),
    // One datum a minute comes as long as a login server looks after the fleet: their number is its heartbeat.
    gauge(Metric::Sessions, "Sessions", "people who are logged in", &[
        line(Graph::Users, "Average", "logged in", BLUE),
    ]).alarm(Alarm {
        name: "no-heartbeat", statistic: "SampleCount", period: 60, periods: 5, is: Comparison::Below(1), missing: Missing::Breaching,
        description: "No login server has looked after the fleet for five minutes: nobody launches, ends or replaces servers. Is a login server running, and does it reach the database and CloudWatch?",
    }),
    gauge(Metric::Seats, "Seats", "seats on servers that are ready", &[
        line(Graph::Users, "Average", "seats", GREEN),
        operand(Graph::Servers, "Average", "seats"),
    ]),
    gauge(Metric::SeatsFree, "SeatsFree", "seats that nobody has taken", &[
        line(Graph::Users, "Average", "seats free", PALE_GREEN),
        operand(Graph::Servers, "Average", "free"),
    ]),
    gauge(Metric::UsersWaiting, "UsersWaiting", "logins that wait for a seat", &[
        line(Graph::Users, "Maximum", "waiting for a seat", RED),
        operand(Graph::Servers, "Average", "waiting"),
    ]).alarm(Alarm {
        name: "users-waiting", statistic: "Minimum", period: 60, periods: 5, is: Comparison::AtLeast(1), missing: Missing::NotBreaching,
        description: "Somebody has waited for a seat in each of the last five minutes; a login gives up after five. Look at launches that fail and at the fleet's maximum.",
    }),
    Definition { split: Split::LivingState, ..gauge(Metric::Instances, "Instances", "application servers in this state", &[
        operand(Graph::Servers, "Average", "launched").of("launched"),
        operand(Graph::Servers, "Average", "ready").of("ready"),
        operand(Graph::Servers, "Average", "draining").of("draining"),
        line(Graph::States, "Average", "requested", PALE_GREY).of("requested"),
        line(Graph::States, "Average", "launched", PALE_BLUE).of("launched"),
        line(Graph::States, "Average", "ready", GREEN).of("ready"),
        line(Graph::States, "Average", "draining", PALE_ORANGE).of("draining"),
    ]) },
    Definition { unit: Unit::Ratio, ..gauge(Metric::ServersOverFloor, "ServersOverFloor", "servers that run ÷ ceil(users / seats of one); 1 is the least possible", &[
        line(Graph::Ratio, "Average", "ratio", BLUE),
    ]) },
    gauge(Metric::InstancesOfNobody, "InstancesOfNobody", "machines that run at the provider and that no record knows", &[
        line(Graph::Room, "Maximum", "of nobody (right axis)", RED).on_the_right(),
    ]).alarm(Alarm {
        name: "instances-of-nobody", statistic: "Minimum", period: 60, periods: 10, is: Comparison::AtLeast(1), missing: Missing::NotBreaching,
        description: "For ten minutes there were instances with this fleet's tags that no record knows, and the login server did not get rid of them. They cost money: look for them by their tags, and at the login server's right to terminate.",
    }),
    gauge(Metric::InstancesLeft, "InstancesLeft", "servers that may still be launched before --max-instances is reached", &[
        line(Graph::Room, "Minimum", "launches left (left axis)", BLUE),
    ]).alarm(Alarm {
        name: "fleet-at-maximum", statistic: "Maximum", period: 60, periods: 5, is: Comparison::AtMost(0), missing: Missing::NotBreaching,
        description: "As many servers run as --max-instances allows, for five minutes: whoever comes now is refused. Raise it, or find out who all these people are.",
    }),
    gauge(Metric::EnrolmentsRefused, "EnrolmentsRefused", "times that a machine showed a token that was not good, in the last minute; nothing where there was none", &[
        line(Graph::Failures, "Maximum", "refused enrolments a minute: who shows used or stolen tokens?", PALE_GREY),
    ]),
];

impl Metric {
    /// What it is.
    pub fn definition(self) -> &'static Definition {
        // The catalogue is in the order of the declaration; a test holds it to that.
        &CATALOGUE[self as usize]
    }

    /// Its series without a further dimension.
    pub const fn whole(self) -> Series {
        Series {
            metric: self,
            value: None,
        }
    }

    /// Its series of one value of its further dimension.
    pub const fn of(self, value: &'static str) -> Series {
        Series {
            metric: self,
            value: Some(value),
        }
    }
}

/// A metric with the value of its further dimension: what CloudWatch stores and bills as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    /// Which metric.
    pub metric: Metric,
    /// The value of its further dimension, where it has one.
    pub value: Option<&'static str>,
}

impl Series {
    /// The further dimension's name and value, where it has one.
    pub fn dimension(self) -> Option<(&'static str, &'static str)> {
        self.metric.definition().split.dimension().zip(self.value)
    }

    /// For people: `Instances` or `Instances (State ready)`.
    pub fn title(self) -> String {
        let name = self.metric.definition().name;
        match self.dimension() {
            Some((dimension, value)) => format!("{name} ({dimension} {value})"),
            None => name.to_owned(),
        }
    }
}

/// All series that a fleet can publish.
pub fn series() -> Vec<Series> {
    let of = |definition: &Definition| {
        let metric = definition.metric;
        let values = definition.split.values().into_iter();
        values.map(move |value| Series { metric, value })
    };
    CATALOGUE.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_is_in_the_order_of_the_metrics_and_names_are_unique() {
        for (index, definition) in CATALOGUE.iter().enumerate() {
            assert_eq!(definition.metric as usize, index, "{}", definition.name);
        }
        let names: BTreeSet<&str> = CATALOGUE.iter().map(|definition| definition.name).collect();
        assert_eq!(names.len(), CATALOGUE.len());
    }

    #[test]
    fn living_are_the_states_that_are_not_over() {
        let living: Vec<_> = STATES.into_iter().filter(|state| !state.is_over()).collect();
        assert_eq!(living, LIVING);
    }

    #[test]
    fn counters_and_gauges_are_never_summed() {
        // A level that is sent twice must change nothing; their sum would double.
        for definition in CATALOGUE.iter().filter(|definition| definition.kind != Kind::Timing) {
            for line in definition.lines {
                assert_ne!(line.statistic, "Sum", "{}", definition.name);
            }
        }
    }

    /// List prices of us-east-1 in US dollars, without the free tier. dashboards/README.md works them out.
    #[test]
    fn a_month_costs_what_the_readme_says() {
        let (steady, alarms) = (
            series().len() - 1,
            CATALOGUE.iter().filter_map(|metric| metric.alarm).count(),
        );
        // Refused enrolments are published in one hour of ten.
        let metrics = 0.30 * (steady as f64 + 0.1);
        let calls = 0.01 * 730.0 * 60.0 / 1000.0;
        let dollars = metrics + 0.10 * alarms as f64 + 3.00 + calls;
        assert_eq!((steady, alarms, format!("{dollars:.2}")), (28, 5, "12.37".to_owned()));
    }
}
