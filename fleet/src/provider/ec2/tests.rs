//! The provider against an emulator of EC2 that nobody here wrote, and, through a proxy, against answers that it never gives.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use futures_util::future::BoxFuture;
use tenfold_core::ids::InstanceId;
use tenfold_core::launch_failure::LaunchFailure;
use tenfold_testcases::aws::cloud::instances_of;
use tenfold_testcases::aws::proxy::{Fault, Proxy};
use tenfold_testcases::aws::{Account, LOGIN_SERVER};
use uuid::Uuid;

use super::connection::{http, timeouts};
use super::launch::Bootstrap;
use super::list::Lister;
use super::provider::Ec2;
use super::request::{Launch, Template};
use super::tags::Tags;
use crate::plan::ProviderRef;
use crate::provider::{Machine, Provider, ProviderError, conformance};

/// A script without any token: these machines do not boot.
struct Nothing;

impl Bootstrap for Nothing {
    fn user_data(&self, instance: InstanceId) -> BoxFuture<'_, Result<String, ProviderError>> {
        Box::pin(async move { Ok(format!("#!/bin/sh\n# {instance}\n")) })
    }
}

fn tags(fleet: &str, database: &str) -> Tags {
    Tags {
        fleet: fleet.into(),
        environment: "test".into(),
        database: database.into(),
    }
}

fn launch_in(subnets: &[&str]) -> Launch {
    Launch {
        template: Template::Explicit {
            image: "ami-0abcdef1234567890".into(),
            security_groups: Vec::new(),
            profile: None,
        },
        instance_types: vec!["t3.micro".into()],
        subnets: subnets.iter().map(|subnet| subnet.to_string()).collect(),
        spot: false,
    }
}

/// An account on the emulator behind a proxy.
struct World {
    account: Account,
    proxy: Proxy,
    config: SdkConfig,
}

impl World {
    async fn new() -> World {
        // The harness waits in its own way, which a runtime's thread must not.
        let begun = tokio::task::spawn_blocking(|| {
            let account = Account::fresh();
            let proxy = Proxy::start(&account.url);
            (account, proxy)
        });
        let (account, proxy) = begun.await.unwrap();
        let config = World::connect(&account, &proxy.url).await;
        World { account, proxy, config }
    }

    async fn connect(account: &Account, url: &str) -> SdkConfig {
        let keys = Credentials::new(&account.id, "of-a-test", Some(LOGIN_SERVER.into()), None, "test");
        aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(account.region()))
            .endpoint_url(url)
            .credentials_provider(keys)
            .http_client(http())
            .timeout_config(timeouts())
            .load()
            .await
    }

    fn fleet(&self, fleet: &str, subnets: &[&str]) -> Ec2 {
        let tags = tags(fleet, "a database");
        Ec2::new(&self.config, tags, launch_in(subnets), Arc::new(Nothing))
    }

    fn ec2(&self) -> Ec2 {
        self.fleet("fleet", &[])
    }

    async fn subnets(&self) -> Vec<String> {
        let account = self.account.clone();
        let asked = tokio::task::spawn_blocking(move || tenfold_testcases::aws::cloud::subnets_of(&account));
        asked.await.unwrap()
    }

    /// The requests for launches, as parameter lists.
    fn launches(&self, parameter: &str) -> Vec<Option<String>> {
        let calls = self.proxy.calls("RunInstances").into_iter();
        calls.map(|call| call.parameters.get(parameter).cloned()).collect()
    }

    async fn living(&self) -> usize {
        let account = self.account.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let all = instances_of(&account);
            all.iter().filter(|instance| instance.is_living()).count()
        });
        asked.await.unwrap()
    }
}

fn an_instance() -> InstanceId {
    InstanceId(Uuid::now_v7())
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_ec2_conforms() {
    let world = World::new().await;
    conformance::suite(|fleet| world.fleet(&fleet, &[])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_two_databases_with_a_fleet_of_one_name_do_not_see_each_other() {
    let world = World::new().await;
    let one = world.ec2();
    let tags = tags("fleet", "another database");
    let other = Ec2::new(&world.config, tags, launch_in(&[]), Arc::new(Nothing));
    one.launch(an_instance()).await.unwrap();
    assert_eq!(other.list().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_a_list_of_several_pages_is_read_to_its_end() {
    let world = World::new().await;
    let ec2 = world.ec2();
    for _ in 0..6 {
        ec2.launch(an_instance()).await.unwrap();
    }
    let client = aws_sdk_ec2::Client::new(&world.config);
    let mut short = Lister::new(client, tags("fleet", "a database"));
    short.page = 5;
    assert_eq!(short.list().await.unwrap().len(), 6);
    assert_eq!(world.proxy.calls("DescribeInstances").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_a_launch_says_what_iam_and_we_insist_on() {
    let world = World::new().await;
    let instance = an_instance();
    world.ec2().launch(instance).await.unwrap();
    let call = world.proxy.calls("RunInstances").remove(0);
    let said = |parameter: &str| call.parameters.get(parameter).map(String::as_str);
    assert_eq!(said("ClientToken"), Some(instance.to_string().as_str()));
    assert_eq!(said("MetadataOptions.HttpTokens"), Some("required"));
    assert_eq!(said("MetadataOptions.HttpPutResponseHopLimit"), Some("1"));
    assert_eq!(said("InstanceInitiatedShutdownBehavior"), Some("terminate"));
    assert_eq!((said("MinCount"), said("MaxCount")), (Some("1"), Some("1")));
    let tags: Vec<&str> = (1..=4)
        .filter_map(|number| said(&format!("TagSpecification.1.Tag.{number}.Key")))
        .collect();
    assert_eq!(
        tags,
        [
            "tenfold:fleet",
            "tenfold:environment",
            "tenfold:database",
            "tenfold:instance"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_a_launch_whose_reply_is_lost_is_found_and_not_repeated() {
    let world = World::new().await;
    world.proxy.next("RunInstances", Fault::LoseReply);
    let (ec2, instance) = (world.ec2(), an_instance());
    let reference = ec2.launch(instance).await.unwrap();
    assert_eq!(world.launches("ClientToken").len(), 1);
    assert_eq!(ec2.list().await.unwrap(), [Machine { instance, reference }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_a_reply_is_lost_and_ec2_cannot_be_asked_either_until_the_token_finds_the_instance() {
    let world = World::new().await;
    world.proxy.next("RunInstances", Fault::LoseReply);
    for _ in 0..3 {
        world.proxy.next("DescribeInstances", Fault::Refuse("AuthFailure"));
    }
    world.ec2().launch(an_instance()).await.unwrap();
    let tokens = world.launches("ClientToken");
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0], tokens[1]);
    assert_eq!(world.living().await, 1, "never two for one request");
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_a_fault_of_ec2s_own_is_asked_again_with_the_same_token() {
    let world = World::new().await;
    world.proxy.next("RunInstances", Fault::Refuse("InternalError"));
    world.ec2().launch(an_instance()).await.unwrap();
    let tokens = world.launches("ClientToken");
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0], tokens[1]);
    assert_eq!(world.living().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_throttling_is_waited_for_and_not_for_ever() {
    let world = World::new().await;
    for _ in 0..2 {
        world.proxy.next("RunInstances", Fault::Refuse("RequestLimitExceeded"));
    }
    let ec2 = world.ec2();
    ec2.launch(an_instance()).await.unwrap();
    assert_eq!(world.launches("ClientToken").len(), 3);
    // The budget is one for all: many that fail at once do not ask as often as each alone would.
    world
        .proxy
        .always("RunInstances", Fault::Refuse("RequestLimitExceeded"));
    let launches = (0..20).map(|_| ec2.launch(an_instance()));
    for failed in futures_util::future::join_all(launches).await {
        assert_eq!(failed.unwrap_err().reason, LaunchFailure::Throttled);
    }
    let asked = world.launches("ClientToken").len() - 3;
    assert!((20..20 + 20 + 45).contains(&asked), "asked {asked} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_where_there_is_no_capacity_the_next_pool_is_taken_and_the_empty_one_remembered() {
    let world = World::new().await;
    let subnets = world.subnets().await;
    let (first, second) = (&subnets[0], &subnets[1]);
    let ec2 = world.fleet("fleet", &[first, second]);
    world
        .proxy
        .next("RunInstances", Fault::Refuse("InsufficientInstanceCapacity"));
    let instance = an_instance();
    ec2.launch(instance).await.unwrap();
    ec2.launch(an_instance()).await.unwrap();
    let asked: Vec<String> = world.launches("SubnetId").into_iter().flatten().collect();
    assert_eq!(asked, [first, second, second].map(String::clone));
    let tokens: Vec<String> = world.launches("ClientToken").into_iter().flatten().collect();
    assert_eq!(tokens[..2], [instance.to_string(), format!("{instance}-1")]);

    world
        .proxy
        .always("RunInstances", Fault::Refuse("InsufficientInstanceCapacity"));
    let nowhere = ec2.launch(an_instance()).await.unwrap_err();
    assert_eq!(nowhere.reason, LaunchFailure::Capacity);
    let asked = world.launches("SubnetId").len();
    assert_eq!(
        ec2.launch(an_instance()).await.unwrap_err().reason,
        LaunchFailure::Capacity
    );
    assert_eq!(
        world.launches("SubnetId").len(),
        asked,
        "no pool is asked that was empty a moment ago"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_what_only_a_person_can_mend_is_not_asked_again() {
    let world = World::new().await;
    let ec2 = world.ec2();
    for (number, (code, reason)) in [
        ("VcpuLimitExceeded", LaunchFailure::Quota),
        ("InstanceLimitExceeded", LaunchFailure::Quota),
        ("UnauthorizedOperation", LaunchFailure::Credentials),
        ("AuthFailure", LaunchFailure::Credentials),
        ("InvalidParameterValue", LaunchFailure::Other),
    ]
    .into_iter()
    .enumerate()
    {
        world.proxy.next("RunInstances", Fault::Refuse(code));
        let error = ec2.launch(an_instance()).await.unwrap_err();
        assert_eq!(error.reason, reason, "{code}");
        assert!(error.words.contains(code), "{error}");
        assert_eq!(error.detail.as_deref(), Some("a test wants it so"));
        assert_eq!(world.launches("ClientToken").len(), number + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_what_was_not_launched_by_a_request_is_nobodys() {
    let world = World::new().await;
    let ec2 = world.ec2();
    let reference = ec2.launch(an_instance()).await.unwrap();
    let account = world.account.clone();
    let untagged = reference.0.clone();
    let asked = tokio::task::spawn_blocking(move || {
        let tag = [("ResourceId.1", untagged.as_str()), ("Tag.1.Key", "tenfold:instance")];
        account.ec2("DeleteTags", &tag)
    });
    asked.await.unwrap().unwrap();
    let found = world.ec2().list().await.unwrap();
    let nobody = InstanceId(Uuid::nil());
    assert_eq!(
        found,
        [Machine {
            instance: nobody,
            reference
        }]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_ec2_is_not_asked_as_often_as_the_fleet_is_looked_at() {
    let world = World::new().await;
    let ec2 = world.ec2();
    for _ in 0..50 {
        ec2.list().await.unwrap();
    }
    assert!(world.proxy.calls("DescribeInstances").len() <= 2);
    assert_eq!(ec2.terminate(&ProviderRef("i-0123456789abcdef0".into())).await, Ok(()));
}
