//! A condition kept in view while a log is folded. It is decided anew only after an event that changed a row it looks at,
//! so that watching costs little beside the folding.

use std::collections::BTreeMap;

use tenfold_core::facts::{Change, Projection, Row};
use tenfold_core::facts::{Facts, PairState};
use tenfold_core::ids::{AccountId, Position};

use super::atoms::{Atom, Condition, Wanted, are_friends};
use super::invariants::Invariants;
use super::seats::Seats;

/// A condition with what it must remember.
#[derive(Clone, Debug)]
pub struct Watch {
    node: Node,
    holds: bool,
}

/// A condition's parts, with what each remembers.
#[derive(Clone, Debug)]
enum Node {
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Invariant(Box<Invariants>),
    Seats(Box<Seats>),
    /// The posts that are meant, and who wrote them.
    Sees(Atom, BTreeMap<Position, AccountId>),
    Plain(Atom),
}

impl Watch {
    /// Begins to watch where `facts` are all there is.
    pub fn begin(condition: &Condition, facts: &Facts) -> Watch {
        let node = Node::of(condition, facts);
        let holds = node.holds(facts);
        Watch { node, holds }
    }

    /// Whether it is so by now.
    pub fn holds(&self) -> bool {
        self.holds
    }

    /// Follows an event: `facts` are those with the event in them, `changes` what it changed. Whether it is so now.
    pub fn step(&mut self, facts: &Facts, changes: &[Change]) -> bool {
        if self.node.follow(facts, changes) {
            self.holds = self.node.holds(facts);
        }
        self.holds
    }

    /// Which rules of the service are broken by now, where the condition asks for that.
    pub fn faults(&self) -> Vec<String> {
        self.node.faults()
    }
}

impl Node {
    fn of(condition: &Condition, facts: &Facts) -> Node {
        match condition {
            Condition::Not(inner) => Node::Not(Node::of(inner, facts).into()),
            Condition::And(one, other) => Node::And(Node::of(one, facts).into(), Node::of(other, facts).into()),
            Condition::Or(one, other) => Node::Or(Node::of(one, facts).into(), Node::of(other, facts).into()),
            Condition::Atom(Atom::Invariant) => Node::Invariant(Invariants::of_facts(facts).into()),
            Condition::Atom(Atom::SeatsOverLimit) => Node::Seats(Seats::of_facts(facts).into()),
            Condition::Atom(atom @ Atom::Sees(_, wanted)) => {
                let meant = facts.posts().filter(|post| is_meant(wanted, post.position, &post.text));
                let meant = meant.map(|post| (post.position, post.author)).collect();
                Node::Sees(atom.clone(), meant)
            }
            Condition::Atom(atom) => Node::Plain(atom.clone()),
        }
    }

    /// Remembers what the event changed; whether the answer may be another one now.
    fn follow(&mut self, facts: &Facts, changes: &[Change]) -> bool {
        match self {
            Node::Not(inner) => inner.follow(facts, changes),
            // Both must follow, whatever the first says.
            Node::And(one, other) | Node::Or(one, other) => one.follow(facts, changes) | other.follow(facts, changes),
            Node::Invariant(invariants) => {
                invariants.step(facts, changes);
                !changes.is_empty()
            }
            Node::Seats(seats) => {
                // All of them are to be followed, not only up to the first that is about a seat.
                let touched: Vec<bool> = changes.iter().map(|change| seats.step(change).is_some()).collect();
                touched.contains(&true)
            }
            Node::Sees(atom, meant) => {
                changes.iter().for_each(|change| remember(atom, meant, change));
                changes.iter().any(|change| touches(atom, change))
            }
            Node::Plain(atom) => changes.iter().any(|change| touches(atom, change)),
        }
    }

    fn holds(&self, facts: &Facts) -> bool {
        match self {
            Node::Not(inner) => !inner.holds(facts),
            Node::And(one, other) => one.holds(facts) && other.holds(facts),
            Node::Or(one, other) => one.holds(facts) || other.holds(facts),
            Node::Invariant(invariants) => invariants.hold(),
            Node::Seats(seats) => !seats.wrong().is_empty(),
            Node::Sees(atom, meant) => {
                let reader = atom.people().first().and_then(|who| who.account(facts));
                reader.is_some_and(|reader| meant.values().any(|author| are_friends(facts, reader.id, *author)))
            }
            Node::Plain(atom) => is_so(atom, facts),
        }
    }

    fn faults(&self) -> Vec<String> {
        match self {
            Node::Not(inner) => inner.faults(),
            Node::And(one, other) | Node::Or(one, other) => [one.faults(), other.faults()].concat(),
            Node::Invariant(invariants) => invariants.faults(),
            Node::Seats(seats) => seats.wrong().values().cloned().collect(),
            Node::Sees(..) | Node::Plain(_) => Vec::new(),
        }
    }
}

fn is_meant(wanted: &Wanted, position: Position, text: &str) -> bool {
    match wanted {
        Wanted::At(wanted) => *wanted == position,
        Wanted::Saying(part) => text.contains(part.as_str()),
    }
}

fn remember(atom: &Atom, meant: &mut BTreeMap<Position, AccountId>, change: &Change) {
    match (atom, change) {
        (Atom::Sees(_, wanted), Change::Put(Row::Post(post))) if is_meant(wanted, post.position, &post.text) => {
            meant.insert(post.position, post.author);
        }
        (_, Change::RemoveAllOf(Projection::Post, gone)) => meant.retain(|_, author| author != gone),
        _ => {}
    }
}

/// Whether a change is one of those that the atom's answer can follow from.
fn touches(atom: &Atom, change: &Change) -> bool {
    let is = |projection| change.projection() == projection;
    let is_person = is(Projection::Account);
    match atom {
        Atom::Exists(_) => is_person,
        Atom::Online(_) => is_person || is(Projection::Session),
        Atom::Friends(..) | Atom::Invited(..) => is_person || is(Projection::Pair),
        Atom::Member(..) => is_person || is(Projection::Membership) || is(Projection::Group),
        Atom::Sees(..) => is_person || is(Projection::Pair) || is(Projection::Post),
        Atom::Invariant | Atom::SeatsOverLimit => true,
    }
}

fn is_so(atom: &Atom, facts: &Facts) -> bool {
    match atom {
        Atom::Exists(who) => who.account(facts).is_some(),
        Atom::Online(who) => who
            .account(facts)
            .is_some_and(|account| facts.session_of(account.id).is_some()),
        Atom::Friends(one, other) => match (one.account(facts), other.account(facts)) {
            (Some(one), Some(other)) => are_friends(facts, one.id, other.id),
            _ => false,
        },
        Atom::Invited(one, other) => match (one.account(facts), other.account(facts)) {
            (Some(one), Some(other)) => facts
                .pair(one.id, other.id)
                .is_some_and(|pair| pair.state == PairState::Invited && pair.inviter == one.id),
            _ => false,
        },
        Atom::Member(who, group) => match (who.account(facts), group.group(facts)) {
            (Some(account), Some(group)) => facts.is_member(group, account.id),
            _ => false,
        },
        // They remember something, and have nodes of their own.
        Atom::Invariant | Atom::SeatsOverLimit | Atom::Sees(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::parse;
    use tenfold_synthetic::{Shape, Synthetic};

    /// What is followed event by event is what is seen by looking at everything anew.
    #[test]
    fn following_and_looking_anew_agree_at_every_position() {
        let log: Vec<_> = Synthetic::new(Shape::dense(21)).take(1500).collect();
        for text in [
            "online(person-1)",
            "exists(person-3) and not online(person-3)",
            "friends(person-1, person-2) or invited(person-2, person-1)",
            "member(person-1, group-7) or member(person-2, group-20)",
            "sees(person-1, \"coffee\") and not sees(person-2, \"coffee\")",
            "invariant and not seats-over-limit",
        ] {
            let condition = parse(text).unwrap();
            let mut facts = Facts::default();
            let mut watch = Watch::begin(&condition, &facts);
            for recorded in &log {
                let changes = facts
                    .apply(recorded.position, recorded.version, &recorded.event)
                    .unwrap();
                let anew = Watch::begin(&condition, &facts).holds();
                assert_eq!(watch.step(&facts, &changes), anew, "{text} at {}", recorded.position);
            }
        }
    }
}
