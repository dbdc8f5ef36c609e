//! Who runs the application servers.

#[cfg(test)]
mod conformance;
#[cfg(feature = "ec2")]
pub mod ec2;
pub mod local;

use std::time::Duration;

use futures_util::future::BoxFuture;
use tenfold_core::ids::InstanceId;
use tenfold_core::launch_failure::LaunchFailure;

use crate::plan::ProviderRef;

/// One machine or process of this fleet, as its provider knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Machine {
    /// The instance it was launched for.
    pub instance: InstanceId,
    /// The provider's own name of it.
    pub reference: ProviderRef,
}

/// A provider could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct ProviderError {
    /// What kind of trouble it is: what is done about it, and how it is counted.
    pub reason: LaunchFailure,
    /// A sentence of ours, fit for the log of events: nothing in it is secret or long.
    pub words: String,
    /// What the provider itself said, for the operator's eyes alone.
    pub detail: Option<String>,
}

impl ProviderError {
    /// Trouble of a kind that has a name.
    pub fn new(reason: LaunchFailure, words: impl Into<String>) -> ProviderError {
        ProviderError {
            reason,
            words: words.into(),
            detail: None,
        }
    }

    /// Trouble of no particular kind.
    pub fn other(words: impl Into<String>) -> ProviderError {
        ProviderError::new(LaunchFailure::Other, words)
    }

    /// Nobody knows whether it was done.
    pub fn no_answer() -> ProviderError {
        ProviderError::new(LaunchFailure::Timeout, "the provider does not answer")
    }
}

/// Runs application servers. An implementation sees only what belongs to its own fleet, and passes the conformance
/// suite beside this file.
pub trait Provider: Send + Sync + 'static {
    /// Starts an application server for `instance`. It is in the list as soon as this has returned; it is ready when it
    /// says so itself.
    fn launch(&self, instance: InstanceId) -> BoxFuture<'_, Result<ProviderRef, ProviderError>>;

    /// Ends what `reference` names, and returns when it is gone. What is gone already is no error.
    fn terminate<'a>(&'a self, reference: &'a ProviderRef) -> BoxFuture<'a, Result<(), ProviderError>>;

    /// What a machine said at its end that was launched and did not come to serve, for the operator; asked before it is ended. The provider
    /// takes it for a sign that others are better launched elsewhere.
    fn last_words<'a>(&'a self, _: &'a ProviderRef) -> BoxFuture<'a, Option<String>> {
        Box::pin(std::future::ready(None))
    }

    /// Whether what it has launched runs on when the last login server stops, to be adopted by the next one.
    fn outlives_login_servers(&self) -> bool;

    /// Everything of this fleet that runs, whoever launched it.
    fn list(&self) -> BoxFuture<'_, Result<Vec<Machine>, ProviderError>>;
}

/// How long a process that is asked to end may take before it is killed.
pub const GRACE: Duration = Duration::from_secs(3);
