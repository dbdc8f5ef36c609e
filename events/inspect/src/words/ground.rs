//! What an event rests on, in words.

use super::Called;
use crate::premises::Ground;
use crate::tail::Names;
use tenfold_core::escape::escaped;

/// The ground as a clause: what it says must be so.
pub fn ground(ground: &Ground, names: &Names) -> String {
    let called = Called(names);
    match ground {
        Ground::AccountLives(account) => format!("the account of {} lives", called.account(*account)),
        Ground::NameIsFree(name) => format!("nobody is called {}", escaped(name)),
        Ground::SessionLives(account) => format!("{} is logged in", called.account(*account)),
        Ground::HasNoSession(account) => format!("{} is not logged in", called.account(*account)),
        Ground::ServerIs(instance, state) => format!("{} is {state}", called.server(*instance)),
        Ground::SeatIsFree(instance, number) => {
            format!("seat {} on {} is free", number + 1, called.server(*instance))
        }
        Ground::HasNoSeat(account) => format!("{} has no seat", called.account(*account)),
        Ground::SitsOn(account, instance) => {
            format!("{} sits on {}", called.account(*account), called.server(*instance))
        }
        Ground::NothingBetween(one, other) => {
            let (one, other) = (called.account(*one), called.account(*other));
            format!("{one} and {other} are no friends, nor has one invited the other")
        }
        Ground::Invited { from, to } => {
            format!("{} has invited {}", called.account(*from), called.account(*to))
        }
        Ground::Friends(one, other) => {
            format!("{} and {} are friends", called.account(*one), called.account(*other))
        }
        Ground::GroupExists(group) => format!("there is the group {}", called.group(*group)),
        Ground::GroupNameIsFree(name) => format!("no group is called {}", escaped(name)),
        Ground::IsMember(account, group) => {
            format!("{} is in the group {}", called.account(*account), called.group(*group))
        }
        Ground::IsNoMember(account, group) => {
            format!(
                "{} is not in the group {}",
                called.account(*account),
                called.group(*group)
            )
        }
    }
}
