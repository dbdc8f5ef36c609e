//! What RunInstances is asked for.

use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::{
    HttpTokensState, IamInstanceProfileSpecification, InstanceMetadataEndpointState, InstanceMetadataOptionsRequest,
    InstanceType, LaunchTemplateSpecification, ResourceType, ShutdownBehavior, Tag, TagSpecification,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tenfold_core::ids::InstanceId;

use super::options::Ec2Options;
use super::places::Place;
use super::{Shared, TAG_DATABASE, TAG_ENVIRONMENT, TAG_FLEET, TAG_INSTANCE};

/// What is launched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// What the template says.
    Template {
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

impl What {
    pub(super) fn of(options: &Ec2Options) -> What {
        match &options.ec2_launch_template {
            Some(template) => What::Template {
                template: template.clone(),
                version: options.ec2_launch_template_version.clone(),
            },
            None => What::Explicit {
                image: options.ec2_image.clone().unwrap_or_default(),
                security_groups: options.ec2_security_groups.clone(),
                profile: options.ec2_instance_profile.clone(),
            },
        }
    }

    fn put_into(&self, request: RunInstancesFluentBuilder) -> RunInstancesFluentBuilder {
        match self {
            What::Template { template, version } => {
                let named = LaunchTemplateSpecification::builder().version(version);
                let named = if template.starts_with("lt-") {
                    named.launch_template_id(template)
                } else {
                    named.launch_template_name(template)
                };
                request.launch_template(named.build())
            }
            What::Explicit {
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

impl Shared {
    /// One instance at `place`. The token makes EC2 answer a repeated request with the instance that the first one made. It
    /// holds for one set of parameters, so that another place has another token; a place is left only when EC2 has said that
    /// there is no machine.
    pub(super) fn request(&self, instance: InstanceId, place: &Place, user_data: &str) -> RunInstancesFluentBuilder {
        let token = match place.number {
            0 => instance.to_string(),
            number => format!("{instance}-{number}"),
        };
        let request = self.what.put_into(self.client.run_instances());
        request
            .min_count(1)
            .max_count(1)
            .client_token(token)
            .set_instance_type(place.instance_type.as_deref().map(InstanceType::from))
            .set_subnet_id(place.subnet.clone())
            .user_data(STANDARD.encode(user_data))
            .instance_initiated_shutdown_behavior(ShutdownBehavior::Terminate)
            .metadata_options(metadata())
            .tag_specifications(self.tags(ResourceType::Instance, instance))
            .tag_specifications(self.tags(ResourceType::Volume, instance))
    }

    fn tags(&self, resource: ResourceType, instance: InstanceId) -> TagSpecification {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        TagSpecification::builder()
            .resource_type(resource)
            .tags(tag(TAG_FLEET, &self.marks.fleet))
            .tags(tag(TAG_ENVIRONMENT, &self.marks.environment))
            .tags(tag(TAG_INSTANCE, &instance.to_string()))
            .tags(tag(TAG_DATABASE, &self.database))
            .build()
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
