//! The seat queue: logins that wait for a seat.
//!
//! Whoever finds no free seat is queued: in the database, where the fleet's planner sees it, and here, where a watcher lets
//! as many try again as there are free seats, the first in the queue first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenfold_core::ids::AccountId;
use tenfold_core::launch_failure::LaunchFailure;
use tenfold_core::protocol::Push;
use tenfold_service::Outbound;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, interval_at, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::store::Store;
use tenfold_fleet::change_signal::ChangeSignal;
use tenfold_fleet::plan::{Policy, seats_to_hope_for};
use tenfold_fleet::view;

/// How often those who wait are told so, and their entries in the database renewed.
const PROGRESS: Duration = Duration::from_secs(1);
/// How often the watcher looks though nothing changed, while somebody waits.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The queue of those who wait at this login server.
#[derive(Clone)]
pub struct SeatQueue(Arc<Shared>);

struct Shared {
    server: Uuid,
    store: Store,
    policy: Policy,
    timeout: Duration,
    /// Accounts that wait, and on how many connections.
    waiting: Mutex<HashMap<AccountId, usize>>,
    /// Accounts that have stopped waiting since the last renewal.
    departed: Mutex<Vec<AccountId>>,
    /// Somebody began to wait, or stopped.
    members_changed: Notify,
    /// As many permits as there may be free seats.
    tries: Semaphore,
    outlook: watch::Sender<Outlook>,
}

/// Who may hope for a seat, at the last look.
#[derive(Clone, Debug, Default)]
struct Outlook {
    /// All who wait at any login server, the first in the queue first.
    waiting: Vec<AccountId>,
    /// How many seats they can hope for; no limit where there is none.
    hope: Option<usize>,
    /// What is in the way of another server.
    launch_failure: Option<LaunchFailure>,
}

/// Why somebody waits no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatError {
    /// No seat is to be had.
    NoServer,
    /// The client disconnected, or the server is stopping.
    Disconnected,
}

impl SeatQueue {
    /// An empty queue; `timeout` is how long anybody waits.
    pub fn new(store: Store, policy: Policy, timeout: Duration) -> SeatQueue {
        SeatQueue(Arc::new(Shared {
            server: Uuid::now_v7(),
            store,
            policy,
            timeout,
            waiting: Mutex::default(),
            departed: Mutex::default(),
            members_changed: Notify::new(),
            tries: Semaphore::new(0),
            outlook: watch::Sender::new(Outlook::default()),
        }))
    }

    /// The wait of somebody who may have to; nothing happens before they [do](SeatWait::for_change).
    pub fn wait_for<'wait>(&self, account: AccountId, name: &'wait str, outbound: &'wait Outbound) -> SeatWait<'wait> {
        SeatWait {
            shared: Arc::clone(&self.0),
            account,
            name,
            outbound,
            queued: None,
        }
    }

    /// Keeps the queue moving until `stopping` fires.
    pub async fn watch(self, mut changes: ChangeSignal, stopping: CancellationToken) {
        let mut tick = interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut renewed = Instant::now();
        while !stopping.is_cancelled() {
            if self.0.is_quiet() {
                tokio::select! {
                    () = self.0.members_changed.notified() => {}
                    () = stopping.cancelled() => {}
                }
            }
            if renewed.elapsed() >= PROGRESS || !self.0.departed().is_empty() {
                renewed = Instant::now();
                self.0.renew().await;
            }
            self.0.look().await;
            tokio::select! {
                _ = changes.changed() => {}
                () = self.0.members_changed.notified() => {}
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
        self.outlook.send_replace(Outlook {
            waiting: observation.waiting,
            hope,
            launch_failure: observation.trouble.as_deref().and_then(LaunchFailure::from_name),
        });
    }

    async fn renew(&self) {
        let waiting: Vec<AccountId> = self.waiting().keys().copied().collect();
        let mut departed = std::mem::take(&mut *self.departed());
        departed.retain(|account| !waiting.contains(account));
        if let Err(error) = self.store.renew_waiting(self.server, &waiting, &departed).await {
            // What is not renewed for a while counts no more, so those who left need not be said again.
            tracing::debug!(%error, "entries of the seat queue were not renewed");
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

impl Outlook {
    /// Whether so many stand in front of `account` that it can't hope for a seat.
    fn is_hopeless(&self, account: AccountId) -> bool {
        let index = self.waiting.iter().position(|waiting| *waiting == account);
        matches!((index, self.hope), (Some(index), Some(hope)) if index >= hope)
    }
}

/// Somebody's entry in the queue, given up when it is dropped.
pub struct SeatWait<'wait> {
    shared: Arc<Shared>,
    account: AccountId,
    name: &'wait str,
    outbound: &'wait Outbound,
    queued: Option<Queued>,
}

/// Since when somebody has waited, and when they are to be told so next.
struct Queued {
    since: Instant,
    progress: Interval,
}

impl SeatWait<'_> {
    /// For how long; none where nothing had to be waited for.
    pub fn waited(&self) -> Option<Duration> {
        self.queued.as_ref().map(|queued| queued.since.elapsed())
    }

    /// WaitTimes until it is worth trying again to get a seat; meanwhile says so to the client once a second.
    ///
    /// # Errors
    /// [`SeatError`].
    pub async fn for_change(&mut self) -> Result<(), SeatError> {
        if self.queued.is_none() {
            self.enqueue().await;
        }
        let SeatWait {
            shared,
            account,
            name,
            outbound,
            queued,
        } = self;
        let Some(Queued { since, progress }) = queued else {
            return Err(SeatError::Disconnected);
        };
        let mut outlook = shared.outlook.subscribe();
        loop {
            tokio::select! {
                biased;
                () = outbound.disconnected().cancelled() => return Err(SeatError::Disconnected),
                permit = shared.tries.acquire() => {
                    permit.expect("the semaphore is never closed").forget();
                    return Ok(());
                }
                _ = outlook.changed() => {
                    if outlook.borrow_and_update().is_hopeless(*account) {
                        return Err(SeatError::NoServer);
                    }
                }
                _ = progress.tick() => push_progress(name, outbound, *since, outlook.borrow().launch_failure),
                () = sleep_until(*since + shared.timeout) => return Err(SeatError::NoServer),
            }
        }
    }

    async fn enqueue(&mut self) {
        let since = Instant::now();
        let mut progress = interval_at(since + PROGRESS, PROGRESS);
        progress.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.queued = Some(Queued { since, progress });
        *self.shared.waiting().entry(self.account).or_default() += 1;
        self.shared.members_changed.notify_one();
        let queued = tokio::select! {
            queued = self.shared.store.enqueue(self.shared.server, self.account) => queued,
            () = self.outbound.disconnected().cancelled() => Ok(()),
        };
        if let Err(error) = queued {
            // The next renewal queues it.
            tracing::debug!(%error, "a login was not queued");
        }
    }
}

fn push_progress(name: &str, outbound: &Outbound, since: Instant, launch_failure: Option<LaunchFailure>) {
    let push = Push::Progress {
        user: name.to_owned(),
        message: waiting_words(since.elapsed().as_secs(), launch_failure),
    };
    // A client that doesn't read needs no progress.
    let _ = outbound.push(&push.to_line());
}

/// What somebody who waits is told: no names of machines or providers, which are none of theirs.
fn waiting_words(seconds: u64, launch_failure: Option<LaunchFailure>) -> String {
    let why = match launch_failure {
        None => return format!("Waiting for a server ({seconds} s)"),
        Some(LaunchFailure::Capacity) => "no machine is to be had just now; another place is tried",
        Some(LaunchFailure::Quota) => "the service may have no more servers; whoever runs it has been told",
        Some(LaunchFailure::Throttled) => "servers are asked for as fast as it is allowed",
        Some(LaunchFailure::Credentials) => "the service may not start servers just now; whoever runs it has been told",
        Some(LaunchFailure::Timeout) => "where servers come from there is no answer; it is asked again",
        Some(LaunchFailure::NotReady) => "a server did not start in time; another one is started",
        Some(LaunchFailure::Other) => "a server could not be started; another one is tried",
    };
    format!("Waiting for a server ({seconds} s): {why}")
}

impl Drop for SeatWait<'_> {
    fn drop(&mut self) {
        if self.queued.is_none() {
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
            self.shared.members_changed.notify_one();
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
        for reason in LaunchFailure::ALL {
            let said = waiting_words(3, Some(reason));
            assert!(said.starts_with("Waiting for a server (3 s): "), "{said}");
            assert!(!said.contains("EC2") && !said.contains("AWS"), "{said}");
        }
    }

    #[test]
    fn only_as_many_may_hope_as_there_can_be_seats() {
        let outlook = Outlook {
            waiting: vec![account(1), account(2)],
            hope: Some(1),
            launch_failure: None,
        };
        assert!(!outlook.is_hopeless(account(1)));
        assert!(outlook.is_hopeless(account(2)));
        assert!(!outlook.is_hopeless(account(3)), "not seen in the queue yet");
        assert!(!Outlook { hope: None, ..outlook }.is_hopeless(account(2)));
    }
}
