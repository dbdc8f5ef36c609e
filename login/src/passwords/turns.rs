//! Who is next where many wait: in turn by address, and among those of one address in turn by account. So whoever asks much waits for
//! themselves, and everybody else for one of theirs at most. (Deficit round robin with equal shares, in two levels: Shreedhar and Varghese 1995.)

use std::collections::{HashMap, VecDeque};

use tenfold_service::origin::Origin;

/// The most that wait of one account from one address.
const OF_ACCOUNT: usize = 32;
/// The most that wait from one address: a class of two hundred comes at once.
const OF_ADDRESS: usize = 500;
/// The most that wait.
const ALL: usize = 5_000;

/// Those who wait.
#[derive(Debug)]
pub struct Turns<Waiting> {
    origins: Ring<Origin, Ring<String, VecDeque<Waiting>>>,
    count: usize,
}

/// Queues by keys, which come in turn.
#[derive(Debug)]
struct Ring<Key, Queue> {
    turns: VecDeque<Key>,
    queues: HashMap<Key, Queue>,
}

impl<Key, Queue> Default for Ring<Key, Queue> {
    fn default() -> Self {
        Ring {
            turns: VecDeque::new(),
            queues: HashMap::new(),
        }
    }
}

impl<Waiting> Default for Turns<Waiting> {
    fn default() -> Self {
        Turns {
            origins: Ring::default(),
            count: 0,
        }
    }
}

impl<Waiting> Turns<Waiting> {
    /// Takes its place; false where too many wait already, everywhere, from there, or for that account from there. Before that, those are removed who
    /// wait no more, as `is_gone` says.
    pub fn push(
        &mut self,
        (origin, account): (Origin, &str),
        waiting: Waiting,
        is_gone: impl Fn(&Waiting) -> bool,
    ) -> bool {
        if self.is_full(origin, account) {
            self.retain(|waiting| !is_gone(waiting));
        }
        if self.is_full(origin, account) {
            return false;
        }
        let accounts = self.origins.queue(&origin);
        accounts.queue(&account.to_owned()).push_back(waiting);
        self.count += 1;
        true
    }

    /// Whose turn it is.
    pub fn pop(&mut self) -> Option<Waiting> {
        let origin = self.origins.turns.pop_front()?;
        let accounts = self.origins.queues.get_mut(&origin)?;
        let account = accounts.turns.pop_front()?;
        let queue = accounts.queues.get_mut(&account)?;
        let next = queue.pop_front();
        // Whoever has more comes again when the others have had their turn.
        if queue.is_empty() {
            accounts.queues.remove(&account);
        } else {
            accounts.turns.push_back(account);
        }
        if accounts.turns.is_empty() {
            self.origins.queues.remove(&origin);
        } else {
            self.origins.turns.push_back(origin);
        }
        self.count -= 1;
        next
    }

    fn is_full(&self, origin: Origin, account: &str) -> bool {
        let Some(accounts) = self.origins.queues.get(&origin) else {
            return self.count >= ALL;
        };
        let of_account = accounts.queues.get(account).map_or(0, VecDeque::len);
        let of_address: usize = accounts.queues.values().map(VecDeque::len).sum();
        self.count >= ALL || of_address >= OF_ADDRESS || of_account >= OF_ACCOUNT
    }

    fn retain(&mut self, stays: impl Fn(&Waiting) -> bool) {
        for accounts in self.origins.queues.values_mut() {
            accounts.queues.values_mut().for_each(|queue| queue.retain(&stays));
            accounts.forget_where(VecDeque::is_empty);
        }
        self.origins.forget_where(|accounts| accounts.turns.is_empty());
        let accounts = self
            .origins
            .queues
            .values()
            .flat_map(|accounts| accounts.queues.values());
        self.count = accounts.map(VecDeque::len).sum();
    }
}

impl<Key: Clone + Eq + std::hash::Hash, Queue> Ring<Key, Queue> {
    /// The queue of `key`, which comes last where it is new.
    fn queue(&mut self, key: &Key) -> &mut Queue
    where
        Queue: Default,
    {
        if !self.queues.contains_key(key) {
            self.turns.push_back(key.clone());
        }
        self.queues.entry(key.clone()).or_default()
    }

    fn forget_where(&mut self, is_empty: impl Fn(&Queue) -> bool) {
        self.queues.retain(|_, queue| !is_empty(queue));
        self.turns.retain(|key| self.queues.contains_key(key));
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn origin(number: u8) -> Origin {
        Origin::of(Some(IpAddr::from([10, 0, 0, number])))
    }

    fn drained(turns: &mut Turns<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| turns.pop()).collect()
    }

    #[test]
    fn addresses_come_in_turn_and_accounts_within_them() {
        let mut turns = Turns::default();
        for (from, account, what) in [
            (1, "a", "a1"),
            (1, "a", "a2"),
            (1, "a", "a3"),
            (1, "b", "b1"),
            (2, "c", "c1"),
            (2, "c", "c2"),
        ] {
            assert!(turns.push((origin(from), account), what, |_| false));
        }
        assert_eq!(drained(&mut turns), ["a1", "c1", "b1", "c2", "a2", "a3"]);
        assert!(turns.origins.queues.is_empty() && turns.origins.turns.is_empty());
    }

    #[test]
    fn whoever_has_too_many_is_told_and_the_others_are_not() {
        let mut turns = Turns::default();
        let mut fit = |account: &str, from: u8| turns.push((origin(from), account), "x", |_| false);
        assert_eq!((0..100).filter(|_| fit("a", 1)).count(), OF_ACCOUNT);
        assert_eq!(
            (0..1000).filter(|number| fit(&number.to_string(), 1)).count(),
            OF_ADDRESS - OF_ACCOUNT
        );
        assert!(fit("a", 2));
    }

    #[test]
    fn whoever_is_gone_makes_room() {
        let mut turns = Turns::default();
        for _ in 0..OF_ACCOUNT {
            assert!(turns.push((origin(1), "a"), "gone", |_| false));
        }
        assert!(turns.push((origin(1), "a"), "here", |waiting| *waiting == "gone"));
        assert_eq!(drained(&mut turns), ["here"]);
    }
}
