//! Sets up the provider that the operator wants.

use std::sync::Arc;

use tenfold_cli::PortRange;
use tenfold_core::quota::Quotas;
use tenfold_fleet::provider::local::Local;
use tenfold_log::sealing;
use tenfold_postgres::Network;

#[cfg(feature = "ec2")]
use super::ec2_setup;
use super::home::Home;
use super::setup_context::{Keys, ProviderSetup, SetupContext};
use crate::configuration::{Arguments, FleetKind};

/// Application servers cannot be run as was wanted.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each is another module's sentence
pub enum ProviderSetupError {
    #[cfg(feature = "ec2")]
    #[error(transparent)]
    Ec2(#[from] ec2_setup::Ec2StartError),
}

/// Makes the provider that the arguments name.
///
/// # Errors
/// [`ProviderSetupError`].
pub(super) async fn set_up_provider(
    context: &SetupContext<'_>,
    keys: &Keys<'_>,
) -> Result<ProviderSetup, ProviderSetupError> {
    match context.arguments.fleet {
        FleetKind::Local => Ok(local(context, keys)),
        #[cfg(feature = "ec2")]
        FleetKind::Ec2 => Ok(ec2_setup::set_up_provider(context, keys).await?),
        // The check of the arguments has said so already.
        #[cfg(not(feature = "ec2"))]
        FleetKind::Ec2 => Ok(local(context, keys)),
    }
}

/// Where other machines reach a private Postgres; nothing where all application servers are on this one.
#[cfg_attr(not(feature = "ec2"), allow(unused_variables))] // without EC2 there are no others
pub(super) fn database_network(arguments: &Arguments, home: &Home) -> Result<Option<Network>, ProviderSetupError> {
    match arguments.fleet {
        FleetKind::Local => Ok(None),
        #[cfg(feature = "ec2")]
        FleetKind::Ec2 => Ok(Some(ec2_setup::database_network(arguments, home)?)),
        #[cfg(not(feature = "ec2"))]
        FleetKind::Ec2 => Ok(None),
    }
}

/// What an application server on this machine is told by its environment.
fn environment(context: &SetupContext<'_>, keys: &Keys<'_>) -> Vec<(String, String)> {
    let mut environment = vec![
        ("TENFOLD_DATABASE".to_owned(), keys.url_for_app(context.postgres.url())),
        ("TENFOLD_LOG".to_owned(), context.arguments.log.clone()),
        (sealing::VARIABLE.to_owned(), keys.master.reveal()),
        (Quotas::VARIABLE.to_owned(), context.arguments.limits.quotas().to_json()),
    ];
    if let Some(files) = context.tls {
        for (name, file) in ["TENFOLD_TLS_CERT", "TENFOLD_TLS_KEY"].into_iter().zip(files) {
            environment.push((name.to_owned(), file.display().to_string()));
        }
        let also_plain = context.arguments.tls.tls_also_plain.to_string();
        environment.push(("TENFOLD_TLS_ALSO_PLAIN".to_owned(), also_plain));
    }
    if let Some(access) = keys.access(context.broker) {
        environment.push(("TENFOLD_BROKER".to_owned(), access.broker.reveal().to_owned()));
        environment.push(("TENFOLD_FLEET_KEY".to_owned(), access.key.reveal()));
    }
    environment
}

fn local(context: &SetupContext<'_>, keys: &Keys<'_>) -> ProviderSetup {
    let provider = Local {
        program: context.program.into(),
        fleet: keys.fleet.to_owned(),
        host: context.arguments.host.clone(),
        ports: context.arguments.app_ports().map(PortRange::each),
        environment: environment(context, keys),
        log_file: context.home.app_log(),
        ended: Arc::default(),
    };
    ProviderSetup {
        child_ended: Arc::clone(&provider.ended),
        provider: Arc::new(provider),
        tasks: Vec::new(),
    }
}
