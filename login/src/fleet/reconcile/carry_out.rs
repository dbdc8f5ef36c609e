//! Each of the planner's actions, done.

use std::time::Duration;

use tenfold_core::event::SeatRelease;
use tenfold_core::facts::InstanceState;
use tenfold_core::ids::InstanceId;
use tenfold_core::intent::{InstanceStep, Intent};
use tenfold_log::operational::fleet::{self, Observation};
use tenfold_metrics::reason::Reason;

use super::{Leader, Lost, Reconciler, Recorded};
use crate::fleet::membership::Member;
use crate::fleet::plan::{Action, TerminateReason};

impl Reconciler {
    /// Carries out the actions in their order. After the first that can't be done now the rest is dropped: the next
    /// look brings better ones.
    pub(super) async fn carry_out(
        &self,
        actions: Vec<Action>,
        observation: &Observation,
        member: &Member,
        leader: &mut Leader,
        now: Duration,
    ) -> Result<(), Lost> {
        for action in actions {
            tracing::info!(?action, "the fleet");
            if is_failed_start(&action, observation) {
                leader.memory.start_failed(now, Reason::NotReady);
            }
            if self.act(action, observation, member).await? != Recorded::Yes {
                break;
            }
        }
        Ok(())
    }

    async fn act(&self, action: Action, observation: &Observation, member: &Member) -> Result<Recorded, Lost> {
        match action {
            Action::EndOrphan { provider_ref } => {
                self.hand.end(provider_ref);
                Ok(Recorded::Yes)
            }
            Action::DeclareLost { instance, reason } => self.declare_lost(instance, reason.to_string(), member).await,
            Action::Terminate { instance, reason } => self.terminate(instance, reason, observation, member).await,
            Action::Drain { instance } => Ok(self.step(instance, InstanceStep::Drain).await),
            Action::MoveUsers { from, count, .. } => self.move_users(from, count, member).await,
            Action::Launch { count } => Ok(self.hand.launch(count).await),
        }
    }

    async fn step(&self, instance: InstanceId, step: InstanceStep) -> Recorded {
        self.hand.record(Intent::Instance(instance, step)).await
    }

    async fn declare_lost(&self, instance: InstanceId, reason: String, member: &Member) -> Result<Recorded, Lost> {
        let recorded = self.step(instance, InstanceStep::Lost(reason)).await;
        if recorded == Recorded::Yes {
            self.hand.end_machine_of(instance);
            self.release_stranded(member).await?;
        }
        Ok(recorded)
    }

    /// Releases the seats on servers that are over. Nobody can take one there any more.
    pub(super) async fn release_stranded(&self, member: &Member) -> Result<(), Lost> {
        let stranded = fleet::stranded(member.client()).await?;
        let intents = stranded.into_iter().map(|seated| Intent::ReleaseSeat {
            actor: seated.actor,
            from: seated.instance,
            reason: SeatRelease::Lost,
        });
        self.hand.record_all(intents).await;
        Ok(())
    }

    /// A server that takes users is drained first: then nobody can come any more, and whether it is empty is certain.
    async fn terminate(
        &self,
        instance: InstanceId,
        reason: TerminateReason,
        observation: &Observation,
        member: &Member,
    ) -> Result<Recorded, Lost> {
        let state = observation
            .instances
            .iter()
            .find(|known| known.id == instance)
            .map(|known| known.state);
        if state == Some(InstanceState::Ready) {
            let drained = self.step(instance, InstanceStep::Drain).await;
            if drained != Recorded::Yes {
                return Ok(drained);
            }
        }
        if !fleet::seated_on(member.client(), instance).await?.is_empty() {
            // Somebody was faster: they are moved like everybody on a draining server.
            return Ok(Recorded::NotNow);
        }
        let recorded = self.step(instance, InstanceStep::Terminated(reason.to_string())).await;
        if recorded == Recorded::Yes {
            self.hand.end_machine_of(instance);
        }
        Ok(recorded)
    }

    /// Moves up to `count` users away. Where to, the log decides when it takes the seat: the fullest server with a free
    /// one, which is what was planned unless somebody was faster.
    async fn move_users(&self, from: InstanceId, count: usize, member: &Member) -> Result<Recorded, Lost> {
        let seated = fleet::seated_on(member.client(), from).await?;
        let intents = seated.into_iter().take(count).map(|seated| Intent::MoveSeat {
            actor: seated.actor,
            from,
        });
        let recorded = self.hand.record_all(intents).await;
        let is_failed = recorded.contains(&Recorded::Failed);
        Ok(if is_failed { Recorded::Failed } else { Recorded::Yes })
    }
}

/// Whether the action ends a server that was never ready.
fn is_failed_start(action: &Action, observation: &Observation) -> bool {
    let (Action::DeclareLost { instance, .. } | Action::Terminate { instance, .. }) = action else {
        return false;
    };
    let starts = |state| matches!(state, InstanceState::Requested | InstanceState::Launched);
    observation
        .instances
        .iter()
        .any(|known| known.id == *instance && starts(known.state))
}
