//! How often somebody may be wrong: from an address, and about an account. Who has been wrong too often is told so before anything is computed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tenfold_core::name;
use tenfold_service::buckets::{Allowance, Buckets};

use tenfold_service::origin::Origin;

/// One failed login for each of an account's allowance comes back after so long; an address has ten times as many.
const ACCOUNT_EVERY: Duration = Duration::from_secs(2);
const ADDRESS_PER_SECOND: f64 = 5.0;
const REGISTRATIONS_PER_SECOND: f64 = 1.0;

/// What is allowed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtOnce {
    /// Failed logins from one address; five a second come back.
    pub failed_of_address: u32,
    /// Failed logins of one account; one in two seconds comes back.
    pub failed_of_account: u32,
    /// Registrations from one address; one a second comes back.
    pub registrations: u32,
}

impl TooOften {
    /// How the quota is called in the log.
    pub fn quota(&self) -> &'static str {
        match self {
            TooOften::Address(_) => "failed-logins-of-address",
            TooOften::Account(_) => "failed-logins-of-account",
            TooOften::Registrations(_) => "registrations",
        }
    }
}

impl Default for AtOnce {
    fn default() -> Self {
        AtOnce {
            failed_of_address: 200,
            failed_of_account: 20,
            registrations: 1000,
        }
    }
}

/// What was too much. The sentence is for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the sentences say it
pub enum TooOften {
    #[error("Too many failed logins from your address; try again in {}", seconds(.0))]
    Address(Duration),
    #[error("Too many failed logins of this account; try again in {}", seconds(.0))]
    Account(Duration),
    #[error("Too many registrations from your address; try again in {}", seconds(.0))]
    Registrations(Duration),
}

fn seconds(wait: &Duration) -> String {
    match wait.as_secs_f64().ceil().max(1.0) as u64 {
        1 => "a second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

/// Who tries, as it is counted: from where, and the name that was typed, whether or not somebody is called so.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'attempt> {
    /// From where.
    pub origin: Origin,
    /// As typed.
    pub account: &'attempt str,
    /// Whether the account's own person has come from there before: what strangers do elsewhere does not count against them.
    pub is_own: bool,
}

/// Counts.
#[derive(Debug)]
pub struct Attempts {
    addresses: Mutex<Buckets<Origin>>,
    accounts: Mutex<Buckets<(Option<Origin>, String)>>,
    registrations: Mutex<Buckets<Origin>>,
}

impl Attempts {
    /// With these allowances.
    pub fn new(at_once: AtOnce) -> Attempts {
        let buckets = |burst: u32, per_second| Allowance {
            burst: burst.into(),
            per_second,
        };
        Attempts {
            addresses: Mutex::new(Buckets::new(buckets(at_once.failed_of_address, ADDRESS_PER_SECOND))),
            accounts: Mutex::new(Buckets::new(buckets(
                at_once.failed_of_account,
                ACCOUNT_EVERY.as_secs_f64().recip(),
            ))),
            registrations: Mutex::new(Buckets::new(buckets(at_once.registrations, REGISTRATIONS_PER_SECOND))),
        }
    }

    /// Whether it may be tried now.
    ///
    /// # Errors
    /// What was too much.
    pub fn check(&self, attempt: Attempt<'_>) -> Result<(), TooOften> {
        let now = Instant::now();
        // Whoever else is behind it does not count against the account's own person.
        if !attempt.is_own
            && let Some(wait) = lock(&self.addresses).wait(&attempt.origin, 1.0, now)
        {
            return Err(TooOften::Address(wait));
        }
        match lock(&self.accounts).wait(&attempt.bucket(), 1.0, now) {
            Some(wait) => Err(TooOften::Account(wait)),
            None => Ok(()),
        }
    }

    /// [Checks](Self::check) it when it is about to be tried; from then on it counts as failed until it is [forgiven](Self::forgive).
    ///
    /// # Errors
    /// What was too much.
    pub fn begin(&self, attempt: Attempt<'_>) -> Result<(), TooOften> {
        self.check(attempt)?;
        self.count(attempt);
        Ok(())
    }

    fn count(&self, attempt: Attempt<'_>) {
        let now = Instant::now();
        lock(&self.addresses).add(attempt.origin, 1.0, now);
        lock(&self.accounts).add(attempt.bucket(), 1.0, now);
    }

    /// The password was right.
    pub fn forgive(&self, attempt: Attempt<'_>) {
        lock(&self.addresses).take_back(&attempt.origin, 1.0);
        lock(&self.accounts).take_back(&attempt.bucket(), 1.0);
    }

    /// Counts a registration, where one may be made from there.
    ///
    /// # Errors
    /// [`TooOften::Registrations`].
    pub fn register(&self, origin: Origin) -> Result<(), TooOften> {
        let now = Instant::now();
        let mut registrations = lock(&self.registrations);
        if let Some(wait) = registrations.wait(&origin, 1.0, now) {
            return Err(TooOften::Registrations(wait));
        }
        registrations.add(origin, 1.0, now);
        Ok(())
    }
}

impl Attempt<'_> {
    /// No account has a longer name than is kept.
    fn bucket(&self) -> (Option<Origin>, String) {
        let account = name::shortened(self.account).into_owned();
        (self.is_own.then_some(self.origin), account)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing inside can be left half done by a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(number: u8) -> Origin {
        Origin::of(Some([10, 0, 0, number].into()))
    }

    fn attempt(origin: Origin, account: &str, is_own: bool) -> Attempt<'_> {
        Attempt {
            origin,
            account,
            is_own,
        }
    }

    /// How many go through.
    fn through(attempts: &Attempts, attempt: Attempt<'_>, tries: usize) -> usize {
        let goes = |_: &usize| attempts.begin(attempt).is_ok();
        (0..tries).filter(goes).count()
    }

    #[test]
    fn an_account_is_tried_twenty_times_from_wherever_and_its_own_person_is_not_shut_out() {
        let attempts = Attempts::new(AtOnce::default());
        let tried: usize = (1..=50)
            .map(|number| through(&attempts, attempt(from(number), "ann", false), 10))
            .sum();
        assert_eq!(tried, 20);
        assert!(attempts.check(attempt(from(9), "ben", false)).is_ok());
        assert_eq!(through(&attempts, attempt(from(100), "ann", true), 50), 20);
        let said = attempts
            .check(attempt(from(200), "ann", false))
            .unwrap_err()
            .to_string();
        assert_eq!(said, "Too many failed logins of this account; try again in 2 seconds");
    }

    #[test]
    fn an_address_has_two_hundred_whatever_the_accounts() {
        let attempts = Attempts::new(AtOnce::default());
        let names: Vec<String> = (0..500).map(|number| number.to_string()).collect();
        let tried: usize = names
            .iter()
            .map(|name| through(&attempts, attempt(from(1), name, false), 1))
            .sum();
        assert!((200..=205).contains(&tried), "{tried}");
        assert!(attempts.check(attempt(from(2), "0", false)).is_ok());
    }

    #[test]
    fn whoever_else_is_wrong_behind_an_address_does_not_shut_its_people_out() {
        let attempts = Attempts::new(AtOnce::default());
        for number in 0..500 {
            let _ = attempts.begin(attempt(from(1), &number.to_string(), false));
        }
        assert!(attempts.begin(attempt(from(1), "ann", false)).is_err());
        assert_eq!(through(&attempts, attempt(from(1), "ann", true), 50), 20);
    }

    #[test]
    fn whoever_is_right_has_not_failed() {
        let attempts = Attempts::new(AtOnce::default());
        let right = attempt(from(1), "ann", false);
        for _ in 0..1000 {
            assert_eq!(attempts.begin(right), Ok(()));
            attempts.forgive(right);
        }
    }

    #[test]
    fn registrations_are_counted_by_address() {
        let attempts = Attempts::new(AtOnce {
            registrations: 3,
            ..AtOnce::default()
        });
        assert_eq!((0..10).filter(|_| attempts.register(from(1)).is_ok()).count(), 3);
        assert!(attempts.register(from(2)).is_ok());
        let said = attempts.register(from(1)).unwrap_err().to_string();
        assert_eq!(said, "Too many registrations from your address; try again in a second");
    }
}
