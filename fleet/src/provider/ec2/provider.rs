//! The provider: launches, lists and ends instances.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::ProvideErrorMetadata;
use futures_util::future::BoxFuture;
use tenfold_core::ids::InstanceId;

use super::errors;
use super::launch::{Bootstrap, Launcher};
use super::list::{Lister, Whereabouts};
use super::request::Launch;
use super::tags::Tags;
use crate::plan::ProviderRef;
use crate::provider::{Machine, Provider, ProviderError};

/// Launches, lists and ends instances.
#[derive(Clone)]
pub struct Ec2 {
    client: Client,
    launcher: Arc<Launcher>,
    lister: Arc<Lister>,
}

impl Ec2 {
    /// For the fleet with these tags.
    pub fn new(config: &SdkConfig, tags: Tags, launch: Launch, bootstrap: Arc<dyn Bootstrap>) -> Ec2 {
        let client = Client::new(config);
        let lister = Arc::new(Lister::new(client.clone(), tags.clone()));
        Ec2 {
            launcher: Arc::new(Launcher::new(
                client.clone(),
                tags,
                launch,
                bootstrap,
                Arc::clone(&lister),
            )),
            lister,
            client,
        }
    }

    /// Where the instance is that was launched for that request; none where EC2 shows none.
    ///
    /// # Errors
    /// [`ProviderError`] where EC2 cannot be asked.
    pub async fn whereabouts(&self, instance: InstanceId) -> Result<Option<Whereabouts>, ProviderError> {
        self.lister.whereabouts(instance).await
    }

    async fn end(&self, reference: &ProviderRef) -> Result<(), ProviderError> {
        let request = self.client.terminate_instances().instance_ids(&reference.0);
        match request.send().await {
            Err(error) if is_gone(error.code()) => {}
            Err(error) => return Err(errors::trouble("TerminateInstances", &error)),
            Ok(_) => {}
        }
        // From now on EC2 counts it as shutting down, which the list leaves out.
        self.lister.forget(reference);
        Ok(())
    }
}

fn is_gone(code: Option<&str>) -> bool {
    matches!(code, Some("InvalidInstanceID.NotFound" | "InvalidInstanceID.Malformed"))
}

impl Provider for Ec2 {
    fn launch(&self, instance: InstanceId) -> BoxFuture<'_, Result<ProviderRef, ProviderError>> {
        Box::pin(self.launcher.launch(instance))
    }

    fn terminate<'a>(&'a self, reference: &'a ProviderRef) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(self.end(reference))
    }

    fn outlives_login_servers(&self) -> bool {
        true
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Machine>, ProviderError>> {
        Box::pin(self.lister.list())
    }
}
