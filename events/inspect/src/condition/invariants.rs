//! The rules of the service that hold at every position of a sound log, kept in view while it is folded: after each event
//! only the rows it touched are looked at, and those that were wrong before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tenfold_core::facts::Facts;
use tenfold_core::facts::{Change, Key, Row};
use tenfold_core::ids::{AccountId, GroupId, Position, SessionId};

use super::seats::Seats;
use tenfold_core::escape::escaped;
use tenfold_core::facts::PairKey;
use tenfold_log::sealing::SEALED;

/// A row, or a name, that can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Name(String),
    GroupName(String),
    Session(AccountId),
    Seat(SessionId),
    Pair(PairKey),
    Block(AccountId, AccountId),
    Post(Position),
    Membership(GroupId, AccountId),
}

/// What is wrong by now.
#[derive(Clone, Debug, Default)]
pub(super) struct Invariants {
    named: HashMap<String, BTreeSet<AccountId>>,
    names: HashMap<AccountId, String>,
    groups: HashMap<String, BTreeSet<GroupId>>,
    seats: Seats,
    wrong: BTreeMap<Subject, String>,
}

impl Invariants {
    /// Looks at every row there is.
    pub(super) fn of_facts(facts: &Facts) -> Invariants {
        let mut invariants = Invariants {
            seats: Seats::of_facts(facts),
            ..Invariants::default()
        };
        let mut subjects = Vec::new();
        for account in facts.accounts() {
            subjects.push(invariants.name(account.id, &account.name));
        }
        for group in facts.groups() {
            subjects.push(invariants.name_group(group.id, &group.name));
        }
        subjects.extend(facts.sessions().map(|session| Subject::Session(session.account)));
        subjects.extend(facts.seats().map(|seat| Subject::Seat(seat.session)));
        subjects.extend(facts.pairs().map(|pair| Subject::Pair(pair.key)));
        subjects.extend(facts.blocks().map(|row| Subject::Block(row.blocker, row.blocked)));
        subjects.extend(facts.posts().map(|post| Subject::Post(post.position)));
        subjects.extend(
            facts
                .memberships()
                .map(|row| Subject::Membership(row.group, row.account)),
        );
        subjects
            .into_iter()
            .for_each(|subject| invariants.look_at(facts, subject));
        invariants
    }

    /// Follows an event; `facts` are those with the event in them.
    pub(super) fn step(&mut self, facts: &Facts, changes: &[Change]) {
        let mut subjects: Vec<Subject> = changes.iter().flat_map(|change| self.touched(change)).collect();
        // A row can be put right by something else than itself: its account appears, or what it was about is gone.
        subjects.extend(self.wrong.keys().cloned());
        subjects.into_iter().for_each(|subject| self.look_at(facts, subject));
    }

    pub(super) fn hold(&self) -> bool {
        self.wrong.is_empty() && self.seats.wrong().is_empty()
    }

    /// What is wrong, in words.
    pub(super) fn faults(&self) -> Vec<String> {
        self.wrong
            .values()
            .chain(self.seats.wrong().values())
            .cloned()
            .collect()
    }

    fn touched(&mut self, change: &Change) -> Vec<Subject> {
        if let Some(session) = self.seats.step(change) {
            return vec![Subject::Seat(session)];
        }
        match change {
            Change::Put(Row::Account(account)) => vec![self.name(account.id, &account.name)],
            Change::Remove(Key::Account(account)) => self.forget(*account),
            Change::Put(Row::Session(session)) => self.of_session(session.account),
            Change::Remove(Key::Session(account)) => self.of_session(*account),
            Change::Put(Row::Pair(pair)) => vec![Subject::Pair(pair.key)],
            Change::Remove(Key::Pair(key)) => vec![Subject::Pair(*key)],
            Change::Put(Row::Block(row)) => vec![Subject::Block(row.blocker, row.blocked)],
            Change::Put(Row::Post(post)) => vec![Subject::Post(post.position)],
            Change::Put(Row::Group(group)) => vec![self.name_group(group.id, &group.name)],
            Change::Put(Row::Membership(row)) => vec![Subject::Membership(row.group, row.account)],
            _ => Vec::new(),
        }
    }

    fn name(&mut self, account: AccountId, name: &str) -> Subject {
        self.names.insert(account, name.to_owned());
        self.named.entry(name.to_owned()).or_default().insert(account);
        Subject::Name(name.to_owned())
    }

    fn name_group(&mut self, group: GroupId, name: &str) -> Subject {
        self.groups.entry(name.to_owned()).or_default().insert(group);
        Subject::GroupName(name.to_owned())
    }

    fn forget(&mut self, account: AccountId) -> Vec<Subject> {
        let mut subjects = self.of_session(account);
        if let Some(name) = self.names.remove(&account) {
            if let Some(accounts) = self.named.get_mut(&name) {
                accounts.remove(&account);
                if accounts.is_empty() {
                    self.named.remove(&name);
                }
            }
            subjects.push(Subject::Name(name));
        }
        subjects
    }

    fn of_session(&self, account: AccountId) -> Vec<Subject> {
        let seats = self.seats.sessions_of(account).into_iter().map(Subject::Seat);
        seats.chain([Subject::Session(account)]).collect()
    }

    fn look_at(&mut self, facts: &Facts, subject: Subject) {
        match self.fault_of(facts, &subject) {
            Some(fault) => drop(self.wrong.insert(subject, fault)),
            None => drop(self.wrong.remove(&subject)),
        }
    }

    fn fault_of(&self, facts: &Facts, subject: &Subject) -> Option<String> {
        let lives = |account: AccountId| facts.account(account).is_some();
        match subject {
            Subject::Name(name) => {
                let accounts = self.named.get(name).map_or(0, BTreeSet::len);
                // Whoever has not the key cannot tell names apart, and what stands for them is the same for all.
                (accounts > 1 && name != SEALED)
                    .then(|| format!("{accounts} living accounts are called {}", escaped(name)))
            }
            Subject::GroupName(name) => {
                let groups = self.groups.get(name).map_or(0, BTreeSet::len);
                (groups > 1).then(|| format!("{groups} groups are called {}", escaped(name)))
            }
            Subject::Session(account) => {
                let session = facts.session_of(*account).filter(|_| !lives(*account))?;
                Some(format!(
                    "the session {} is of the account {account}, which does not live",
                    session.id
                ))
            }
            Subject::Seat(session) => {
                let seat = self.seats.get(*session)?;
                let live = facts.session_of(seat.account).is_some_and(|live| live.id == *session);
                let (number, instance) = (seat.number + 1, seat.instance);
                (!live).then(|| format!("seat {number} on server {instance} is taken by {session}, no live session"))
            }
            Subject::Pair(key) => {
                let pair = facts.pair(key.low, key.high)?;
                let dead = [key.low, key.high].into_iter().find(|account| !lives(*account));
                let position = pair.position;
                let of_one = || format!("the pair of position {position} is of {} alone", key.low);
                dead.map(|dead| format!("the pair of position {position} is of {dead}, who does not live"))
                    .or_else(|| (key.low == key.high).then(of_one))
            }
            Subject::Block(blocker, blocked) => {
                let row = facts.block(*blocker, *blocked)?;
                let dead = [blocker, blocked].into_iter().find(|account| !lives(**account));
                let position = row.position;
                dead.map(|dead| format!("the block of position {position} is of {dead}, who does not live"))
            }
            Subject::Post(position) => {
                let post = facts.post(*position).filter(|post| !lives(post.author))?;
                Some(format!(
                    "the post of position {position} is by {}, who does not live",
                    post.author
                ))
            }
            Subject::Membership(group, account) => {
                let row = facts.membership(*group, *account)?;
                let dead = !lives(*account) || facts.group(*group).is_none();
                let position = row.position;
                dead.then(|| {
                    format!(
                        "the membership of position {position} is of {account} in {group}, and one of them is not there"
                    )
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenfold_synthetic::{Shape, Synthetic};

    #[test]
    fn no_log_that_was_decided_breaks_a_rule_and_both_ways_of_looking_agree() {
        let mut facts = Facts::default();
        let mut followed = Invariants::of_facts(&facts);
        for (index, recorded) in Synthetic::new(Shape::dense(11)).take(3000).enumerate() {
            let changes = facts
                .apply(recorded.position, recorded.version, &recorded.event)
                .unwrap();
            followed.step(&facts, &changes);
            assert!(followed.hold(), "{:?}: {:?}", recorded.event, followed.faults());
            if index % 500 == 0 {
                assert!(Invariants::of_facts(&facts).hold());
            }
        }
    }
}
