//! Instances: the application servers there ever were.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::table::Rows;
use crate::ids::{InstanceId, Position};

/// An application server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Where it is in its life.
    pub state: InstanceState,
    /// How many seats it has.
    pub seats: u16,
    /// What its provider calls it, once launched.
    pub reference: Option<String>,
    /// Its host, once ready; none where it is the login server's own.
    pub host: Option<String>,
    /// Its port, once ready.
    pub port: Option<u16>,
    /// When it was requested.
    pub position: Position,
}

impl Instance {
    /// What tells it from other instances.
    pub fn key(&self) -> InstanceId {
        self.id
    }
}

/// The life of an application server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InstanceState {
    /// Wanted; the provider may or may not have been asked.
    Requested,
    /// The provider started it.
    Launched,
    /// It serves.
    Ready,
    /// It takes no new users.
    Draining,
    /// It was ended. Nothing follows.
    Terminated,
    /// It crashed or stopped answering; what is left of it is to be ended.
    Lost,
}

impl InstanceState {
    /// The state's name, as shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Launched => "launched",
            Self::Ready => "ready",
            Self::Draining => "draining",
            Self::Terminated => "terminated",
            Self::Lost => "lost",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<InstanceState> {
        [
            Self::Requested,
            Self::Launched,
            Self::Ready,
            Self::Draining,
            Self::Terminated,
            Self::Lost,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }

    /// Whether a server in this state may come into state `next`.
    pub fn may_become(self, next: InstanceState) -> bool {
        use InstanceState::{Draining, Launched, Lost, Ready, Requested, Terminated};
        match (self, next) {
            // A server may announce itself before its launch was recorded: whoever launched it may have died.
            (Requested, Launched | Ready) | (Launched, Ready) => true,
            (Requested | Launched | Ready, Draining) => true,
            (Requested | Launched | Ready | Draining, Lost | Terminated) => true,
            (Lost, Terminated) => true,
            _ => false,
        }
    }

    /// Whether it has ended, one way or the other, as far as users are concerned.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Terminated | Self::Lost)
    }
}

/// Instances by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Instances(HashMap<InstanceId, Instance>);

impl Rows for Instances {
    type Row = Instance;
    type Key = InstanceId;

    fn put(&mut self, row: Instance) {
        self.0.insert(row.id, row);
    }

    fn remove(&mut self, key: &InstanceId) {
        self.0.remove(key);
    }

    fn get(&self, key: &InstanceId) -> Option<&Instance> {
        self.0.get(key)
    }

    fn iter(&self) -> impl Iterator<Item = &Instance> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::InstanceState::{Draining, Launched, Lost, Ready, Requested, Terminated};

    #[test]
    fn a_life_goes_forward_only() {
        let states = [Requested, Launched, Ready, Draining, Lost, Terminated];
        for (earlier, from) in states.iter().enumerate() {
            for (later, to) in states.iter().enumerate() {
                assert!(!from.may_become(*to) || earlier < later, "{from:?} to {to:?}");
            }
        }
        assert!(Lost.may_become(Terminated) && !Terminated.may_become(Lost));
    }
}
