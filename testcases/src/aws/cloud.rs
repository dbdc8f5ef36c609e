//! A fleet on EC2 for one test: an account with a launch template, a proxy before it, and machines that boot.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::account::Account;
use super::by_hand::{inside, text_of, texts_of};
use super::machines::Machines;
use super::proxy::Proxy;
use crate::background::ports;
use crate::service::Options;

const TEMPLATE: &str = "app-servers";
/// The emulator does not look at it.
const IMAGE: &str = "ami-0abcdef1234567890";

/// Everything that stands for AWS in one test, ended with this value.
#[derive(Debug)]
pub struct Cloud {
    /// What runs on its instances.
    pub machines: Machines,
    /// What stands between the programs and the emulator.
    pub proxy: Arc<Proxy>,
    /// Whose it is.
    pub account: Account,
    /// The fleet's name.
    pub fleet: String,
    enrolment_port: u16,
}

/// An instance as EC2 tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// EC2's name of it.
    pub id: String,
    /// `running`, `terminated` and so on.
    pub state: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Cloud {
    /// A fresh account, in which nothing runs.
    pub fn start() -> Self {
        let account = Account::fresh();
        let made = account.ec2(
            "CreateLaunchTemplate",
            &[
                ("LaunchTemplateName", TEMPLATE),
                ("LaunchTemplateData.ImageId", IMAGE),
                ("LaunchTemplateData.InstanceType", "t3.micro"),
            ],
        );
        made.unwrap_or_else(|refused| panic!("the emulator makes no launch template: {refused}"));
        let fleet = format!("fleet-{}", account.id);
        let proxy = Arc::new(Proxy::start(&account.url));
        Self {
            machines: Machines::start(account.clone(), Arc::clone(&proxy), &fleet),
            proxy,
            account,
            fleet,
            enrolment_port: ports::free(),
        }
    }

    /// How login servers are started that have their fleet here.
    pub fn options(&self) -> Options {
        self.options_on(Options::new())
    }

    /// The same, beside other options.
    pub fn options_on(&self, options: Options) -> Options {
        let variables = self.account.variables(&self.proxy.url);
        let options = options
            .with("--fleet", "ec2")
            .with("--fleet-name", &self.fleet)
            .with("--environment", "test")
            .with("--ec2-launch-template", TEMPLATE)
            .with("--ec2-enrolment-port", &self.enrolment_port.to_string())
            .with("--ec2-list-lag", "3s");
        variables
            .into_iter()
            .fold(options, |options, (name, value)| options.with_variable(&name, &value))
    }

    /// The subnets there are, in the account's own network.
    pub fn subnets(&self) -> Vec<String> {
        subnets_of(&self.account)
    }

    /// Every instance of the account, those that are over too.
    pub fn instances(&self) -> Vec<Instance> {
        instances_of(&self.account)
    }

    /// Those that are not over.
    pub fn living(&self) -> Vec<Instance> {
        self.instances().into_iter().filter(Instance::is_living).collect()
    }
}

impl Instance {
    /// Whether it is not over.
    pub fn is_living(&self) -> bool {
        !["terminated", "shutting-down"].contains(&self.state.as_str())
    }
}

/// The subnets of an account's own network.
pub fn subnets_of(account: &Account) -> Vec<String> {
    let described = account.ec2("DescribeSubnets", &[]);
    let described = described.unwrap_or_else(|refused| panic!("the emulator tells no subnets: {refused}"));
    texts_of(&described, "subnetId")
}

/// Every instance of an account, those that are over too.
pub fn instances_of(account: &Account) -> Vec<Instance> {
    let described = account.ec2("DescribeInstances", &[]);
    let described = described.unwrap_or_else(|refused| panic!("the emulator lists no instances: {refused}"));
    // Each of ours is launched by itself.
    inside(&described, "instancesSet").into_iter().map(instance).collect()
}

fn instance(xml: &str) -> Instance {
    let state = inside(xml, "instanceState");
    let state = state.first().and_then(|state| text_of(state, "name"));
    let tag = |item: &&str| Some((text_of(item, "key")?, text_of(item, "value")?));
    // Its network interfaces have tags too, and none of them.
    let tags = inside(xml, "tagSet").join("");
    Instance {
        id: text_of(xml, "instanceId").unwrap_or_default(),
        state: state.unwrap_or_default(),
        tags: inside(&tags, "item").iter().filter_map(tag).collect(),
    }
}
