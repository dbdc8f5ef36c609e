//! Why an intent is not decided here or now.

use crate::ids::InstanceId;

/// Why nothing was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Check 2: the session is over.
    NotLoggedIn,
    /// The session is served there, or nowhere.
    SeatedAt(Option<InstanceId>),
    /// Every seat is taken.
    NoFreeSeat,
    /// What it was about is gone or was done already.
    Gone,
}
