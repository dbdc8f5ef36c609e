//! What to do: the planner's answer, carried out by the reconciler.

use std::fmt;

use tenfold_core::ids::InstanceId;

use super::view::ProviderRef;

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
        })
    }
}
