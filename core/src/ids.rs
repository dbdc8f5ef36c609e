//! Typed identities, so that a group can't be passed where an account is meant.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

identity!(
    /// An account, for as long as the log lives; its name belongs to it only while it is not deleted.
    AccountId
);
identity!(
    /// One login of an account, from `SessionStarted` to `SessionEnded`.
    SessionId
);
identity!(
    /// A group.
    GroupId
);
identity!(
    /// An application server, from the request for one (`InstanceRequested`) to its end.
    InstanceId
);
identity!(
    /// A login server, from its start to its end.
    LoginServerId
);
identity!(
    /// What a client calls one command of its own, so that sending it again does not do it again.
    CommandId
);
identity!(
    /// One event.
    EventId
);

/// A place in the log's total order. Positions ascend; they have gaps where an append was abandoned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub i64);

impl Position {
    /// Before the first event.
    pub const START: Position = Position(0);
    /// Where provisional positions begin; see [`Position::provisional`].
    const PROVISIONAL: i64 = 1 << 62;

    /// The position of the `index`th event of a batch that is decided but not yet written: later than every real
    /// position, in the batch's order. The database puts the real one in its place as it writes.
    pub fn provisional(index: usize) -> Position {
        Position(Self::PROVISIONAL + index as i64)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provisional_positions_follow_all_real_ones_in_order() {
        assert!(Position::provisional(0) > Position(i64::MAX / 4));
        assert!(Position::provisional(1) > Position::provisional(0));
    }
}
