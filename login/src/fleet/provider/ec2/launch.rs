//! A launch: place after place until there is a machine, and never two for one request.

use std::time::Duration;

use tenfold_core::ids::InstanceId;
use tenfold_core::launch_failure::LaunchFailure;
use tokio::time::{Instant, sleep};

use super::places::Place;
use super::{Shared, errors, lock, without_retries};
use crate::fleet::plan::ProviderRef;
use crate::fleet::provider::ProviderError;

/// Nothing new is tried after so long; it must be over before the fleet's hand gives it up.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long an instance is looked for whose launch nobody knows the end of: EC2's list lags behind its launches.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2)];

impl Shared {
    pub(super) async fn launch(&self, instance: InstanceId) -> Result<ProviderRef, ProviderError> {
        let user_data = self.bootstrap.user_data(instance).await?;
        let deadline = Instant::now() + PATIENCE;
        let mut attempt = 0;
        let mut last = None;
        loop {
            let Some(place) = lock(&self.places).best(self.now()) else {
                return Err(last.unwrap_or_else(nowhere));
            };
            let trouble = match self.ask(instance, &place, &user_data).await {
                Ok(reference) => return Ok(reference),
                Err(trouble) => trouble,
            };
            match trouble.reason {
                LaunchFailure::Capacity => {
                    tracing::info!(%instance, %place, %trouble, "trying elsewhere");
                    lock(&self.places).is_empty(&place, self.now());
                    last = Some(trouble);
                    continue;
                }
                LaunchFailure::Throttled => {}
                LaunchFailure::Timeout => {
                    tracing::warn!(%instance, %trouble, detail = trouble.detail, "looking whether it was launched");
                    if let Some(reference) = self.found(instance).await {
                        return Ok(reference);
                    }
                }
                _ => return Err(trouble),
            }
            attempt += 1;
            let pause = lock(&self.budget).pause(attempt, rand::random(), self.now());
            match pause.filter(|pause| Instant::now() + *pause < deadline) {
                Some(pause) => sleep(pause).await,
                None => return Err(trouble),
            }
        }
    }

    async fn ask(&self, instance: InstanceId, place: &Place, user_data: &str) -> Result<ProviderRef, ProviderError> {
        let request = self.request(instance, place, user_data);
        let answered = request.customize().config_override(without_retries()).send().await;
        let launched = answered.map_err(|error| errors::trouble("RunInstances", &error))?;
        let id = launched.instances().first().and_then(|launched| launched.instance_id());
        let id =
            id.ok_or_else(|| ProviderError::new(LaunchFailure::Timeout, "EC2 did not say what it has launched"))?;
        let reference = ProviderRef(id.to_owned());
        lock(&self.seen).launched(instance, reference.clone(), self.now());
        Ok(reference)
    }

    /// The instance that was launched for that request, where there is one.
    async fn found(&self, instance: InstanceId) -> Option<ProviderRef> {
        for pause in LOOKS {
            sleep(pause).await;
            match self.launched_for(instance).await {
                Ok(Some(reference)) => {
                    tracing::info!(%instance, reference = reference.0, "it was launched");
                    lock(&self.seen).launched(instance, reference.clone(), self.now());
                    return Some(reference);
                }
                Ok(None) => {}
                Err(trouble) => tracing::warn!(%instance, %trouble, "cannot look"),
            }
        }
        None
    }
}

fn nowhere() -> ProviderError {
    ProviderError::new(
        LaunchFailure::Capacity,
        "EC2 had no machine anywhere a moment ago: name more subnets or types of machines, or wait",
    )
}
