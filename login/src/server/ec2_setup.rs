//! Application servers on EC2: AWS is asked once before anything is begun, and machines are taken in that come to enrol.

use std::net::{IpAddr, UdpSocket};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use tenfold_core::launch_failure::LaunchFailure;
use tenfold_fleet::provider::ec2::connection::{NoConnection, connection};
use tenfold_fleet::provider::ec2::{Ec2, Metadata, NoMetadata, Tags};
use tenfold_fleet::provider::{Provider, ProviderError};
use tenfold_postgres::Network;
use tenfold_service::BindError;
use tokio::process::Command;

use super::database_network::{self, DatabaseCertificateError};
use super::home::Home;
use super::setup_context::{BackgroundTask, Keys, ProviderSetup, SetupContext};
use crate::client_tls::CertificateFiles;
use crate::configuration::Arguments;
use crate::enrolment::certificate::{Certificate, NoCertificate};
use crate::enrolment::exchange::{Exchange, ServerSettings};
use crate::enrolment::listener::{EnrolmentService, serve};
use crate::enrolment::program::Program;
use crate::enrolment::token_issuer::TokenIssuer;
use crate::store::Store;

/// Somewhere outside; nothing is ever sent there.
const OUTSIDE: &str = "192.0.2.1:9";

/// The fleet cannot be run on EC2; each is a sentence with the mend.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the sentences say it
pub enum Ec2StartError {
    #[error(transparent)]
    Connection(#[from] NoConnection),
    #[error(
        "EC2 cannot be used: {error}; this policy (deploy/fleet-policy.json), attached to the role, grants all that is needed: {}",
        policy()
    )]
    Rights { error: ProviderError },
    #[error("EC2 would launch no application server: {error}: {}; name others with the --ec2-… options", .error.detail.as_deref().unwrap_or_default())]
    Launch { error: ProviderError },
    #[error(transparent)]
    Metadata(#[from] NoMetadata),
    #[error(transparent)]
    DatabaseCertificate(#[from] DatabaseCertificateError),
    #[error(transparent)]
    Certificate(#[from] NoCertificate),
    #[error("for enrolments: {0}")]
    Bind(#[from] BindError),
    #[error("{0} cannot be read ({1}): check that it exists and may be read")]
    Program(String, std::io::Error),
    #[error(
        "{0} cannot enrol on EC2: build it with `cargo build -p tenfold-app --features enrol`, or start with bin/server"
    )]
    CannotEnrol(String),
    #[error("this machine's address cannot be found: name it with --ec2-enrolment-host")]
    NoAddress,
    #[error(
        "this machine has no private address at which application servers could reach the private Postgres: give that as HOST, or name a database with --database"
    )]
    NoDatabaseAddress,
}

/// Where application servers on other machines reach a private Postgres.
pub(super) fn database_network(arguments: &Arguments, home: &Home) -> Result<Network, Ec2StartError> {
    let address = own_address(&arguments.host).and_then(|address| address.parse().ok());
    let address = address.filter(is_private).ok_or(Ec2StartError::NoDatabaseAddress)?;
    Ok(database_network::load_or_create(home.path(), address)?)
}

/// Whether the Internet does not get there.
fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            // Carriers' own (RFC 6598), which networks on AWS use too.
            let is_shared = first == 100 && (64..128).contains(&second);
            address.is_private() || address.is_loopback() || address.is_link_local() || is_shared
        }
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

pub(super) async fn set_up_provider(
    context: &SetupContext<'_>,
    keys: &Keys<'_>,
) -> Result<ProviderSetup, Ec2StartError> {
    let options = &context.arguments.ec2;
    let program = program(context.program).await?;
    let config = connection().await?;
    let store = Store::new(context.database, context.database);
    let certificate = Certificate::of_seed(&keys.token.enrolment_seed())?;
    let issuer = TokenIssuer {
        store: store.clone(),
        login: enrolment_endpoint(context)?,
        pin: certificate.pin,
        program: program.sha256.clone(),
        log: context.arguments.log.clone(),
        log_group: options.ec2_app_log_group.clone().filter(|group| !group.is_empty()),
        valid: context.arguments.policy().launch_deadline,
    };
    let names = &context.arguments.names;
    let tags = Tags {
        fleet: names.fleet.clone(),
        environment: names.environment.clone(),
        database: keys.fleet.to_owned(),
    };
    let machine = match options.needs_metadata() {
        true => Some(Metadata::of_this_machine().await?),
        false => None,
    };
    let ec2 = Ec2::new(&config, tags, options.launch(machine.as_ref()), Arc::new(issuer));
    check_that_it_answers(&ec2, context.arguments.end_fleet).await?;
    if let Some(ports) = context.arguments.app_ports().filter(|_| !context.arguments.end_fleet) {
        // Each listens on the first.
        warn_of_closed_port(&ec2, ports.first).await;
    }
    let listener = tenfold_service::bind(&context.arguments.host, options.ec2_enrolment_port).await?;
    let roots = context.postgres.certificate().or(context.database.root_certificates());
    let service = EnrolmentService {
        exchange: Exchange {
            store,
            registry: Box::new(ec2.clone()),
            server_settings: ServerSettings {
                database: keys.url_for_app(context.postgres.url_for_others()),
                database_root_certificates: roots.map(str::to_owned),
                broker: keys.access(context.broker),
                master_key: keys.master.clone(),
                quotas: context.arguments.limits.quotas(),
                tls: context.tls.map(|files| CertificateFiles {
                    files: files.clone(),
                    also_plain: context.arguments.tls.tls_also_plain,
                }),
                port: context.arguments.app_ports().map_or(0, |ports| ports.first),
            },
            refused: Default::default(),
        },
        program,
    };
    let enrolling = serve(listener, certificate, Arc::new(service), context.stopping.clone());
    let enrolling: BackgroundTask = ("enrolment", Box::pin(enrolling));
    Ok(ProviderSetup {
        provider: Arc::new(ec2),
        child_ended: Arc::default(),
        tasks: vec![enrolling],
    })
}

async fn program(path: &Path) -> Result<Program, Ec2StartError> {
    let name = || path.display().to_string();
    let mut asked = Command::new(path);
    asked
        .args(["enrol", "--help"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if !asked.status().await.is_ok_and(|status| status.success()) {
        return Err(Ec2StartError::CannotEnrol(name()));
    }
    Program::read(path)
        .await
        .map_err(|error| Ec2StartError::Program(name(), error))
}

/// On one line.
fn policy() -> String {
    include_str!("../../../deploy/fleet-policy.json")
        .split_whitespace()
        .collect()
}

/// Without credentials, or with those of somebody who may not look, nothing will ever be launched. What passes by itself is no
/// reason not to start.
async fn check_that_it_answers(ec2: &Ec2, ends_fleet: bool) -> Result<(), Ec2StartError> {
    let asked = async {
        let machines = ec2.list().await?;
        tracing::info!(machines = machines.len(), "EC2 answers");
        if ends_fleet {
            return Ok(());
        }
        match ec2.rehearse().await {
            // Those who are served are not to suffer from what would keep others from being launched.
            Err(error) if error.reason == LaunchFailure::Other && !machines.is_empty() => {
                tracing::error!(%error, detail = error.detail, "EC2 would launch no other application server");
                Ok(())
            }
            rehearsed => rehearsed,
        }
    };
    match asked.await {
        Ok(()) => Ok(()),
        Err(error) if error.reason == LaunchFailure::Credentials => {
            tracing::error!(detail = error.detail, "EC2 does not let this server do its work");
            Err(Ec2StartError::Rights { error })
        }
        Err(error) if error.reason == LaunchFailure::Other => Err(Ec2StartError::Launch { error }),
        Err(error) => {
            tracing::warn!(%error, detail = error.detail, "EC2 cannot be asked now; starting all the same, and asking again");
            Ok(())
        }
    }
}

/// A machine that nobody reaches serves nobody. No reason not to start: clients may be in another group.
async fn warn_of_closed_port(ec2: &Ec2, port: u16) {
    match ec2.closed(port).await {
        Ok(Some(groups)) => tracing::warn!(
            "the security groups {groups} let no address in on port {port}, where application servers listen, so clients will not reach them: \
             add an inbound rule for TCP {port} from your clients' addresses, or name another port with --app-ports"
        ),
        Ok(None) => {}
        Err(error) => tracing::info!(%error, "whether clients get through to application servers was not looked at"),
    }
}

/// Where machines find this login server.
fn enrolment_endpoint(context: &SetupContext<'_>) -> Result<String, Ec2StartError> {
    let options = &context.arguments.ec2;
    let host = match &options.ec2_enrolment_host {
        Some(host) => host.clone(),
        None => own_address(&context.arguments.host).ok_or(Ec2StartError::NoAddress)?,
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    Ok(match bare.contains(':') {
        true => format!("[{bare}]:{}", options.ec2_enrolment_port),
        false => format!("{bare}:{}", options.ec2_enrolment_port),
    })
}

/// The address that this server listens on, or where that is every one, the one from which it reaches others: on EC2 the
/// private address.
fn own_address(listens_on: &str) -> Option<String> {
    let bare = listens_on.trim_start_matches('[').trim_end_matches(']');
    let is_every = bare.parse().is_ok_and(|address: IpAddr| address.is_unspecified());
    if !is_every {
        return Some(bare.to_owned());
    }
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect(OUTSIDE).ok()?;
    Some(socket.local_addr().ok()?.ip().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_internet_reaches_is_no_place_for_a_private_postgres() {
        for (address, expected) in [
            ("10.0.0.7", true),
            ("172.31.9.9", true),
            ("100.64.0.1", true),
            ("127.0.0.1", true),
            ("fd00::7", true),
            ("54.0.0.5", false),
            ("100.128.0.1", false),
            ("2a05:d014::7", false),
        ] {
            assert_eq!(is_private(&address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn an_address_that_was_named_is_taken_and_every_address_is_made_one() {
        assert_eq!(own_address("127.0.0.1").as_deref(), Some("127.0.0.1"));
        assert_eq!(own_address("[::1]").as_deref(), Some("::1"));
        // Where there is no way out there is none.
        assert_ne!(own_address("0.0.0.0").as_deref(), Some("0.0.0.0"));
    }
}
