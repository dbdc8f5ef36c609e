//! Two histories in one log: what the projections would have to hold twice, though it can be there only once. That comes about where a server
//! has served on projections that were not the log's.

use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;

/// Each collision as a sentence that names the events.
pub(crate) fn find(facts: &Facts) -> Vec<String> {
    let accounts = facts.accounts().map(|account| (&account.name, account.position));
    let groups = facts.groups().map(|group| (&group.name, group.position));
    let seats = facts.seats().map(|seat| {
        let session = facts.session_of(seat.account);
        let started = session.map_or(Position::START, |session| session.position);
        ((seat.instance, seat.number), started)
    });
    let mut told = told_twice(accounts, |name| {
        format!("give the name {name} to an account that lives")
    });
    told.extend(told_twice(groups, |name| format!("give the name {name} to a group")));
    told.extend(told_twice(seats, |(instance, number)| {
        format!("start a session that has seat {number} of server {instance}")
    }));
    told
}

/// A sentence for whatever several events claim; `what` says it in words. Most logs have no such thing: nothing is said of what is claimed once.
fn told_twice<K: Ord>(claims: impl Iterator<Item = (K, Position)>, what: impl Fn(&K) -> String) -> Vec<String> {
    let mut claims: Vec<(K, Position)> = claims.collect();
    claims.sort_unstable();
    let same = claims.chunk_by(|(one, _), (other, _)| one == other);
    let sentence = |claims: &[(K, Position)]| {
        let positions: Vec<String> = claims.iter().map(|(_, position)| position.to_string()).collect();
        format!(
            "two histories have been written into this log: the events at positions {} all {}",
            positions.join(" and "),
            what(&claims[0].0)
        )
    };
    same.filter(|claims| claims.len() > 1).map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use tenfold_core::event::Event;
    use tenfold_core::ids::AccountId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_name_that_two_living_accounts_have_is_told_with_both_events() {
        let mut facts = Facts::default();
        for (position, name) in [(1, "alice"), (2, "bob"), (7, "alice")] {
            let account = AccountId(Uuid::from_u128(position as u128));
            let event = Event::AccountRegistered {
                account,
                name: name.into(),
            };
            facts.fold(Position(position), 1, &event).unwrap();
        }
        let told = find(&facts);
        assert!(
            told.len() == 1 && told[0].contains("1 and 7") && told[0].contains("alice"),
            "{told:?}"
        );
    }
}
