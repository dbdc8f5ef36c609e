//! The capacity pools (a type of machine in a subnet) that a launch may take, and which had no machine a moment ago. Pure.

use std::collections::HashMap;
use std::time::Duration;

/// How long a pool is passed over that had no machine.
pub(super) const REST: Duration = Duration::from_secs(180);

/// A type of machine in a subnet; what is not named, the launch template or the account's default decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Pool {
    /// Where in the list it is, from 0.
    pub number: usize,
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

/// All pools, the best first: each type in every subnet before the next type. Times count from any fixed moment.
#[derive(Debug, Default)]
pub(super) struct Pools {
    all: Vec<Pool>,
    empty_since: HashMap<usize, Duration>,
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
        let pairs = or_none(types).into_iter().flat_map(|instance_type| {
            let in_subnet = move |subnet| (instance_type.clone(), subnet);
            or_none(subnets).into_iter().map(in_subnet).collect::<Vec<_>>()
        });
        let all = pairs.enumerate().map(|(number, (instance_type, subnet))| Pool {
            number,
            instance_type,
            subnet,
        });
        Pools {
            all: all.collect(),
            empty_since: HashMap::new(),
        }
    }

    /// The best pool that is not known to be empty.
    pub fn best(&mut self, now: Duration) -> Option<Pool> {
        self.empty_since.retain(|_, since| now.saturating_sub(*since) < REST);
        let is_open = |pool: &&Pool| !self.empty_since.contains_key(&pool.number);
        self.all.iter().find(is_open).cloned()
    }

    /// There was no machine in it.
    pub fn note_empty(&mut self, pool: &Pool, now: Duration) {
        self.empty_since.insert(pool.number, now);
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
        while let Some(pool) = pools.best(Duration::ZERO) {
            pools.note_empty(&pool, Duration::ZERO);
            order.push(pool.to_string());
        }
        assert_eq!(order, ["small in a", "small in b", "large in a", "large in b"]);
    }

    #[test]
    fn an_empty_pool_is_passed_over_for_three_minutes() {
        let mut pools = Pools::new(&[], &names(&["a", "b"]));
        let first = pools.best(Duration::ZERO).unwrap();
        pools.note_empty(&first, Duration::ZERO);
        let second = pools.best(Duration::from_secs(179)).unwrap();
        assert_eq!(second.subnet.as_deref(), Some("b"));
        assert_eq!(pools.best(Duration::from_secs(180)), Some(first));
    }

    #[test]
    fn where_nothing_is_named_there_is_one_pool() {
        let mut pools = Pools::new(&[], &[]);
        let pool = pools.best(Duration::ZERO).unwrap();
        assert_eq!(pool, Pool::default());
        pools.note_empty(&pool, Duration::ZERO);
        assert_eq!(pools.best(Duration::ZERO), None);
    }
}
