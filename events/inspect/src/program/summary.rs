//! `state --summary`: how many there are of everything.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use tenfold_core::facts::{Facts, InstanceState, PairState};
use tenfold_core::ids::Position;

/// How many rows the projections have. Serialized, it is what `state --summary --json` prints.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Summary {
    position: Position,
    accounts: usize,
    sessions: usize,
    friends: usize,
    invites: usize,
    groups: usize,
    memberships: usize,
    posts: usize,
    /// Application servers by their state.
    instances: BTreeMap<&'static str, usize>,
    /// On the servers that serve.
    seats: usize,
    seats_taken: usize,
}

impl Summary {
    pub(super) fn of(facts: &Facts, position: Position) -> Summary {
        let pairs = |wanted| facts.pairs().filter(|pair| pair.state == wanted).count();
        let mut instances = BTreeMap::new();
        let mut seats = 0;
        for instance in facts.instances() {
            *instances.entry(instance.state.name()).or_default() += 1;
            if matches!(instance.state, InstanceState::Ready | InstanceState::Draining) {
                seats += usize::from(instance.seats);
            }
        }
        Summary {
            position,
            accounts: facts.accounts().count(),
            sessions: facts.sessions().count(),
            friends: pairs(PairState::Friends),
            invites: pairs(PairState::Invited),
            groups: facts.groups().count(),
            memberships: facts.memberships().count(),
            posts: facts.posts().count(),
            instances,
            seats,
            seats_taken: facts.seats().count(),
        }
    }

    pub(super) fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "State at position {}", self.position)?;
        let servers: usize = self.instances.values().sum();
        let by_state = self.instances.iter().map(|(state, count)| format!("{count} {state}"));
        let by_state: Vec<String> = by_state.collect();
        for (what, count, more) in [
            ("accounts", self.accounts, format!("{} online", self.sessions)),
            ("friendships", self.friends, String::new()),
            ("open invites", self.invites, String::new()),
            ("groups", self.groups, format!("{} memberships", self.memberships)),
            ("posts", self.posts, String::new()),
            ("servers", servers, by_state.join(", ")),
            ("seats", self.seats, format!("{} taken", self.seats_taken)),
        ] {
            let line = format!("{count:>9}  {what:<12}  {more}");
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
