//! Two histories in one log: what the projections would have to hold twice, though it can be there only once. That comes about where a server
//! has served on projections that were not the log's.

use std::collections::BTreeMap;

use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;

/// Each collision as a sentence that names the events.
pub(crate) fn find(facts: &Facts) -> Vec<String> {
    let mut claims: BTreeMap<String, Vec<Position>> = BTreeMap::new();
    let mut claim = |what: String, position| claims.entry(what).or_default().push(position);
    for account in facts.accounts() {
        claim(
            format!("give the name {} to an account that lives", account.name),
            account.position,
        );
    }
    for group in facts.groups() {
        claim(format!("give the name {} to a group", group.name), group.position);
    }
    for seat in facts.seats() {
        let started = facts
            .session_of(seat.account)
            .map_or(Position::START, |session| session.position);
        let (number, instance) = (seat.number, seat.instance);
        claim(
            format!("start a session that has seat {number} of server {instance}"),
            started,
        );
    }
    claims.retain(|_, positions| positions.len() > 1);
    let sentence = |(what, mut positions): (String, Vec<Position>)| {
        positions.sort_unstable();
        let positions: Vec<String> = positions.iter().map(Position::to_string).collect();
        format!(
            "two histories have been written into this log: the events at positions {} all {what}",
            positions.join(" and ")
        )
    };
    claims.into_iter().map(sentence).collect()
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
