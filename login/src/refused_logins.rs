//! Refused logins: counted as they happen, and kept in the database for whoever asks why somebody could not log in. Many at once,
//! as in an attack, cost one row a second for each kind.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenfold_core::ids::AccountId;
use tenfold_log::operational::refused_login::{Kind, Reason};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::store::Store;

/// The most kinds that are told apart between two times of keeping them; of the others the address is left out.
const MOST: usize = 500;
/// How often they are kept.
const KEEP_EVERY: Duration = Duration::from_secs(1);
/// How often they are summed up in the trace.
const SUM_UP_EVERY: Duration = Duration::from_secs(60);

/// Counts them.
#[derive(Debug, Default)]
pub struct RefusedLogins(Mutex<BTreeMap<Kind, i32>>);

impl RefusedLogins {
    /// Counts one of `account`, where somebody is called so, from that address.
    pub fn count(&self, account: Option<AccountId>, from: Option<IpAddr>, reason: Reason) {
        let mut kind = Kind {
            account: account.map(|account| account.0),
            address: from.map(|address| address.to_canonical().to_string()),
            reason,
        };
        let mut counts = self.counts();
        if counts.len() >= MOST && !counts.contains_key(&kind) {
            kind = Kind {
                account: None,
                address: None,
                reason,
            };
        }
        let count = counts.entry(kind).or_default();
        *count = count.saturating_add(1);
    }

    /// Keeps them and sums them up in the trace until `stopping` fires.
    pub async fn watch(&self, store: &Store, stopping: &CancellationToken) {
        let (mut sum, mut told) = (0, Instant::now());
        while stopping.run_until_cancelled(sleep(KEEP_EVERY)).await.is_some() {
            sum += self.keep(store).await;
            if told.elapsed() >= SUM_UP_EVERY {
                told = Instant::now();
                let logins = std::mem::take(&mut sum);
                if logins > 0 {
                    tracing::info!(
                        logins,
                        "logins were refused in the last minute; `bin/events refused` shows them"
                    );
                }
            }
        }
        self.keep(store).await;
    }

    /// How many there were. What cannot be kept is left out: it is told of a database that is away.
    async fn keep(&self, store: &Store) -> i64 {
        let counts = std::mem::take(&mut *self.counts());
        if counts.is_empty() {
            return 0;
        }
        let sum = counts.values().map(|times| i64::from(*times)).sum();
        if let Err(error) = store.keep_refused_logins(counts).await {
            tracing::debug!(%error, "refused logins were not kept");
        }
        sum
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<Kind, i32>> {
        // Nothing inside can be left half done by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attack_is_counted_and_takes_no_more_than_its_place() {
        let refused = RefusedLogins::default();
        for number in 0..10_000 {
            refused.count(None, Some(IpAddr::V4(number.into())), Reason::Name);
        }
        let counts = refused.counts();
        assert_eq!(counts.len(), MOST + 1);
        assert_eq!(counts.values().sum::<i32>(), 10_000);
    }

    #[test]
    fn an_address_is_told_as_people_write_it() {
        let refused = RefusedLogins::default();
        let account = AccountId(uuid::Uuid::from_u128(1));
        for _ in 0..2 {
            refused.count(Some(account), "::ffff:10.0.0.1".parse().ok(), Reason::Password);
        }
        let counts = refused.counts();
        let kind = Kind {
            account: Some(account.0),
            address: Some("10.0.0.1".into()),
            reason: Reason::Password,
        };
        assert_eq!(counts.get(&kind), Some(&2));
    }
}
