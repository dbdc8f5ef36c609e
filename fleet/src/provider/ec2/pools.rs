//! The capacity pools (a type of machine in a subnet) that a launch may take: which comes next, and which had no machine a moment ago, or
//! one that did not come to serve. Pure.

use std::collections::HashMap;
use std::time::Duration;

/// How long a pool is passed over that had no machine.
pub(super) const REST: Duration = Duration::from_secs(180);

/// A type of machine in a subnet; what is not named, the launch template or the account's default decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Pool {
    /// Where in the list it is, from 0.
    pub number: usize,
    /// Where in the list its type is, from 0.
    rank: usize,
    /// The type of the machine.
    pub instance_type: Option<String>,
    /// The subnet, and with it the zone.
    pub subnet: Option<String>,
}

impl std::fmt::Display for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let instance_type = self.instance_type.as_deref().unwrap_or("the usual type");
        match &self.subnet {
            Some(subnet) => write!(f, "{instance_type} in {subnet}"),
            None => f.write_str(instance_type),
        }
    }
}

/// All pools. The subnets, and with them the zones, take turns; the next type comes when no subnet has a machine of the one before. Times
/// count from any fixed moment.
#[derive(Debug, Default)]
pub(super) struct Pools {
    all: Vec<Pool>,
    /// The one that was given out last.
    last: usize,
    empty_since: HashMap<usize, Duration>,
    failed_at: HashMap<usize, Duration>,
}

impl Pools {
    /// Nothing is known of any of them.
    pub fn new(types: &[String], subnets: &[String]) -> Pools {
        let or_none = |names: &[String]| -> Vec<Option<String>> {
            // An empty variable of the environment names nothing.
            let named = names.iter().filter(|name| !name.is_empty());
            let named: Vec<Option<String>> = named.cloned().map(Some).collect();
            if named.is_empty() { vec![None] } else { named }
        };
        let pairs = or_none(types)
            .into_iter()
            .enumerate()
            .flat_map(|(rank, instance_type)| {
                let in_subnet = move |subnet| (rank, instance_type.clone(), subnet);
                or_none(subnets).into_iter().map(in_subnet).collect::<Vec<_>>()
            });
        let all = pairs.enumerate().map(|(number, (rank, instance_type, subnet))| Pool {
            number,
            rank,
            instance_type,
            subnet,
        });
        let all: Vec<Pool> = all.collect();
        Pools {
            last: all.len(),
            all,
            ..Pools::default()
        }
    }

    /// The pool whose turn it is, of those that are not known to be empty. One where a machine failed rests, unless all do: then it is the
    /// one that has rested longest.
    pub fn next(&mut self, now: Duration) -> Option<Pool> {
        let rests = |since: &Duration| now.saturating_sub(*since) < REST;
        self.empty_since.retain(|_, since| rests(since));
        self.failed_at.retain(|_, at| rests(at));
        let open = self
            .all
            .iter()
            .filter(|pool| !self.empty_since.contains_key(&pool.number));
        // Behind the last one, or else from the beginning.
        let turn = |pool: &Pool| (pool.number <= self.last, pool.number);
        let next = open
            .min_by_key(|pool| (self.failed_at.get(&pool.number), pool.rank, turn(pool)))?
            .clone();
        self.last = next.number;
        Some(next)
    }

    /// There was no machine in it.
    pub fn note_empty(&mut self, pool: &Pool, now: Duration) {
        self.empty_since.insert(pool.number, now);
    }

    /// There was one, which did not come to serve.
    pub fn note_failed(&mut self, number: usize, now: Duration) {
        self.failed_at.insert(number, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn each_type_is_tried_in_every_subnet_before_the_next_one() {
        let mut pools = Pools::new(&names(&["small", "large"]), &names(&["a", "b"]));
        let mut order = Vec::new();
        while let Some(pool) = pools.next(Duration::ZERO) {
            pools.note_empty(&pool, Duration::ZERO);
            order.push(pool.to_string());
        }
        assert_eq!(order, ["small in a", "small in b", "large in a", "large in b"]);
    }

    #[test]
    fn an_empty_pool_is_passed_over_for_three_minutes() {
        let mut pools = Pools::new(&[], &names(&["a", "b"]));
        let first = pools.next(Duration::ZERO).unwrap();
        pools.note_empty(&first, Duration::ZERO);
        for _ in 0..2 {
            let second = pools.next(Duration::from_secs(179)).unwrap();
            assert_eq!(second.subnet.as_deref(), Some("b"));
        }
        assert_eq!(pools.next(Duration::from_secs(180)), Some(first));
    }

    #[test]
    fn where_nothing_is_named_there_is_one_pool() {
        let mut pools = Pools::new(&[], &[]);
        let pool = pools.next(Duration::ZERO).unwrap();
        assert_eq!(pool, Pool::default());
        pools.note_empty(&pool, Duration::ZERO);
        assert_eq!(pools.next(Duration::ZERO), None);
    }

    #[test]
    fn zones_take_turns_and_one_where_a_machine_failed_rests_unless_all_do() {
        let mut pools = Pools::new(&names(&["small", "large"]), &names(&["a", "b", "c"]));
        let mut next = |seconds, failed: Option<usize>| {
            let now = Duration::from_secs(seconds);
            failed.into_iter().for_each(|number| pools.note_failed(number, now));
            pools.next(now).unwrap().to_string()
        };
        assert_eq!(
            [0; 4].map(|at| next(at, None)),
            ["small in a", "small in b", "small in c", "small in a"]
        );
        assert_eq!([next(1, Some(1)), next(1, None)], ["small in c", "small in a"]);
        assert_eq!([next(2, Some(0)), next(2, Some(2))], ["small in c", "large in a"]);
        for number in 3..6 {
            next(number as u64, Some(number));
        }
        assert_eq!(next(9, None), "small in b", "it has rested longest");
    }
}
