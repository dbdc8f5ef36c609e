//! The hand of the fleet: looks at what is, has the planner say what to do, and does it.
//!
//! It looks when something rang (a change in the log, a server's first sign of life, a login that waits, a child that
//! ended), and twice a second. What it looks through is the connection that its right to act hangs on: where that is
//! gone it stops, and another login server takes over.

mod carry_out;
mod hand;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use tenfold_log::database::{Database, DatabaseError, in_words};
use tenfold_log::operational::fleet::{self, Observation};
use tenfold_log::operational::trouble;
use tenfold_metrics::reason::Reason;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::bell::Rung;
use super::membership::Member;
use super::plan::{Policy, has_surplus, plan};
use super::standing::Standing;
use super::view::Memory;
use crate::postgres::Postgres;
pub use hand::{FailedStart, Hand, Recorded};

/// How often the fleet is looked at though nothing rang, and how often a server without the fleet tries to get it.
const TICK: Duration = Duration::from_millis(500);
/// Between two looks, so that a busy fleet's ringing does not become a load.
const BREATH: Duration = Duration::from_millis(5);
/// A look that takes longer is given up, and with it the right to act.
const LOOK: Duration = Duration::from_secs(5);
/// How long after a place was lost the next one is tried to get.
const PAUSE: Duration = Duration::from_millis(250);

/// How long a session may be without a connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Before it gives up its seat.
    pub seat_hold: Duration,
    /// Before it ends.
    pub session_ttl: Duration,
}

/// Keeps the fleet as it should be.
pub struct Reconciler {
    /// Where the place among the login servers is.
    pub database: Database,
    /// What is to be brought back when the database is gone.
    pub postgres: Postgres,
    /// The planner's figures.
    pub policy: Policy,
    /// The sessions' figures.
    pub limits: Limits,
    /// What acts.
    pub hand: Hand,
    /// Rung by the log.
    pub rung: Rung,
    /// Rung when a child of this process has ended.
    pub child_ended: Arc<Notify>,
    /// Whether this server holds the fleet, for those who tell others.
    pub standing: watch::Sender<Standing>,
}

/// Why a login server has lost its place, and so the fleet.
enum Lost {
    Database(tokio_postgres::Error),
    TooSlow,
}

impl From<tokio_postgres::Error> for Lost {
    fn from(error: tokio_postgres::Error) -> Self {
        Lost::Database(error)
    }
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Lost::Database(error) => f.write_str(&in_words(error)),
            Lost::TooSlow => write!(f, "the database takes more than {} s to answer", LOOK.as_secs()),
        }
    }
}

impl Reconciler {
    /// Runs until `stopping` fires; the answer is the place among the login servers, where there is one then.
    pub async fn run(mut self, member: Member, stopping: CancellationToken) -> Option<Member> {
        let mut place = Some(member);
        while !stopping.is_cancelled() {
            let Some(member) = &mut place else {
                place = self.join(&stopping).await;
                continue;
            };
            let taken_part = self.take_part(member, &stopping).await;
            self.standing.send_replace(Standing::default());
            if let Err(lost) = taken_part {
                tracing::warn!(%lost, "lost the place among the login servers; trying to get another");
                place = None;
            }
        }
        place
    }

    async fn join(&mut self, stopping: &CancellationToken) -> Option<Member> {
        let joined = stopping.run_until_cancelled(Member::join(&self.database)).await?;
        match joined {
            Ok(member) => {
                tracing::info!("the database is there again");
                return Some(member);
            }
            Err(error @ DatabaseError::Unreachable { .. }) => {
                tracing::debug!(%error, "still without a place");
                stopping.run_until_cancelled(self.postgres.revive()).await;
            }
            Err(error) => tracing::debug!(%error, "still without a place"),
        }
        stopping.run_until_cancelled(sleep(PAUSE)).await;
        None
    }

    async fn take_part(&mut self, member: &mut Member, stopping: &CancellationToken) -> Result<(), Lost> {
        let mut memory = None;
        while !stopping.is_cancelled() {
            let before = Instant::now();
            let leads = timeout(LOOK, member.leads()).await.map_err(|_| Lost::TooSlow)??;
            if leads {
                let leader = memory.get_or_insert_with(|| {
                    tracing::info!("this login server holds the fleet");
                    Leader::default()
                });
                self.pass(member, leader).await?;
                self.wait(before, stopping).await;
            } else {
                stopping.run_until_cancelled(sleep(TICK)).await;
            }
        }
        member.resign().await?;
        Ok(())
    }

    async fn wait(&mut self, before: Instant, stopping: &CancellationToken) {
        sleep_until(before + BREATH).await;
        tokio::select! {
            _ = self.rung.changed() => {}
            () = self.child_ended.notified() => {}
            () = self.hand.changed() => {}
            () = sleep_until(before + TICK) => {}
            () = stopping.cancelled() => {}
        }
    }

    /// One look, and what is to be done about what was seen.
    async fn pass(&mut self, member: &Member, leader: &mut Leader) -> Result<(), Lost> {
        // Before the look: what was launched by then is in it with its record.
        let launching = self.hand.under_way().launching;
        let looked = timeout(LOOK, fleet::observe(member.client())).await;
        let observation = looked.map_err(|_| Lost::TooSlow)??;
        let machines = self.hand.machines().await;
        let now = leader.began.elapsed();
        for failed in self.hand.take_failed_starts() {
            leader.memory.start_failed(now, failed.reason);
        }
        let running = machines.as_deref().unwrap_or_default();
        self.hand.adopt(&observation, running, &launching).await;
        let welcomed = self.hand.welcome(&observation).await;
        let mut view = leader
            .memory
            .view(now, &observation, machines.as_deref(), &self.hand.under_way());
        self.standing.send_replace(Standing {
            leads: true,
            of_nobody: view.orphans.len(),
        });
        view.surplus_for = leader.memory.surplus.observe(now, has_surplus(&view, &self.policy));
        if welcomed > 0 {
            // They are ready in the next look, which the log rings for; nothing is planned without them.
            leader.memory.started();
        } else {
            let actions = plan(&view, &self.policy);
            self.carry_out(actions, &observation, member, leader, now).await?;
        }
        self.tell_those_who_wait(member, leader, &observation).await?;
        self.sweep(member, leader, &observation, now).await
    }

    /// Every login server sees in the database why nothing is launched, and tells those who wait there.
    async fn tell_those_who_wait(
        &self,
        member: &Member,
        leader: &Leader,
        observation: &Observation,
    ) -> Result<(), Lost> {
        let reason = leader.memory.last_failure().map(Reason::name);
        if observation.trouble.as_deref() != reason {
            trouble::tell(member.client(), reason).await?;
        }
        Ok(())
    }
}

/// What the login server that holds the fleet remembers.
pub struct Leader {
    began: Instant,
    memory: Memory,
    swept: Duration,
    tidied: Option<Duration>,
}

impl Default for Leader {
    fn default() -> Self {
        Leader {
            began: Instant::now(),
            memory: Memory::default(),
            swept: Duration::ZERO,
            tidied: None,
        }
    }
}
