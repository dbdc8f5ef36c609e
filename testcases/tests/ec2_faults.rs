//! What AWS answers when it does not do what it is asked: what the log of events, the operator and whoever waits see of it, and that
//! people are served as soon as it does.

use serde_json::Value;
use tempfile::TempDir;
use tenfold_testcases::aws::cloud::Cloud;
use tenfold_testcases::aws::proxy::Fault;
use tenfold_testcases::client::{ClientRun, run_client};
use tenfold_testcases::database::Database;
use tenfold_testcases::log;
use tenfold_testcases::programs;
use tenfold_testcases::service::Service;
use tenfold_testcases::waiting::{PATIENCE, eventually};
use tenfold_testcases::wire::Wire;

/// A kind of trouble, and what is to be seen of it.
struct Kind {
    code: &'static str,
    /// What the event says first, by which metrics count it.
    reason: &'static str,
    /// What whoever waits is told.
    waiting: &'static str,
    /// What the operator reads.
    operator: &'static str,
}

/// Somebody who waits at the login server and reads what it says meanwhile.
fn waits(service: &Service) -> Wire {
    run_client(service.address(), "register ann pw\n");
    let mut wire = Wire::connect(service.address());
    wire.send("login ann pw");
    wire
}

fn is_told(wire: &mut Wire, words: &str) {
    eventually(&format!("who waits is told: {words}"), || {
        let push = wire.push(PATIENCE)?;
        let said = push["message"].as_str().unwrap_or_default();
        assert!(said.starts_with("Waiting for a server ("), "{push}");
        said.contains(words).then_some(())
    });
}

/// Why instances came to their end, in the words of the events.
fn ends(service: &Service) -> Vec<String> {
    let ended = |line: String| {
        let event: Value = serde_json::from_str(&line).expect("tail --json prints JSON");
        let text = event.to_string();
        text.contains("InstanceTerminated").then_some(text)
    };
    log::tail(&service.database.url).into_iter().filter_map(ended).collect()
}

fn operator_reads(service: &Service, words: &str) {
    eventually(&format!("the operator reads: {words}"), || {
        let log = std::fs::read_to_string(service.log_path()).unwrap_or_default();
        log.contains(words).then_some(())
    });
}

fn a_kind_is_seen(kind: &Kind) {
    let cloud = Cloud::start();
    let options = cloud.options().with("--ec2-quota-pause", "1s");
    let options = options.with("--metrics-every", "1s");
    let mut service = Service::start(options);
    cloud.proxy.always("RunInstances", Fault::Refuse(kind.code));
    let mut wire = waits(&service);
    is_told(&mut wire, kind.waiting);
    operator_reads(&service, kind.operator);
    let said = format!(r#""launch_failure":"{}""#, kind.reason);
    let ends = ends(&service);
    assert!(
        !ends.is_empty() && ends.iter().all(|end| end.contains(&said)),
        "{ends:?}"
    );
    assert_eq!(cloud.living(), [], "{}", kind.code);

    eventually("the metrics count it under its reason", || {
        let reason = Some(("Reason", kind.reason));
        let minutes = cloud
            .account
            .by_minute(&cloud.fleet, "LaunchFailuresByReason", reason, "Maximum");
        minutes.into_values().any(|total| total >= 1.0).then_some(())
    });

    cloud.proxy.always("RunInstances", Fault::None);
    let reply = wire.reply();
    assert_eq!(reply["message"], "Success!", "{reply}");
    drop(wire);
    service.verify();
    service.stop();
}

#[test]
fn aws_a_quota_is_told_to_everybody_and_nothing_is_asked_for_a_while() {
    a_kind_is_seen(&Kind {
        code: "VcpuLimitExceeded",
        reason: "quota",
        waiting: "the service may have no more servers",
        operator: "this AWS account may have no more (VcpuLimitExceeded)",
    });
}

#[test]
fn aws_missing_rights_are_told_to_everybody() {
    a_kind_is_seen(&Kind {
        code: "UnauthorizedOperation",
        reason: "credentials",
        waiting: "the service may not start servers just now",
        operator: "AWS does not let this server use RunInstances (UnauthorizedOperation)",
    });
}

#[test]
fn aws_what_nobody_foresaw_is_told_to_everybody() {
    let cloud = Cloud::start();
    let service = Service::start(cloud.options());
    cloud
        .proxy
        .next("RunInstances", Fault::Refuse("InvalidBlockDeviceMapping"));
    let mut wire = waits(&service);
    is_told(&mut wire, "a server could not be started");
    operator_reads(&service, "EC2 refused RunInstances (InvalidBlockDeviceMapping)");
    let reply = wire.reply();
    assert_eq!(reply["message"], "Success!", "{reply}");
    assert!(ends(&service)[0].contains("it could not be launched: EC2 refused RunInstances"));
}

#[test]
fn aws_while_there_is_a_quota_ec2_is_left_alone() {
    let cloud = Cloud::start();
    let service = Service::start(cloud.options());
    cloud
        .proxy
        .always("RunInstances", Fault::Refuse("InstanceLimitExceeded"));
    let mut wire = waits(&service);
    is_told(&mut wire, "the service may have no more servers");
    // Without a pause of its own for quotas it would be asked again after 5 and 10 seconds.
    for _ in 0..20 {
        wire.push(PATIENCE).expect("whoever waits is told so once a second");
    }
    assert_eq!(cloud.proxy.calls("RunInstances").len(), 1);
}

#[test]
fn aws_where_there_is_no_capacity_another_subnet_is_tried_and_whoever_waits_is_told_when_there_is_none() {
    let cloud = Cloud::start();
    let subnets = cloud.subnets();
    let both = format!("{},{}", subnets[0], subnets[1]);
    let service = Service::start(cloud.options().with("--ec2-subnets", &both));
    cloud
        .proxy
        .next("RunInstances", Fault::Refuse("InsufficientInstanceCapacity"));
    let client = ClientRun::start(service.address(), "register ben pw\nlogin ben pw\nlogout ben\n");
    assert_eq!(client.finish().output, "Success!\nSuccess!\nBye!\n");
    assert_eq!(ends(&service), [""; 0], "one place or the other: it is one launch");
    operator_reads(&service, "trying elsewhere");
    eventually("the server is gone", || cloud.living().is_empty().then_some(()));

    cloud
        .proxy
        .always("RunInstances", Fault::Refuse("InsufficientInstanceCapacity"));
    let mut wire = waits(&service);
    is_told(&mut wire, "no machine is to be had just now");
    assert!(
        ends(&service)
            .iter()
            .any(|end| end.contains(r#""launch_failure":"capacity""#))
    );
}

#[test]
fn aws_throttling_costs_a_moment() {
    let cloud = Cloud::start();
    let service = Service::start(cloud.options());
    for _ in 0..3 {
        cloud.proxy.next("RunInstances", Fault::Refuse("RequestLimitExceeded"));
    }
    let client = ClientRun::start(service.address(), "register ann pw\nlogin ann pw\n");
    assert_eq!(client.finish().output, "Success!\nSuccess!\n");
    assert_eq!(cloud.proxy.calls("RunInstances").len(), 4);
    assert_eq!(service.state().instances().len(), 1, "it is one launch");
}

#[test]
fn aws_a_reply_that_is_lost_is_no_second_instance() {
    let cloud = Cloud::start();
    let service = Service::start(cloud.options());
    cloud.proxy.next("RunInstances", Fault::LoseReply);
    let client = ClientRun::start(service.address(), "register ann pw\nlogin ann pw\n");
    assert_eq!(client.finish().output, "Success!\nSuccess!\n");
    operator_reads(&service, "looking whether it was launched");
    assert_eq!(cloud.instances().len(), 1);
    assert_eq!(service.state().instances().len(), 1);
}

#[test]
fn aws_a_machine_that_does_not_boot_in_time_is_ended_and_another_one_serves() {
    let cloud = Cloud::start();
    let service = Service::start(cloud.options().with("--launch-deadline", "3s"));
    cloud.machines.let_them_boot(false);
    let mut wire = waits(&service);
    is_told(&mut wire, "a server did not start in time");
    assert!(ends(&service)[0].contains(r#""launch_failure":"not-ready""#));
    operator_reads(&service, "its console ends so");
    eventually("it is ended", || {
        cloud.instances().iter().any(|one| !one.is_living()).then_some(())
    });
    cloud.machines.let_them_boot(true);
    let reply = wire.reply();
    assert_eq!(reply["message"], "Success!", "{reply}");
}

#[test]
fn aws_without_the_right_to_look_the_server_does_not_start_and_says_so() {
    let cloud = Cloud::start();
    cloud.proxy.always("DescribeInstances", Fault::Refuse("AuthFailure"));
    let complaint = does_not_start(&cloud);
    assert!(
        complaint.contains("AWS does not let this server use DescribeInstances (AuthFailure)"),
        "{complaint}"
    );
}

#[test]
fn aws_what_would_never_launch_is_found_at_the_start_with_the_policy_or_with_what_is_wrong() {
    let cloud = Cloud::start();
    let dry_run = "RunInstances as a dry run";
    cloud.proxy.always(dry_run, Fault::Refuse("UnauthorizedOperation"));
    let complaint = does_not_start(&cloud);
    assert!(
        complaint.contains("use RunInstances (UnauthorizedOperation)"),
        "{complaint}"
    );
    assert!(complaint.contains(r#""Action":"ec2:RunInstances""#), "{complaint}");
    cloud.proxy.always(dry_run, Fault::Refuse("InvalidSubnetID.NotFound"));
    let complaint = does_not_start(&cloud);
    assert!(
        complaint.contains("InvalidSubnetID.NotFound") && complaint.contains("--ec2-"),
        "{complaint}"
    );
    // What passes by itself is no reason not to start.
    cloud.proxy.always(dry_run, Fault::Refuse("RequestLimitExceeded"));
    Service::start(cloud.options()).stop();
}

/// What a login server says that does not start.
fn does_not_start(cloud: &Cloud) -> String {
    let database = Database::fresh();
    let home = TempDir::with_prefix("tenfold-home-").expect("a temporary folder can be made");
    let mut command = programs::command("tenfold-login");
    command
        .args(["127.0.0.1", "0", "--database", &database.url, "--home"])
        .arg(home.path());
    cloud.options().put_into(&mut command);
    let output = command.output().expect("tenfold-login can be started");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    complaint
}

#[test]
fn aws_while_ec2_cannot_be_asked_those_who_are_served_stay_so() {
    let cloud = Cloud::start();
    let service = Service::start(cloud.options());
    let mut client = service.client();
    client.register_and_login("ann");
    cloud
        .proxy
        .always("DescribeInstances", Fault::Refuse("RequestLimitExceeded"));
    operator_reads(&service, "the provider cannot list the application servers");
    client.expect("post ann hello", "Success!");
    cloud.proxy.always("DescribeInstances", Fault::None);
    operator_reads(&service, "the provider lists the application servers again");
    client.expect("post ann hello again", "Success!");
    assert_eq!(
        cloud.instances().len(),
        1,
        "nothing was ended and nothing launched meanwhile"
    );
    let log = std::fs::read_to_string(service.log_path()).unwrap_or_default();
    assert_eq!(
        log.matches("the provider cannot list the application servers").count(),
        1,
        "told once"
    );
}
