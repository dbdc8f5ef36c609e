//! Where a machine may be launched, and where there was none a moment ago. Pure.

use std::collections::HashMap;
use std::time::Duration;

/// How long a place is passed over that had no machine.
pub(super) const REST: Duration = Duration::from_secs(180);

/// A type of machine in a subnet; what is not named, the launch template or the account's default decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// Which place in the list this is, from 0.
    pub number: usize,
    /// The type of the machine.
    pub instance_type: Option<String>,
    /// The subnet, and with it the zone.
    pub subnet: Option<String>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let instance_type = self.instance_type.as_deref().unwrap_or("the usual type");
        match &self.subnet {
            Some(subnet) => write!(f, "{instance_type} in {subnet}"),
            None => f.write_str(instance_type),
        }
    }
}

/// All places, the best first: each type in every subnet before the next type. Times count from any fixed moment.
#[derive(Debug, Default)]
pub(super) struct Places {
    all: Vec<Place>,
    empty_since: HashMap<usize, Duration>,
}

impl Places {
    /// Nothing is known of any of them.
    pub fn new(types: &[String], subnets: &[String]) -> Places {
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
        let all = pairs.enumerate().map(|(number, (instance_type, subnet))| Place {
            number,
            instance_type,
            subnet,
        });
        Places {
            all: all.collect(),
            empty_since: HashMap::new(),
        }
    }

    /// The best place that is not known to be empty.
    pub fn best(&mut self, now: Duration) -> Option<Place> {
        self.empty_since.retain(|_, since| now.saturating_sub(*since) < REST);
        let is_open = |place: &&Place| !self.empty_since.contains_key(&place.number);
        self.all.iter().find(is_open).cloned()
    }

    /// There was no machine there.
    pub fn is_empty(&mut self, place: &Place, now: Duration) {
        self.empty_since.insert(place.number, now);
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
        let mut places = Places::new(&names(&["small", "large"]), &names(&["a", "b"]));
        let mut order = Vec::new();
        while let Some(place) = places.best(Duration::ZERO) {
            places.is_empty(&place, Duration::ZERO);
            order.push(place.to_string());
        }
        assert_eq!(order, ["small in a", "small in b", "large in a", "large in b"]);
    }

    #[test]
    fn an_empty_place_is_passed_over_for_three_minutes() {
        let mut places = Places::new(&[], &names(&["a", "b"]));
        let first = places.best(Duration::ZERO).unwrap();
        places.is_empty(&first, Duration::ZERO);
        let second = places.best(Duration::from_secs(179)).unwrap();
        assert_eq!(second.subnet.as_deref(), Some("b"));
        assert_eq!(places.best(Duration::from_secs(180)), Some(first));
    }

    #[test]
    fn where_nothing_is_named_there_is_one_place() {
        let mut places = Places::new(&[], &[]);
        let place = places.best(Duration::ZERO).unwrap();
        assert_eq!(place, Place::default());
        places.is_empty(&place, Duration::ZERO);
        assert_eq!(places.best(Duration::ZERO), None);
    }
}
