//! What acts: records in the log, and has the provider launch and end. Nothing slow is waited for; what is under way is
//! remembered until it is done.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tenfold_core::facts::InstanceState;
use tenfold_core::ids::InstanceId;
use tenfold_core::intent::{Ending, InstanceStep, Intent};
use tenfold_core::launch_failure::LaunchFailure;
use tenfold_log::append::{Outcome, Submission, Writer};
use tenfold_log::operational::fleet::Observation;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::plan::ProviderRef;
use crate::provider::{Machine, Provider, ProviderError};
use crate::view::{UnderWay, answers};

/// How long the log may take to record a step.
const RECORD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the provider's list may take.
const LIST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the provider may take to launch or to end something.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long launches that are under way are waited for at the end of the fleet, so that none of them is left behind.
const LAST_LAUNCHES: Duration = Duration::from_secs(10);
const POLL_EVERY: Duration = Duration::from_millis(20);

/// Acts for the fleet. Clones share what is under way.
#[derive(Clone)]
pub struct Executor {
    writer: Writer,
    provider: Arc<dyn Provider>,
    /// How many seats a new server gets.
    seats: u16,
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

#[derive(Default)]
struct State {
    under_way: UnderWay,
    failed_launches: Vec<LaunchFailure>,
    machines: Vec<Machine>,
    /// Why the servers cannot be listed, as it was logged last.
    reported: Option<ProviderError>,
}

/// What came of recording a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is in the log.
    Yes,
    /// Things have changed meanwhile: it is not to be done.
    NotNow,
    /// Nobody knows; to be looked at anew.
    Failed,
}

impl Executor {
    /// With nothing under way.
    pub fn new(writer: Writer, provider: Arc<dyn Provider>, seats: u16) -> Executor {
        Executor {
            writer,
            provider,
            seats,
            state: Arc::default(),
            changed: Arc::default(),
        }
    }

    /// Ends when something that was under way is done.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// What is under way now.
    pub fn under_way(&self) -> UnderWay {
        self.state().under_way.clone()
    }

    /// Why launches have failed since this was asked last.
    pub fn take_failed_launches(&self) -> Vec<LaunchFailure> {
        std::mem::take(&mut self.state().failed_launches)
    }

    /// The provider's list; `None` where it can't be read.
    pub async fn machines(&self) -> Option<Vec<Machine>> {
        let listed = timeout(LIST_TIMEOUT, self.provider.list()).await;
        let listed = listed.unwrap_or_else(|_| Err(ProviderError::no_answer()));
        match listed {
            Ok(machines) => {
                let mut state = self.state();
                if state.reported.take().is_some() {
                    tracing::info!("the provider lists the application servers again");
                }
                state.machines.clone_from(&machines);
                Some(machines)
            }
            Err(error) => {
                self.report(error);
                None
            }
        }
    }

    /// Once for each trouble: it is asked twice a second, and answers the same.
    fn report(&self, error: ProviderError) {
        let mut state = self.state();
        if state
            .reported
            .as_ref()
            .is_none_or(|reported| reported.words != error.words)
        {
            tracing::warn!(%error, detail = error.detail, "the provider cannot list the application servers");
            state.reported = Some(error);
        }
    }

    /// Records what the provider runs though only its request is in the log: whoever launched it died before it could say
    /// so. What was `launching` just before the observation will be recorded by whoever launches it.
    pub async fn adopt(&self, observation: &Observation, machines: &[Machine], launching: &HashSet<InstanceId>) {
        let is_requested = |machine: &&Machine| {
            let mut instances = observation.instances.iter();
            let known = instances.find(|known| known.id == machine.instance);
            known.is_some_and(|known| known.state == InstanceState::Requested) && !launching.contains(&machine.instance)
        };
        let intents = machines.iter().filter(is_requested).map(|machine| {
            tracing::info!(instance = %machine.instance, reference = machine.reference.0, "adopted an application server");
            Intent::Instance(machine.instance, InstanceStep::Launched(machine.reference.0.clone()))
        });
        self.record_all(intents).await;
    }

    /// Records an intent of the fleet's own.
    pub async fn record(&self, submission: impl Into<Submission>) -> Recorded {
        match timeout(RECORD_TIMEOUT, self.writer.submit(submission.into())).await {
            Ok(Ok(Outcome::Happened { .. })) => Recorded::Yes,
            Ok(Ok(_)) => Recorded::NotNow,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a change of the fleet was not recorded; it is tried again");
                Recorded::Failed
            }
            Err(_) => Recorded::Failed,
        }
    }

    /// Records several intents at once; the answers are in their order.
    pub async fn record_all(&self, intents: impl IntoIterator<Item = impl Into<Submission>>) -> Vec<Recorded> {
        join_all(intents.into_iter().map(|intent| self.record(intent))).await
    }

    /// Records that those are ready whose heartbeat has come; answers how many.
    pub async fn record_ready(&self, observation: &Observation) -> usize {
        let launching = self.under_way().launching;
        let ready = observation.instances.iter().filter(|instance| {
            let starts = matches!(instance.state, InstanceState::Requested | InstanceState::Launched);
            starts && answers(instance) && !launching.contains(&instance.id)
        });
        let intents = ready.filter_map(|instance| {
            let lease = instance.lease.as_ref()?;
            let step = InstanceStep::Ready(lease.host.clone(), lease.port);
            Some(Intent::Instance(instance.id, step))
        });
        let recorded = self.record_all(intents).await;
        recorded.iter().filter(|recorded| **recorded == Recorded::Yes).count()
    }

    /// Requests `count` servers and has them launched in the background. The requests are in the log when this returns.
    pub async fn launch(&self, count: usize, reason: &str) -> Recorded {
        let instances: Vec<InstanceId> = (0..count).map(|_| InstanceId(Uuid::now_v7())).collect();
        let seats = self.seats;
        let requests = instances.iter().map(|&instance| Intent::RequestInstance {
            instance,
            seats,
            reason: reason.to_owned(),
        });
        // Nobody may look for them at the provider before they are there.
        self.state().under_way.launching.extend(&instances);
        let recorded = self.record_all(requests).await;
        for (instance, recorded) in instances.into_iter().zip(&recorded) {
            if *recorded == Recorded::Yes {
                tokio::spawn(self.clone().launch_one(instance));
            } else {
                self.state().under_way.launching.remove(&instance);
            }
        }
        recorded
            .into_iter()
            .find(|recorded| *recorded != Recorded::Yes)
            .unwrap_or(Recorded::Yes)
    }

    async fn launch_one(self, instance: InstanceId) {
        let _under_way = UnderWayUntilDropped(&self, |executor| {
            executor.state().under_way.launching.remove(&instance);
        });
        let launched = timeout(PROVIDER_TIMEOUT, self.provider.launch(instance)).await;
        let launched = launched.unwrap_or_else(|_| Err(ProviderError::no_answer()));
        let step = match launched {
            Ok(reference) => {
                tracing::info!(%instance, reference = reference.0, "launched an application server");
                InstanceStep::Launched(reference.0)
            }
            Err(error) => {
                log_failed_launch(instance, &error);
                let reason = error.reason;
                self.state().failed_launches.push(reason);
                InstanceStep::Terminated(Ending {
                    reason: format!("it could not be launched: {error}"),
                    launch_failure: Some(reason),
                })
            }
        };
        self.record(Intent::Instance(instance, step)).await;
    }

    /// Has the provider end the machine of `instance`, where there is one, in the background.
    pub fn end_machine_of(&self, instance: InstanceId) {
        self.references_of(instance)
            .into_iter()
            .for_each(|reference| self.end(reference));
    }

    /// [`Executor::end_machine_of`] one that did not come to serve: what it said at its end is logged. `recorded` is what the log calls it.
    pub fn end_failed_machine_of(&self, instance: InstanceId, recorded: Option<ProviderRef>) {
        let mut references = self.references_of(instance);
        references.extend(recorded.filter(|recorded| !references.contains(recorded)));
        for reference in references {
            let executor = self.clone();
            tokio::spawn(async move {
                let asked = timeout(PROVIDER_TIMEOUT, executor.provider.last_words(&reference)).await;
                if let Ok(Some(console)) = asked {
                    let reference = &reference.0;
                    tracing::warn!(%instance, reference, console, "an application server did not come to serve; its console ends so");
                }
                executor.end(reference);
            });
        }
    }

    fn references_of(&self, instance: InstanceId) -> Vec<ProviderRef> {
        let state = self.state();
        let own = state.machines.iter().filter(|machine| machine.instance == instance);
        own.map(|machine| machine.reference.clone()).collect()
    }

    /// Has the provider end a machine, in the background.
    pub fn end(&self, reference: ProviderRef) {
        if self.state().under_way.ending.insert(reference.clone()) {
            tokio::spawn(self.clone().end_one(reference));
        }
    }

    /// Whether the fleet runs on when the last login server stops.
    pub fn fleet_outlives_login_servers(&self) -> bool {
        self.provider.outlives_login_servers()
    }

    /// Ends everything of the fleet that runs, and returns when it is gone.
    pub async fn end_all(&self) {
        let deadline = Instant::now() + LAST_LAUNCHES;
        while !self.state().under_way.launching.is_empty() && Instant::now() < deadline {
            sleep(POLL_EVERY).await;
        }
        let machines = self.machines().await.unwrap_or_default();
        let ends = machines
            .into_iter()
            .map(|machine| self.clone().end_one(machine.reference));
        join_all(ends).await;
    }

    async fn end_one(self, reference: ProviderRef) {
        let _under_way = UnderWayUntilDropped(&self, |executor| {
            executor.state().under_way.ending.remove(&reference);
        });
        let ended = timeout(PROVIDER_TIMEOUT, self.provider.terminate(&reference)).await;
        match ended.unwrap_or_else(|_| Err(ProviderError::no_answer())) {
            Ok(()) => tracing::debug!(reference = reference.0, "an application server is gone"),
            Err(error) => {
                let reference = &reference.0;
                tracing::warn!(reference, %error, detail = error.detail, "an application server was not ended");
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing inside can be left half done by a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is under way is so no more when this is dropped, also by a panic: nothing may wait for it for ever.
struct UnderWayUntilDropped<'executor, Over: Fn(&Executor)>(&'executor Executor, Over);

impl<Over: Fn(&Executor)> Drop for UnderWayUntilDropped<'_, Over> {
    fn drop(&mut self) {
        (self.1)(self.0);
        self.0.changed.notify_one();
    }
}

/// What only a person can mend is an error; the rest passes by itself.
fn log_failed_launch(instance: InstanceId, error: &ProviderError) {
    let (reason, detail) = (error.reason.name(), error.detail.as_deref());
    match error.reason {
        LaunchFailure::Quota | LaunchFailure::Credentials => {
            tracing::error!(%instance, reason, %error, detail, "an application server could not be launched");
        }
        _ => tracing::warn!(%instance, reason, %error, detail, "an application server could not be launched"),
    }
}
