//! What the EC2 machine that this program runs on knows of itself: the usual values of a fleet that is named nothing else.
//! (Instance metadata, version 2: "Use the Instance Metadata Service to access instance metadata", Amazon EC2 User Guide.)

use std::time::Duration;

use aws_config::imds::Client;
use aws_config::imds::client::error::ImdsError;
use aws_config::provider_config::ProviderConfig;

use super::connection::http;

const ROOT: &str = "/latest/meta-data";
/// It answers within milliseconds, from the machine's own host; elsewhere nobody answers at all.
const ANSWER: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 3;

/// The metadata of a machine of EC2's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The image that it was made of.
    pub image: String,
    /// `t3.small`.
    pub instance_type: String,
    /// The subnet of its first network interface.
    pub subnet: String,
    /// The security groups of that interface, by their ids.
    pub security_groups: Vec<String>,
}

/// There is no metadata to be had.
#[derive(Debug, thiserror::Error)]
pub enum NoMetadata {
    /// This is no machine of EC2's, or it keeps its metadata to itself.
    #[error(
        "this machine has no EC2 metadata ({0}): run the login server on an EC2 machine whose metadata are enabled (from a container they take a hop limit of 2), or name AWS_REGION, --ec2-image, --ec2-instance-types and --ec2-security-groups"
    )]
    Unreachable(String),
    /// A part of it is not there or makes no sense.
    #[error(
        "this machine's EC2 metadata have no {0}: name the fleet's machines with --ec2-image, --ec2-instance-types, --ec2-subnets and --ec2-security-groups"
    )]
    Missing(&'static str),
}

impl Metadata {
    /// Asks this machine's metadata service; `AWS_EC2_METADATA_SERVICE_ENDPOINT` names another one.
    ///
    /// # Errors
    /// [`NoMetadata`].
    pub async fn of_this_machine() -> Result<Metadata, NoMetadata> {
        let client = Client::builder()
            .configure(&ProviderConfig::default().with_http_client(http()))
            .max_attempts(ATTEMPTS)
            .connect_timeout(ANSWER)
            .read_timeout(ANSWER)
            .build();
        let get = |path: String, what: &'static str| {
            let client = client.clone();
            async move {
                client
                    .get(format!("{ROOT}/{path}"))
                    .await
                    .map(String::from)
                    .map_err(|error| refused(&error, what))
            }
        };
        // First one alone, which says whether there is any.
        let mac = get("mac".into(), "network interface").await?;
        let interface = |name: &str| format!("network/interfaces/macs/{mac}/{name}");
        let (image, instance_type, subnet, groups) = tokio::try_join!(
            get("ami-id".into(), "image"),
            get("instance-type".into(), "instance type"),
            get(interface("subnet-id"), "subnet"),
            get(interface("security-group-ids"), "security group"),
        )?;
        Ok(Metadata {
            image,
            instance_type,
            subnet,
            security_groups: groups.lines().map(str::to_owned).collect(),
        })
    }
}

fn refused(error: &ImdsError, what: &'static str) -> NoMetadata {
    match error {
        ImdsError::ErrorResponse(_) => NoMetadata::Missing(what),
        ImdsError::FailedToLoadToken(_) => NoMetadata::Unreachable("it gave no token".into()),
        _ => NoMetadata::Unreachable("it does not answer".into()),
    }
}
