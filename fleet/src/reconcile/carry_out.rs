//! Each of the planner's actions, done.

use std::time::Duration;

use tenfold_core::event::SeatRelease;
use tenfold_core::facts::InstanceState;
use tenfold_core::ids::InstanceId;
use tenfold_core::intent::{Ending, InstanceStep, Intent};
use tenfold_core::launch_failure::LaunchFailure;
use tenfold_log::database::Client;
use tenfold_log::operational::fleet::{self, Observation, ObservedInstance};

use super::executor::{Executor, Recorded};
use crate::plan::{Action, ProviderRef, TerminateReason};
use crate::view::{self, Memory};

/// What the database answers.
type Asked<T> = Result<T, tokio_postgres::Error>;

/// What one pass of the reconciler acts on.
pub(super) struct Pass<'pass> {
    pub executor: &'pass Executor,
    /// The connection that the right to act hangs on.
    pub client: &'pass Client,
    pub observation: &'pass Observation,
}

impl Pass<'_> {
    /// Carries out the actions in their order. After the first that can't be done now the rest is dropped: the next
    /// look brings better ones.
    /// What there is to it, in words for people, is `demand`.
    pub async fn carry_out(&self, actions: Vec<Action>, demand: &str, memory: &mut Memory, now: Duration) -> Asked<()> {
        for action in actions {
            tracing::info!("{action}");
            let failure = self.launch_failure(&action);
            if let Some(failure) = failure {
                memory.start_failed(now, failure);
            }
            if self.act(action, demand, failure).await? != Recorded::Yes {
                break;
            }
        }
        Ok(())
    }

    async fn act(&self, action: Action, demand: &str, launch_failure: Option<LaunchFailure>) -> Asked<Recorded> {
        let ending = |reason: String| Ending { reason, launch_failure };
        match action {
            Action::EndOrphan { provider_ref } => {
                self.executor.end(provider_ref);
                Ok(Recorded::Yes)
            }
            Action::DeclareLost { instance, reason } => self.declare_lost(instance, ending(reason.to_string())).await,
            Action::Terminate { instance, reason } => self.terminate(instance, ending(reason.to_string())).await,
            Action::Drain { instance } => {
                let reason = match self.observed(instance).and_then(view::notice) {
                    Some(notice) => format!("{notice}: {demand}"),
                    None => format!("its users fit on other servers: {demand}"),
                };
                Ok(self.step(instance, InstanceStep::Drain(reason)).await)
            }
            Action::MoveUsers { from, count, .. } => self.move_users(from, count).await,
            Action::Launch { count } => Ok(self.executor.launch(count, demand).await),
        }
    }

    async fn step(&self, instance: InstanceId, step: InstanceStep) -> Recorded {
        self.executor.record(Intent::Instance(instance, step)).await
    }

    async fn declare_lost(&self, instance: InstanceId, ending: Ending) -> Asked<Recorded> {
        let has_failed = ending.launch_failure.is_some();
        let recorded = self.step(instance, InstanceStep::Lost(ending)).await;
        if recorded == Recorded::Yes {
            self.end_machine(instance, has_failed);
            self.release_stranded().await?;
        }
        Ok(recorded)
    }

    /// Releases the seats on servers that are over. Nobody can take one there any more.
    pub async fn release_stranded(&self) -> Asked<()> {
        let stranded = fleet::stranded(self.client).await?;
        let intents = stranded.into_iter().map(|seated| Intent::ReleaseSeat {
            actor: seated.actor,
            from: seated.instance,
            reason: SeatRelease::Lost,
        });
        self.executor.record_all(intents).await;
        Ok(())
    }

    /// A server that takes users is drained first: then nobody can come any more, and whether it is empty is certain.
    async fn terminate(&self, instance: InstanceId, ending: Ending) -> Asked<Recorded> {
        if self.state_of(instance) == Some(InstanceState::Ready) {
            let drained = self.step(instance, InstanceStep::Drain(ending.reason.clone())).await;
            if drained != Recorded::Yes {
                return Ok(drained);
            }
        }
        if !fleet::seated_on(self.client, instance).await?.is_empty() {
            // Somebody was faster: they are moved like everybody on a draining server.
            return Ok(Recorded::NotNow);
        }
        let has_failed = ending.launch_failure.is_some();
        let recorded = self.step(instance, InstanceStep::Terminated(ending)).await;
        if recorded == Recorded::Yes {
            self.end_machine(instance, has_failed);
        }
        Ok(recorded)
    }

    fn end_machine(&self, instance: InstanceId, has_failed: bool) {
        if !has_failed {
            return self.executor.end_machine_of(instance);
        }
        // One that has shut itself down is in the provider's list no more.
        let recorded = self.observed(instance).and_then(|observed| observed.reference.clone());
        self.executor.end_failed_machine_of(instance, recorded.map(ProviderRef));
    }

    /// Moves up to `count` users away. Where to, the log decides when it takes the seat: the fullest server with a free
    /// one, which is what was planned unless somebody was faster.
    async fn move_users(&self, from: InstanceId, count: usize) -> Asked<Recorded> {
        let seated = fleet::seated_on(self.client, from).await?;
        let intents = seated.into_iter().take(count).map(|seated| Intent::MoveSeat {
            actor: seated.actor,
            from,
        });
        let recorded = self.executor.record_all(intents).await;
        let is_failed = recorded.contains(&Recorded::Failed);
        Ok(if is_failed { Recorded::Failed } else { Recorded::Yes })
    }

    fn state_of(&self, instance: InstanceId) -> Option<InstanceState> {
        self.observed(instance).map(|observed| observed.state)
    }

    fn observed(&self, instance: InstanceId) -> Option<&ObservedInstance> {
        self.observation.instances.iter().find(|known| known.id == instance)
    }

    /// What was in the way, where the action ends a server that was never ready.
    fn launch_failure(&self, action: &Action) -> Option<LaunchFailure> {
        let (instance, failure) = match action {
            Action::DeclareLost { instance, .. } => (*instance, LaunchFailure::Other),
            Action::Terminate { instance, reason } if *reason == TerminateReason::NotReadyInTime => {
                (*instance, LaunchFailure::NotReady)
            }
            _ => return None,
        };
        let state = self.state_of(instance)?;
        matches!(state, InstanceState::Requested | InstanceState::Launched).then_some(failure)
    }
}
