//! Keeps the fleet as it should be, pass by pass.
//!
//! It looks when something changed (in the log, a server's first heartbeat, a login that waits, a child that ended), and
//! twice a second. What it looks through is the connection that its right to act hangs on: where that is gone it stops,
//! and another login server takes over.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tenfold_core::launch_failure::LaunchFailure;
use tenfold_log::database::{Database, DatabaseError, in_words};
use tenfold_log::operational::fleet::{self, Observation};
use tenfold_log::operational::trouble;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::carry_out::Pass;
use super::executor::Executor;
use super::sweep::{Limits, Sweeper};
use crate::change_signal::ChangeSignal;
use crate::clock_watch::ClockWatch;
use crate::membership::Member;
use crate::plan::{Policy, demand, has_surplus, plan};
use crate::status::FleetStatus;
use crate::view::Memory;

/// How often the fleet is looked at though nothing changed, and how often a server without the fleet tries to get it.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Between two looks, so that the signals of a busy fleet do not become a load.
const LEAST_PAUSE: Duration = Duration::from_millis(5);
/// A look that takes longer is given up, and with it the right to act.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long after the membership was lost it is tried again to join.
const REJOIN_PAUSE: Duration = Duration::from_millis(250);

/// Brings the database back where this server keeps it; returns when that is done or was of no use.
pub type Revive = Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// Keeps the fleet as it should be.
pub struct Reconciler {
    /// Where the login servers join.
    pub database: Database,
    /// Called while the database cannot be reached.
    pub revive_database: Revive,
    /// The planner's figures.
    pub policy: Policy,
    /// The sessions' figures.
    pub limits: Limits,
    /// What acts.
    pub executor: Executor,
    /// Signalled by the log.
    pub changes: ChangeSignal,
    /// Notified when a child of this process has ended.
    pub child_ended: Arc<Notify>,
    /// Whether this server holds the fleet, for those who publish it.
    pub status: watch::Sender<FleetStatus>,
}

/// Why a login server is no member any more, and so does not hold the fleet.
enum MembershipLost {
    Database(tokio_postgres::Error),
    TooSlow,
}

impl From<tokio_postgres::Error> for MembershipLost {
    fn from(error: tokio_postgres::Error) -> Self {
        MembershipLost::Database(error)
    }
}

impl std::fmt::Display for MembershipLost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MembershipLost::Database(error) => f.write_str(&in_words(error)),
            MembershipLost::TooSlow => {
                write!(f, "the database takes more than {} s to answer", LOOK_TIMEOUT.as_secs())
            }
        }
    }
}

/// What the login server that holds the fleet remembers.
struct Leader {
    began: Instant,
    clock: ClockWatch,
    memory: Memory,
    sweeper: Sweeper,
}

impl Default for Leader {
    fn default() -> Self {
        Leader {
            began: Instant::now(),
            clock: ClockWatch::default(),
            memory: Memory::default(),
            sweeper: Sweeper::default(),
        }
    }
}

impl Reconciler {
    /// Runs until `stopping` fires; the answer is the membership, where there is one then.
    pub async fn run(mut self, member: Member, stopping: CancellationToken) -> Option<Member> {
        let mut membership = Some(member);
        while !stopping.is_cancelled() {
            let Some(member) = &mut membership else {
                membership = self.join(&stopping).await;
                continue;
            };
            let taken_part = self.take_part(member, &stopping).await;
            self.status.send_replace(FleetStatus::default());
            if let Err(lost) = taken_part {
                tracing::warn!(%lost, "lost the connection that holds the fleet; connecting again");
                membership = None;
            }
        }
        membership
    }

    async fn join(&mut self, stopping: &CancellationToken) -> Option<Member> {
        let joined = stopping.run_until_cancelled(Member::join(&self.database)).await?;
        match joined {
            Ok(member) => {
                tracing::info!("connected to the database again");
                return Some(member);
            }
            Err(error @ DatabaseError::Unreachable { .. }) => {
                tracing::debug!(%error, "cannot join the login servers yet");
                stopping.run_until_cancelled((self.revive_database)()).await;
            }
            Err(error) => tracing::debug!(%error, "cannot join the login servers yet"),
        }
        stopping.run_until_cancelled(sleep(REJOIN_PAUSE)).await;
        None
    }

    async fn take_part(&mut self, member: &mut Member, stopping: &CancellationToken) -> Result<(), MembershipLost> {
        let mut leader = None;
        while !stopping.is_cancelled() {
            let before = Instant::now();
            let leads = timeout(LOOK_TIMEOUT, member.leads())
                .await
                .map_err(|_| MembershipLost::TooSlow)??;
            if leads {
                let leader = leader.get_or_insert_with(|| {
                    tracing::info!("this login server holds the fleet");
                    Leader::default()
                });
                member.keep_while(self.pass(member, leader)).await?;
                self.wait(before, stopping).await;
            } else {
                stopping.run_until_cancelled(sleep(LOOK_EVERY)).await;
            }
        }
        member.resign().await?;
        Ok(())
    }

    async fn wait(&mut self, before: Instant, stopping: &CancellationToken) {
        sleep_until(before + LEAST_PAUSE).await;
        tokio::select! {
            _ = self.changes.changed() => {}
            () = self.child_ended.notified() => {}
            () = self.executor.changed() => {}
            () = sleep_until(before + LOOK_EVERY) => {}
            () = stopping.cancelled() => {}
        }
    }

    /// One look, and what is to be done about what was seen.
    async fn pass(&mut self, member: &Member, leader: &mut Leader) -> Result<(), MembershipLost> {
        // Before the look: what was launched by then is in it with its record.
        let launching = self.executor.under_way().launching;
        let asked = leader.began.elapsed();
        let looked = timeout(LOOK_TIMEOUT, fleet::observe(member.client())).await;
        let observation = looked.map_err(|_| MembershipLost::TooSlow)??;
        if let Some(step) = leader.clock.compare(asked, leader.began.elapsed(), observation.at) {
            clock_was_set(member, leader, step).await?;
        }
        let machines = self.executor.machines().await;
        let now = leader.began.elapsed();
        for failure in self.executor.take_failed_launches() {
            leader.memory.start_failed(now, failure);
        }
        let running = machines.as_deref().unwrap_or_default();
        self.executor.adopt(&observation, running, &launching).await;
        let became_ready = self.executor.record_ready(&observation).await;
        let under_way = self.executor.under_way();
        let mut view = leader.memory.view(now, &observation, machines.as_deref(), &under_way);
        self.status.send_replace(FleetStatus {
            leads: true,
            of_nobody: view.orphans.len(),
        });
        view.surplus_for = leader.memory.surplus.observe(now, has_surplus(&view, &self.policy));
        let pass = Pass {
            executor: &self.executor,
            client: member.client(),
            observation: &observation,
        };
        if became_ready > 0 {
            // They are ready in the next look, which the log signals; nothing is planned without them.
            leader.memory.started();
        } else {
            let actions = plan(&view, &self.policy);
            pass.carry_out(actions, &demand(&view, &self.policy), &mut leader.memory, now)
                .await?;
        }
        tell_those_who_wait(member, &leader.memory, &observation).await?;
        let steady_for = leader.memory.steady_for(now);
        leader.sweeper.sweep(&pass, self.limits, steady_for, now).await?;
        Ok(())
    }
}

/// Ages by the database's clock are wrong for a moment: nobody is lost or sent away by them until heartbeats have come again.
async fn clock_was_set(member: &Member, leader: &mut Leader, step: f64) -> Result<(), tokio_postgres::Error> {
    tracing::warn!("the database's clock was set by {step:+.1} s; ages are counted on from what they were");
    leader.memory.clock_was_set();
    fleet::clock_was_set(member.client(), step).await
}

/// Every login server sees in the database why nothing is launched, and tells those who wait there.
async fn tell_those_who_wait(
    member: &Member,
    memory: &Memory,
    observation: &Observation,
) -> Result<(), tokio_postgres::Error> {
    let failure = memory.last_failure().map(LaunchFailure::name);
    if observation.trouble.as_deref() != failure {
        trouble::tell(member.client(), failure).await?;
    }
    Ok(())
}
