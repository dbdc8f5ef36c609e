//! Conditions on the state of the service, as `bisect` looks for them: read from a line ([`parse`]), and watched while
//! a log is folded ([`Watch`]).

mod atoms;
mod invariants;
mod parse;
mod seats;
mod watch;
mod words;

pub use atoms::{Atom, Condition, Wanted, Who};
pub use parse::{ConditionError, parse};
pub use watch::Watch;
