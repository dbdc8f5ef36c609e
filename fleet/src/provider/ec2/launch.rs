//! A launch: pool after pool until there is a machine, and never two for one request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::ProvideErrorMetadata;
use futures_util::future::BoxFuture;
use tenfold_core::ids::InstanceId;
use tenfold_core::launch_failure::LaunchFailure;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::budget::Budget;
use super::errors;
use super::groups;
use super::list::Lister;
use super::pools::{Pool, Pools};
use super::request::{Launch, Template, run_instances};
use super::tags::Tags;
use crate::plan::ProviderRef;
use crate::provider::ProviderError;

/// Nothing new is tried after so long; it must be over before the executor gives it up.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long an instance is looked for whose launch nobody knows the end of: EC2's list lags behind its launches.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2)];

/// What EC2 calls a dry run that would have gone well.
const WOULD_BE_DONE: &str = "DryRunOperation";

/// Makes the user data of an instance, with a token for its enrolment.
pub trait Bootstrap: Send + Sync + 'static {
    /// The script with which `instance` begins.
    fn user_data(&self, instance: InstanceId) -> BoxFuture<'_, Result<String, ProviderError>>;
}

/// Launches instances.
pub(super) struct Launcher {
    client: Client,
    tags: Tags,
    template: Template,
    spot: bool,
    bootstrap: Arc<dyn Bootstrap>,
    lister: Arc<Lister>,
    began: Instant,
    pools: Mutex<Pools>,
    /// The pool of each machine that this server has launched.
    launched_in: Mutex<HashMap<ProviderRef, usize>>,
    budget: Mutex<Budget>,
}

impl Launcher {
    pub fn new(
        client: Client,
        tags: Tags,
        launch: Launch,
        bootstrap: Arc<dyn Bootstrap>,
        lister: Arc<Lister>,
    ) -> Launcher {
        Launcher {
            client,
            tags,
            pools: Mutex::new(Pools::new(&launch.instance_types, &launch.subnets)),
            template: launch.template,
            spot: launch.spot,
            bootstrap,
            lister,
            began: Instant::now(),
            launched_in: Mutex::default(),
            budget: Mutex::default(),
        }
    }

    pub async fn launch(&self, instance: InstanceId) -> Result<ProviderRef, ProviderError> {
        let user_data = self.bootstrap.user_data(instance).await?;
        let deadline = Instant::now() + PATIENCE;
        let mut attempt = 0;
        // It is left only when EC2 has said that there is no machine: elsewhere a repeated request would be another one.
        let mut pool = self.next_pool().ok_or_else(nowhere)?;
        loop {
            let trouble = match self.ask(instance, &pool, &user_data).await {
                Ok(reference) => return Ok(reference),
                Err(trouble) => trouble,
            };
            match trouble.reason {
                LaunchFailure::Capacity => {
                    tracing::info!(%instance, %pool, %trouble, "trying elsewhere");
                    lock(&self.pools).note_empty(&pool, self.now());
                    pool = self.next_pool().ok_or(trouble)?;
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

    /// Asks whether a launch would be allowed, and would make sense: nothing comes of it.
    ///
    /// # Errors
    /// What EC2 has against it.
    pub async fn rehearse(&self) -> Result<(), ProviderError> {
        let pool = self.next_pool().ok_or_else(nowhere)?;
        let what = (&self.template, self.spot, &self.tags);
        let request = run_instances(&self.client, what, InstanceId(Uuid::now_v7()), &pool, "");
        match request.dry_run(true).send().await {
            Err(error) if error.code() != Some(WOULD_BE_DONE) => Err(errors::trouble("RunInstances", &error)),
            _ => Ok(()),
        }
    }

    /// The security groups that keep clients from this port, where they do.
    ///
    /// # Errors
    /// Where EC2 does not tell.
    pub async fn closed(&self, port: u16) -> Result<Option<String>, ProviderError> {
        groups::closed(&self.client, &self.template, port).await
    }

    async fn ask(&self, instance: InstanceId, pool: &Pool, user_data: &str) -> Result<ProviderRef, ProviderError> {
        let what = (&self.template, self.spot, &self.tags);
        let request = run_instances(&self.client, what, instance, pool, user_data);
        let answered = request.customize().config_override(without_retries()).send().await;
        let launched = answered.map_err(|error| errors::trouble("RunInstances", &error))?;
        let id = launched.instances().first().and_then(|launched| launched.instance_id());
        let id =
            id.ok_or_else(|| ProviderError::new(LaunchFailure::Timeout, "EC2 did not say what it has launched"))?;
        let reference = ProviderRef(id.to_owned());
        self.lister.launched(instance, reference.clone());
        lock(&self.launched_in).insert(reference.clone(), pool.number);
        Ok(reference)
    }

    /// It is over. Where it did not come to serve, others are launched elsewhere for a while.
    pub fn note_end(&self, reference: &ProviderRef, has_failed: bool) {
        let pool = lock(&self.launched_in).remove(reference);
        if let Some(number) = pool.filter(|_| has_failed) {
            lock(&self.pools).note_failed(number, self.now());
        }
    }

    fn next_pool(&self) -> Option<Pool> {
        lock(&self.pools).next(self.now())
    }

    /// The instance that was launched for that request, where there is one.
    async fn found(&self, instance: InstanceId) -> Option<ProviderRef> {
        for pause in LOOKS {
            sleep(pause).await;
            match self.lister.launched_for(instance).await {
                Ok(Some(reference)) => {
                    tracing::info!(%instance, reference = reference.0, "found: it was launched");
                    self.lister.launched(instance, reference.clone());
                    return Some(reference);
                }
                Ok(None) => {}
                Err(trouble) => tracing::warn!(%instance, %trouble, "cannot look whether it was launched"),
            }
        }
        None
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }
}

/// RunInstances is asked again by our own rules; the SDK's would spend a budget of their own.
fn without_retries() -> aws_sdk_ec2::config::Builder {
    aws_sdk_ec2::config::Builder::new().retry_config(RetryConfig::disabled())
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing inside can be left half done by a panic.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn nowhere() -> ProviderError {
    ProviderError::new(
        LaunchFailure::Capacity,
        "EC2 had no capacity in any subnet a moment ago: name more subnets or instance types, or wait",
    )
}
