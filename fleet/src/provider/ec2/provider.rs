//! The provider: launches, lists and ends instances.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::ProvideErrorMetadata;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use tenfold_core::ids::InstanceId;

use super::errors;
use super::launch::{Bootstrap, Launcher};
use super::list::{Lister, Whereabouts};
use super::request::Launch;
use super::tags::Tags;
use crate::plan::ProviderRef;
use crate::provider::{Machine, Provider, ProviderError};

/// So much of a console is told.
const CONSOLE_LINES: usize = 12;

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

    /// Asks EC2 whether it would launch what this fleet is made of; nothing comes of it.
    ///
    /// # Errors
    /// What it has against that: a right that is missing, an image of another architecture, a subnet that is not there.
    pub async fn rehearse(&self) -> Result<(), ProviderError> {
        self.launcher.rehearse().await
    }

    /// The application servers' security groups, where they let no client in on this port; none where a launch template names them.
    ///
    /// # Errors
    /// Where EC2 does not tell.
    pub async fn closed(&self, port: u16) -> Result<Option<String>, ProviderError> {
        self.launcher.closed(port).await
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
        self.launcher.note_end(reference, false);
        Ok(())
    }

    /// What stands at the end of its console.
    async fn console(&self, reference: &ProviderRef) -> Option<String> {
        self.launcher.note_end(reference, true);
        let request = self.client.get_console_output().instance_id(&reference.0);
        // What was written just now is had of some types of machines only; of all, what had been written when they booted.
        let latest = request.clone().latest(true).send().await;
        let answered = match latest {
            Ok(answered) => answered,
            Err(_) => request.send().await.ok()?,
        };
        let text = STANDARD.decode(answered.output()?.trim()).ok()?;
        Some(last_lines(&String::from_utf8_lossy(&text)))
    }
}

fn is_gone(code: Option<&str>) -> bool {
    matches!(code, Some("InvalidInstanceID.NotFound" | "InvalidInstanceID.Malformed"))
}

/// The last lines of a console, without what would do something to a terminal.
fn last_lines(console: &str) -> String {
    let lines: Vec<&str> = console
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let last = &lines[lines.len().saturating_sub(CONSOLE_LINES)..];
    let plain = |line: &&str| {
        line.chars()
            .filter(|character| !character.is_control())
            .collect::<String>()
    };
    last.iter().map(plain).collect::<Vec<_>>().join(" | ")
}

impl Provider for Ec2 {
    fn launch(&self, instance: InstanceId) -> BoxFuture<'_, Result<ProviderRef, ProviderError>> {
        Box::pin(self.launcher.launch(instance))
    }

    fn terminate<'a>(&'a self, reference: &'a ProviderRef) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(self.end(reference))
    }

    fn last_words<'a>(&'a self, reference: &'a ProviderRef) -> BoxFuture<'a, Option<String>> {
        Box::pin(self.console(reference))
    }

    fn outlives_login_servers(&self) -> bool {
        true
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Machine>, ProviderError>> {
        Box::pin(self.lister.list())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_console_is_one_plain_line() {
        let console: String = (1..=20).map(|line| format!("line \u{1b}[31m{line}\r\n\n")).collect();
        let told = last_lines(&console);
        assert!(
            told.starts_with("line [31m9 | ") && told.ends_with(" | line [31m20"),
            "{told}"
        );
        assert_eq!(last_lines(""), "");
    }
}
