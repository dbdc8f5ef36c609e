//! What the planner is told, a [`FleetView`], and what it answers, [`Action`]s.

use std::fmt;
use std::time::Duration;

use tenfold_core::ids::InstanceId;
use tenfold_core::seat_policy::Occupancy;

/// Everything the planner knows. Times are ages at the moment of the view, so that the planner
/// needs no clock and the reconciler may measure with the database's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FleetView {
    /// Every instance that is neither terminated nor lost, in any order.
    pub instances: Vec<InstanceView>,
    /// What the provider runs for this fleet without a living record: no record at all, or one
    /// that is terminated or lost (its end at the provider failed, or was cut short by a crash).
    pub orphans: Vec<ProviderRef>,
    /// Users who wait for a seat right now. Sessions without a seat whose users are away do not count.
    pub users_waiting: usize,
    /// How long [`super::has_surplus`] has held without a break; see [`super::SettleTimer`].
    pub surplus_for: Option<Duration>,
    /// Starts that failed in a row up to now; the default for none.
    pub failed_starts: FailedStarts,
}

impl FleetView {
    /// Users who have a seat, wherever it is.
    pub fn users_seated(&self) -> usize {
        self.instances.iter().map(|instance| instance.users).sum()
    }
}

/// One living instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceView {
    /// Its id. Ids are UUIDv7, so the smaller one is the older instance.
    pub id: InstanceId,
    /// How far its life has come.
    pub state: InstanceState,
    /// Users it can serve.
    pub seats: usize,
    /// Users seated on it; never above `seats`.
    pub users: usize,
    /// How long it has been in its state.
    pub in_state_for: Duration,
    /// How long it has been without users while ready or draining; `None` while it has some, or starts.
    pub idle_for: Option<Duration>,
    /// Whether its heartbeat is fresh. Without meaning before it is ready.
    pub answering: bool,
    /// What the provider says of it.
    pub at_provider: AtProvider,
    /// Whether the provider has announced its end: its users must go elsewhere before.
    pub is_noticed: bool,
}

impl InstanceView {
    /// Whether it is on its way: asked for, and not ready yet.
    pub fn is_starting(&self) -> bool {
        matches!(self.state, InstanceState::Requested | InstanceState::Launched)
    }

    /// Whether users may be seated on it, if it has a seat.
    pub fn is_open(&self) -> bool {
        self.state == InstanceState::Ready && self.answering
    }

    /// Seats that nobody has taken.
    pub fn free_seats(&self) -> usize {
        self.seats.saturating_sub(self.users)
    }

    /// How full it is, as the [seat policy](tenfold_core::seat_policy) wants to know it.
    pub fn occupancy(&self) -> Occupancy<InstanceId> {
        Occupancy {
            seats: self.seats,
            users: self.users,
            age: self.id,
        }
    }
}

/// The states of a living instance, in the order it goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstanceState {
    /// The intent is in the log; the provider may not have been called yet.
    Requested,
    /// The provider has accepted it; it boots.
    Launched,
    /// It serves, and takes new users.
    Ready,
    /// It serves those it has and takes nobody new. There is no way back.
    Draining,
}

/// What the provider says of an instance that has a living record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AtProvider {
    /// It is in the provider's list.
    Running,
    /// The list was read, and it is not in it, or has ended there.
    Gone,
    /// The list could not be read, or this provider cannot tell.
    Unknown,
}

/// Starts that failed one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailedStarts {
    /// How many since the last instance that became ready.
    pub in_a_row: u32,
    /// How long ago the last of them failed.
    pub last_ago: Duration,
    /// Whether the provider said that there may be no more.
    pub for_quota: bool,
}

/// The provider's own name of a machine or process: an EC2 instance id, a process id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderRef(pub String);

/// One thing to do. The actions of a plan are carried out in their order; after the first that
/// fails the rest is dropped and the fleet is looked at anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// End what the provider runs and no living record knows.
    EndOrphan {
        /// What to end.
        provider_ref: ProviderRef,
    },
    /// Record the instance as lost, which releases its seats, then end it at the provider.
    DeclareLost {
        /// Which one.
        instance: InstanceId,
        /// What gave it away.
        reason: LostReason,
    },
    /// Record the instance as terminated, provided that nobody has a seat on it by then, then end
    /// it at the provider. In this order, because a seat on a server that is gone is worse than
    /// a server without a record: that one is an orphan of the next plan.
    Terminate {
        /// Which one.
        instance: InstanceId,
        /// Why it is not needed.
        reason: TerminateReason,
    },
    /// Record the instance as draining: nobody new is seated on it.
    Drain {
        /// Which one.
        instance: InstanceId,
    },
    /// Give up to `count` users of `from` seats on `to`; fewer if some have left or seats were taken.
    MoveUsers {
        /// A draining instance.
        from: InstanceId,
        /// A ready instance.
        to: InstanceId,
        /// How many users, at least one.
        count: usize,
    },
    /// Request and launch this many new instances, at least one.
    Launch {
        /// How many.
        count: usize,
    },
}

/// Why an instance is taken for lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LostReason {
    /// No heartbeat for too long.
    NotAnswering,
    /// The provider does not run it any more.
    GoneAtProvider,
}

/// Why an instance is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TerminateReason {
    /// Nobody has used it for the idle grace.
    Idle,
    /// It was drained, and its users have left or moved.
    Drained,
    /// It did not become ready before the launch deadline.
    NotReadyInTime,
    /// The provider has announced the end of its machine, and nobody uses it.
    Announced,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndOrphan { provider_ref } => {
                write!(formatter, "ending machine {}, which no record knows", provider_ref.0)
            }
            Self::DeclareLost { instance, reason } => {
                write!(formatter, "giving up application server {instance}: {reason}")
            }
            Self::Terminate { instance, reason } => write!(formatter, "ending application server {instance}: {reason}"),
            Self::Drain { instance } => write!(formatter, "draining application server {instance}"),
            Self::MoveUsers { from, to, count } => {
                write!(formatter, "moving {count} users from application server {from} to {to}")
            }
            Self::Launch { count } => write!(formatter, "launching {count} application servers"),
        }
    }
}

impl fmt::Display for LostReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotAnswering => "it stopped answering",
            Self::GoneAtProvider => "the provider does not run it any more",
        })
    }
}

impl fmt::Display for TerminateReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Idle => "nobody has used it for the idle grace",
            Self::Drained => "it was drained and its users have left",
            Self::NotReadyInTime => "it was not ready before the launch deadline",
            Self::Announced => "the provider announces the end of its machine",
        })
    }
}
