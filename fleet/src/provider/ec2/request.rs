//! What RunInstances is asked for.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::{
    HttpTokensState, IamInstanceProfileSpecification, InstanceInterruptionBehavior, InstanceMarketOptionsRequest,
    InstanceMetadataEndpointState, InstanceMetadataOptionsRequest, InstanceType, LaunchTemplateSpecification,
    MarketType, ResourceType, ShutdownBehavior, SpotInstanceType, SpotMarketOptions,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tenfold_core::ids::InstanceId;

use super::pools::Pool;
use super::tags::Tags;

/// What is launched, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// What the machine is made of.
    pub template: Template,
    /// Types of machines in the order to try them; what the template says where there is none.
    pub instance_types: Vec<String>,
    /// Subnets in the order to try them; what the template says where there is none.
    pub subnets: Vec<String>,
    /// Whether machines are taken at the spot price, and may be taken back by EC2.
    pub spot: bool,
}

/// What a machine is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Template {
    /// What a launch template says.
    Named {
        /// Its id or its name.
        template: String,
        /// Which of its versions.
        version: String,
    },
    /// What is said here.
    Explicit {
        /// The image.
        image: String,
        /// Who may talk to the machine, and to whom it may talk.
        security_groups: Vec<String>,
        /// What the machine may do on AWS.
        profile: Option<String>,
    },
}

/// One instance in `pool`. The token makes EC2 answer a repeated request with the instance that the first one made. It
/// holds for one set of parameters, so that another pool has another token; a pool is left only when EC2 has said that
/// there is no machine.
pub(super) fn run_instances(
    client: &Client,
    (template, spot, tags): (&Template, bool, &Tags),
    instance: InstanceId,
    pool: &Pool,
    user_data: &str,
) -> RunInstancesFluentBuilder {
    let token = match pool.number {
        0 => instance.to_string(),
        number => format!("{instance}-{number}"),
    };
    template
        .put_into(client.run_instances())
        .min_count(1)
        .max_count(1)
        .client_token(token)
        .set_instance_type(pool.instance_type.as_deref().map(InstanceType::from))
        .set_subnet_id(pool.subnet.clone())
        .set_instance_market_options(spot.then(at_spot_price))
        .user_data(STANDARD.encode(user_data))
        .instance_initiated_shutdown_behavior(ShutdownBehavior::Terminate)
        .metadata_options(metadata())
        .tag_specifications(tags.specification(ResourceType::Instance, instance))
        .tag_specifications(tags.specification(ResourceType::Volume, instance))
}

/// At the spot price, once: whoever is interrupted is ended, and another one launched where it is needed.
fn at_spot_price() -> InstanceMarketOptionsRequest {
    let once = SpotMarketOptions::builder()
        .spot_instance_type(SpotInstanceType::OneTime)
        .instance_interruption_behavior(InstanceInterruptionBehavior::Terminate);
    InstanceMarketOptionsRequest::builder()
        .market_type(MarketType::Spot)
        .spot_options(once.build())
        .build()
}

impl Template {
    fn put_into(&self, request: RunInstancesFluentBuilder) -> RunInstancesFluentBuilder {
        match self {
            Template::Named { template, version } => {
                let named = LaunchTemplateSpecification::builder().version(version);
                let named = if template.starts_with("lt-") {
                    named.launch_template_id(template)
                } else {
                    named.launch_template_name(template)
                };
                request.launch_template(named.build())
            }
            Template::Explicit {
                image,
                security_groups,
                profile,
            } => {
                let profile = profile
                    .as_ref()
                    .map(|name| IamInstanceProfileSpecification::builder().name(name).build());
                let groups = (!security_groups.is_empty()).then(|| security_groups.clone());
                request
                    .image_id(image)
                    .set_security_group_ids(groups)
                    .set_iam_instance_profile(profile)
            }
        }
    }
}

/// A machine's credentials are for the machine: not for whoever makes it fetch a URL, nor for a container on it.
fn metadata() -> InstanceMetadataOptionsRequest {
    InstanceMetadataOptionsRequest::builder()
        .http_endpoint(InstanceMetadataEndpointState::Enabled)
        .http_tokens(HttpTokensState::Required)
        .http_put_response_hop_limit(1)
        .build()
}
