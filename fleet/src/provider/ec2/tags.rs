//! The tags that tell this fleet's instances from all others.

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use tenfold_core::ids::InstanceId;

const FLEET: &str = "tenfold:fleet";
const ENVIRONMENT: &str = "tenfold:environment";
const DATABASE: &str = "tenfold:database";
/// The request that an instance was launched for.
pub(super) const INSTANCE: &str = "tenfold:instance";

/// The values of the fleet's tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags {
    /// The fleet's name.
    pub fleet: String,
    /// What it is for.
    pub environment: String,
    /// The database's own mark: it tells two fleets of one name apart, on two databases. IAM's conditions know nothing of it.
    pub database: String,
}

impl Tags {
    fn pairs(&self) -> [(&'static str, &str); 3] {
        [
            (FLEET, &self.fleet),
            (ENVIRONMENT, &self.environment),
            (DATABASE, &self.database),
        ]
    }

    /// As they are put on what is launched for `instance`.
    pub(super) fn specification(&self, resource: ResourceType, instance: InstanceId) -> TagSpecification {
        let instance = instance.to_string();
        let pairs = self.pairs().into_iter().chain([(INSTANCE, instance.as_str())]);
        let tags = pairs.map(|(key, value)| Tag::builder().key(key).value(value).build());
        let specification = TagSpecification::builder().resource_type(resource);
        specification.set_tags(Some(tags.collect())).build()
    }

    /// What finds instances that carry them.
    pub(super) fn filters(&self) -> impl Iterator<Item = Filter> {
        self.pairs().map(|(key, value)| filter(key, value)).into_iter()
    }
}

/// What finds the instance that was launched for that request.
pub(super) fn of_instance(instance: InstanceId) -> Filter {
    filter(INSTANCE, &instance.to_string())
}

fn filter(tag: &str, value: &str) -> Filter {
    Filter::builder().name(format!("tag:{tag}")).values(value).build()
}
