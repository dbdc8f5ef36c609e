//! Logins that wait for a seat.
//!
//! Whoever finds no free seat stands in line: in the database, where the fleet's planner sees it, and here, where a
//! watcher lets as many try again as there are free seats, the first in line in front.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenfold_core::ids::AccountId;
use tenfold_core::protocol::push::Push;
use tenfold_metrics::reason::Reason;
use tenfold_service::Outbound;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, interval_at, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::fleet::bell::Rung;
use crate::fleet::plan::{Policy, seats_to_hope_for};
use crate::fleet::view;
use crate::store::Store;

/// How often those who wait are told so, and their places in line renewed.
const PROGRESS: Duration = Duration::from_secs(1);
/// How often the watcher looks though nothing rang, while somebody waits.
const TICK: Duration = Duration::from_millis(500);

/// The line of those who wait at this login server.
#[derive(Clone)]
pub struct Seating(Arc<Shared>);

struct Shared {
    server: Uuid,
    store: Store,
    policy: Policy,
    patience: Duration,
    /// Accounts that wait, and on how many connections.
    waiting: Mutex<HashMap<AccountId, usize>>,
    /// Accounts that have stopped waiting since the last renewal.
    departed: Mutex<Vec<AccountId>>,
    /// Somebody began to wait, or stopped.
    stirred: Notify,
    /// As many permits as there may be free seats.
    tries: Semaphore,
    line: watch::Sender<Line>,
}

/// Who may hope for a seat, at the last look.
#[derive(Clone, Debug, Default)]
struct Line {
    /// All who wait on the database, the first in front.
    waiting: Vec<AccountId>,
    /// How many seats they can hope for; no limit where there is none.
    hope: Option<usize>,
    /// What is in the way of another server.
    trouble: Option<Reason>,
}

/// Why somebody waits no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaveUp {
    /// No seat is to be had.
    NoServer,
    /// The client hung up, or the server is stopping.
    HungUp,
}

impl Seating {
    /// An empty line; `patience` is how long anybody waits.
    pub fn new(store: Store, policy: Policy, patience: Duration) -> Seating {
        Seating(Arc::new(Shared {
            server: Uuid::now_v7(),
            store,
            policy,
            patience,
            waiting: Mutex::default(),
            departed: Mutex::default(),
            stirred: Notify::new(),
            tries: Semaphore::new(0),
            line: watch::Sender::new(Line::default()),
        }))
    }

    /// Somebody who may have to wait; nothing happens before they [do](Wait::for_change).
    pub fn visitor<'talk>(&self, account: AccountId, name: &'talk str, outbound: &'talk Outbound) -> Wait<'talk> {
        Wait {
            shared: Arc::clone(&self.0),
            account,
            name,
            outbound,
            entered: None,
        }
    }

    /// Keeps the line moving until `stopping` fires.
    pub async fn watch(self, mut rung: Rung, stopping: CancellationToken) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut renewed = Instant::now();
        while !stopping.is_cancelled() {
            if self.0.is_quiet() {
                tokio::select! {
                    () = self.0.stirred.notified() => {}
                    () = stopping.cancelled() => {}
                }
            }
            if renewed.elapsed() >= PROGRESS || !self.0.departed().is_empty() {
                renewed = Instant::now();
                self.0.renew().await;
            }
            self.0.look().await;
            tokio::select! {
                _ = rung.changed() => {}
                () = self.0.stirred.notified() => {}
                _ = tick.tick() => {}
                () = stopping.cancelled() => {}
            }
        }
        self.0.renew().await;
    }
}

impl Shared {
    async fn look(&self) {
        let Ok(observation) = self.store.observe().await else {
            return;
        };
        let free: usize = observation
            .instances
            .iter()
            .filter(|instance| instance.state == tenfold_core::facts::InstanceState::Ready)
            .map(|instance| usize::from(instance.seats).saturating_sub(instance.users))
            .sum();
        let wanted = free.min(self.waiting().len());
        self.tries
            .add_permits(wanted.saturating_sub(self.tries.available_permits()));
        let hope = seats_to_hope_for(&view::at_a_glance(&observation), &self.policy);
        self.line.send_replace(Line {
            waiting: observation.waiting,
            hope,
            trouble: observation.trouble.as_deref().and_then(Reason::from_name),
        });
    }

    async fn renew(&self) {
        let waiting: Vec<AccountId> = self.waiting().keys().copied().collect();
        let mut departed = std::mem::take(&mut *self.departed());
        departed.retain(|account| !waiting.contains(account));
        if let Err(error) = self.store.renew_waiting(self.server, &waiting, &departed).await {
            // What is not renewed for a while counts no more, so those who left need not be said again.
            tracing::debug!(%error, "places in line were not renewed");
        }
    }

    fn is_quiet(&self) -> bool {
        self.waiting().is_empty() && self.departed().is_empty()
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<AccountId, usize>> {
        // Nothing inside can be left half done by a panic.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn departed(&self) -> MutexGuard<'_, Vec<AccountId>> {
        self.departed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Whether so many stand in front of `account` that it can't hope for a seat.
    fn is_hopeless(&self, account: AccountId) -> bool {
        let place = self.waiting.iter().position(|waiting| *waiting == account);
        matches!((place, self.hope), (Some(place), Some(hope)) if place >= hope)
    }
}

/// Somebody's place in line, given up when it is dropped.
pub struct Wait<'talk> {
    shared: Arc<Shared>,
    account: AccountId,
    name: &'talk str,
    outbound: &'talk Outbound,
    entered: Option<Entered>,
}

/// Since when somebody has waited, and when they are to be told so next.
struct Entered {
    since: Instant,
    progress: Interval,
}

impl Wait<'_> {
    /// Waits until it is worth trying again to get a seat; meanwhile says so to the client once a second.
    ///
    /// # Errors
    /// [`GaveUp`].
    pub async fn for_change(&mut self) -> Result<(), GaveUp> {
        if self.entered.is_none() {
            self.enter().await;
        }
        let Wait {
            shared,
            account,
            name,
            outbound,
            entered,
        } = self;
        let Some(Entered { since, progress }) = entered else {
            return Err(GaveUp::HungUp);
        };
        let mut line = shared.line.subscribe();
        loop {
            tokio::select! {
                biased;
                () = outbound.disconnected().cancelled() => return Err(GaveUp::HungUp),
                permit = shared.tries.acquire() => {
                    permit.expect("the semaphore is never closed").forget();
                    return Ok(());
                }
                _ = line.changed() => {
                    if line.borrow_and_update().is_hopeless(*account) {
                        return Err(GaveUp::NoServer);
                    }
                }
                _ = progress.tick() => say_so(name, outbound, *since, line.borrow().trouble),
                () = sleep_until(*since + shared.patience) => return Err(GaveUp::NoServer),
            }
        }
    }

    async fn enter(&mut self) {
        let since = Instant::now();
        let mut progress = interval_at(since + PROGRESS, PROGRESS);
        progress.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.entered = Some(Entered { since, progress });
        *self.shared.waiting().entry(self.account).or_default() += 1;
        self.shared.stirred.notify_one();
        let enrolled = tokio::select! {
            enrolled = self.shared.store.enrol(self.shared.server, self.account) => enrolled,
            () = self.outbound.disconnected().cancelled() => Ok(()),
        };
        if let Err(error) = enrolled {
            // The next renewal puts it in line.
            tracing::debug!(%error, "a login was not put in line");
        }
    }
}

fn say_so(name: &str, outbound: &Outbound, since: Instant, trouble: Option<Reason>) {
    let push = Push::Progress {
        user: name.to_owned(),
        message: waiting_words(since.elapsed().as_secs(), trouble),
    };
    // A client that doesn't read needs no news.
    let _ = outbound.push(&push.to_line());
}

/// What somebody who waits is told: no names of machines or providers, which are none of theirs.
fn waiting_words(seconds: u64, trouble: Option<Reason>) -> String {
    let why = match trouble {
        None => return format!("Waiting for a server ({seconds} s)"),
        Some(Reason::Capacity) => "no machine is to be had just now; another place is tried",
        Some(Reason::Quota) => "the service may have no more servers; whoever runs it has been told",
        Some(Reason::Throttled) => "servers are asked for as fast as it is allowed",
        Some(Reason::Credentials) => "the service may not start servers just now; whoever runs it has been told",
        Some(Reason::Timeout) => "where servers come from there is no answer; it is asked again",
        Some(Reason::NotReady) => "a server did not start in time; another one is started",
        Some(Reason::Other) => "a server could not be started; another one is tried",
    };
    format!("Waiting for a server ({seconds} s): {why}")
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if self.entered.is_none() {
            return;
        }
        let mut waiting = self.shared.waiting();
        let left = waiting.get_mut(&self.account).map_or(0, |count| {
            *count -= 1;
            *count
        });
        if left == 0 {
            waiting.remove(&self.account);
            drop(waiting);
            self.shared.departed().push(self.account);
            self.shared.stirred.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: u128) -> AccountId {
        AccountId(Uuid::from_u128(number))
    }

    #[test]
    fn who_waits_is_told_why_in_words_of_their_own() {
        assert_eq!(waiting_words(3, None), "Waiting for a server (3 s)");
        for reason in Reason::ALL {
            let said = waiting_words(3, Some(reason));
            assert!(said.starts_with("Waiting for a server (3 s): "), "{said}");
            assert!(!said.contains("EC2") && !said.contains("AWS"), "{said}");
        }
    }

    #[test]
    fn only_as_many_may_hope_as_there_can_be_seats() {
        let line = Line {
            waiting: vec![account(1), account(2)],
            hope: Some(1),
            trouble: None,
        };
        assert!(!line.is_hopeless(account(1)));
        assert!(line.is_hopeless(account(2)));
        assert!(!line.is_hopeless(account(3)), "not seen in line yet");
        assert!(!Line { hope: None, ..line }.is_hopeless(account(2)));
    }
}
