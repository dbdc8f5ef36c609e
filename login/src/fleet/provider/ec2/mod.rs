//! Application servers as instances on AWS EC2.
//!
//! An instance carries the fleet's marks as tags, and the id of the request it was launched for: by them a login server that
//! comes after the one that launched it finds it again. What it needs to serve is not among its tags nor in its user data
//! but one token, with which it asks for the rest (`crate::enrolment`).

mod budget;
mod errors;
mod launch;
mod list;
mod options;
mod places;
mod request;
mod user_data;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::ProvideErrorMetadata;
use futures_util::future::BoxFuture;
use tenfold_core::ids::InstanceId;
use tokio::time::Instant;

use self::budget::Budget;
use self::list::Seen;
pub use self::list::Whereabouts;
pub use self::options::{BadEc2Options, Ec2Options, PortRange};
use self::places::Places;
pub use self::request::What;
pub use self::user_data::{Beginning, user_data};
use super::{Machine, Provider, ProviderError};
use crate::aws::marks::Marks;
use crate::fleet::plan::ProviderRef;

/// The tags' keys. Of the last, IAM's conditions know nothing: it tells two fleets of one name apart, on two databases.
const TAG_FLEET: &str = "tenfold:fleet";
const TAG_ENVIRONMENT: &str = "tenfold:environment";
const TAG_INSTANCE: &str = "tenfold:instance";
const TAG_DATABASE: &str = "tenfold:database";

/// How many instances EC2 lists in one answer.
const PAGE: i32 = 500;
/// How old a list may be that is given again: the fleet is looked at more often than AWS likes to be asked.
const FRESH: Duration = Duration::from_secs(2);

/// Makes the user data of an instance, with a token for its enrolment.
pub trait Bootstrap: Send + Sync + 'static {
    /// The script with which `instance` begins.
    fn user_data(&self, instance: InstanceId) -> BoxFuture<'_, Result<String, ProviderError>>;
}

/// Launches, lists and ends instances.
#[derive(Clone)]
pub struct Ec2(Arc<Shared>);

struct Shared {
    client: Client,
    marks: Marks,
    /// The database's own mark.
    database: String,
    what: What,
    bootstrap: Arc<dyn Bootstrap>,
    page: i32,
    fresh: Duration,
    began: Instant,
    places: Mutex<Places>,
    budget: Mutex<Budget>,
    seen: Mutex<Seen>,
}

impl Ec2 {
    /// For the fleet with these marks on the database with that one.
    pub fn new(
        config: &SdkConfig,
        marks: Marks,
        database: String,
        options: &Ec2Options,
        bootstrap: Arc<dyn Bootstrap>,
    ) -> Ec2 {
        Ec2(Arc::new(Shared {
            client: Client::new(config),
            marks,
            database,
            what: What::of(options),
            bootstrap,
            page: PAGE,
            fresh: FRESH,
            began: Instant::now(),
            places: Mutex::new(Places::new(&options.ec2_instance_types, &options.ec2_subnets)),
            budget: Mutex::default(),
            seen: Mutex::default(),
        }))
    }
}

impl Shared {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    async fn terminate(&self, reference: &ProviderRef) -> Result<(), ProviderError> {
        let asked = self
            .client
            .terminate_instances()
            .instance_ids(&reference.0)
            .send()
            .await;
        match asked {
            Err(error) if is_gone(error.code()) => {}
            Err(error) => return Err(errors::trouble("TerminateInstances", &error)),
            Ok(_) => {}
        }
        // From now on EC2 counts it as shutting down, which the list leaves out.
        lock(&self.seen).forget(reference);
        Ok(())
    }
}

fn is_gone(code: Option<&str>) -> bool {
    matches!(code, Some("InvalidInstanceID.NotFound" | "InvalidInstanceID.Malformed"))
}

impl Provider for Ec2 {
    fn launch(&self, instance: InstanceId) -> BoxFuture<'_, Result<ProviderRef, ProviderError>> {
        Box::pin(self.0.launch(instance))
    }

    fn terminate<'a>(&'a self, reference: &'a ProviderRef) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(self.0.terminate(reference))
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Machine>, ProviderError>> {
        Box::pin(self.0.list())
    }
}

/// RunInstances is asked again by our own rules; the kit's would spend a budget of their own.
fn without_retries() -> aws_sdk_ec2::config::Builder {
    aws_sdk_ec2::config::Builder::new().retry_config(RetryConfig::disabled())
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing inside can be left half done by a panic.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
