//! The fleet on EC2, as an emulator has it, with machines that really boot from their user data.

use tempfile::TempDir;
use tenfold_testcases::aws::cloud::Cloud;
use tenfold_testcases::aws::proxy::Fault;
use tenfold_testcases::client::ClientRun;
use tenfold_testcases::log::State;
use tenfold_testcases::scripts;
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::waiting::{eventually, eventually_is};

fn names(numbers: std::ops::RangeInclusive<usize>) -> Vec<String> {
    numbers.map(|number| format!("u{number}")).collect()
}

#[test]
fn aws_twenty_five_users_come_and_go_on_three_instances() {
    let cloud = Cloud::start();
    let mut service = Service::start(cloud.options());
    let mut client = service.client();
    let users = names(1..=25);
    for user in &users {
        client.register_and_login(user);
    }
    service.wait_for("ten, ten and five", &vec![10, 10, 5], State::users_per_instance);
    let living = cloud.living();
    assert_eq!(living.len(), 3);
    let mut requests: Vec<String> = living.iter().map(|one| one.tags["tenfold:instance"].clone()).collect();
    let mut recorded: Vec<String> = service.state().instances().into_iter().map(|one| one.id).collect();
    requests.sort();
    recorded.sort();
    assert_eq!(requests, recorded);
    assert!(
        living
            .iter()
            .all(|one| one.tags["tenfold:fleet"] == cloud.fleet && one.tags["tenfold:environment"] == "test")
    );

    // The first and the last of them sit on two machines.
    client.expect("invite u1 u25", "Success!");
    client.expect("accept-invite u25 u1", "Success!");
    client.expect("send u1 u25 from one machine to another", "Success!");
    assert_eq!(client.message(), "<<<u1->u25: from one machine to another>>>");

    for user in &users {
        client.expect(&format!("logout {user}"), "Bye!");
    }
    service.wait_for("no server is left", &Vec::new(), State::users_per_instance);
    eventually_is("no instance is left", &Vec::new(), || cloud.living());
    eventually_is("no machine is left", &Vec::new(), || cloud.machines.running());
    assert_eq!(cloud.instances().len(), 3, "as many as were needed, and no more");
    client.finish();
    service.verify();
    service.stop();
}

#[test]
fn aws_scripts_print_the_same_as_on_one_machine() {
    let cloud = Cloud::start();
    let options = Options::default().with("--idle-grace", "60s").with("--seat-hold", "2s");
    let mut service = Service::start(cloud.options_on(options));
    for script in scripts::all() {
        if script.needs_fresh_database {
            continue;
        }
        let finished = service.run_client(&script.input);
        assert_eq!(finished.output, script.output, "{}", script.name);
        assert!(finished.status.success(), "{}: {finished:?}", script.name);
    }
    service.verify();
    service.stop();
}

/// Two machines with a login server each, in turn: what they share are the database and the keys.
#[test]
fn aws_a_login_server_that_stops_leaves_the_fleet_to_the_next_one_and_only_end_fleet_ends_it() {
    let cloud = Cloud::start();
    let options = cloud.options_on(Options::default().with("--idle-grace", "60s"));
    let options = options.with_variable("TENFOLD_TOKEN_KEY", &"05".repeat(32));
    let mut service = Service::start(options);
    let mut client = service.client();
    client.register_and_login("ann");
    client.expect("post ann before", "Success!");
    client.finish();
    let before = cloud.living();
    assert_eq!(before.len(), 1);
    service.stop();
    assert_eq!(cloud.living(), before, "the machine runs on");

    // Nothing of the first machine's disk is left.
    service.home = TempDir::with_prefix("tenfold-home-").expect("a temporary folder can be made");
    service.add_login_server();
    let mut client = service.client();
    client.expect("login ann pw", "Success!");
    client.expect("post ann after", "Success!");
    client.finish();
    assert_eq!(cloud.living(), before, "it was taken over, and none was launched");
    assert_eq!(cloud.proxy.calls("RunInstances").len(), 1);

    service.stop();
    let ended = service.end_fleet();
    assert!(ended.status.success(), "{ended:?}");
    assert!(cloud.living().is_empty());
    service.verify();
}

/// A client that registers and logs in while nobody answers it at times.
fn logging_in(service: &Service) -> ClientRun {
    ClientRun::start(service.address(), "register ann pw\nlogin ann pw\nlist-friend ann\n")
}

/// A service whose first launch was carried out, while the reply to it is held.
fn launch_without_reply() -> (Cloud, Service, ClientRun) {
    let cloud = Cloud::start();
    cloud.proxy.next("RunInstances", Fault::HoldReply);
    let service = Service::start(cloud.options());
    let client = logging_in(&service);
    cloud.proxy.wait_until_held(1);
    (cloud, service, client)
}

fn is_logged_in(client: ClientRun) {
    let finished = client.finish();
    assert_eq!(finished.output, "Success!\nSuccess!\nNo friends\n", "{finished:?}");
}

/// One instance at EC2, the same one in the log, and nothing of nobody's.
fn there_is_one(cloud: &Cloud, service: &Service) {
    let instances = cloud.instances();
    assert_eq!(instances.len(), 1, "{instances:?}");
    let recorded = service.state().instances();
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    assert_eq!(recorded[0].id, instances[0].tags["tenfold:instance"]);
    assert_eq!(cloud.proxy.calls("RunInstances").len(), 1);
    service.verify();
}

#[test]
fn aws_a_login_server_killed_before_the_reply_to_a_launch_launches_nothing_twice() {
    let (cloud, mut service, client) = launch_without_reply();
    let port = service.address().port();
    service.kill_login_server(0);
    cloud.proxy.release();
    service.add_login_server_at(port);
    is_logged_in(client);
    there_is_one(&cloud, &service);
}

#[test]
fn aws_a_login_server_killed_between_the_reply_and_its_record_launches_nothing_twice() {
    let (cloud, mut service, client) = launch_without_reply();
    let port = service.address().port();
    std::thread::scope(|scope| {
        let shut = scope.spawn(|| {
            let sql = "begin; lock table event in exclusive mode; select pg_sleep(8); commit";
            service.database.rows(sql);
        });
        eventually("nothing can be recorded", || {
            let sql =
                "select 1 from pg_locks where relation = 'event'::regclass and mode = 'ExclusiveLock' and granted";
            (!service.database.rows(sql).is_empty()).then_some(())
        });
        cloud.proxy.release();
        eventually("the reply has come", || {
            let log = std::fs::read_to_string(service.log_path()).unwrap_or_default();
            log.contains("launched an application server").then_some(())
        });
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(service.login_servers[0].pid().cast_signed()),
            nix::sys::signal::Signal::SIGKILL,
        )
        .expect("it runs");
        shut.join().expect("the lock was let go");
    });
    service.kill_login_server(0);
    service.add_login_server_at(port);
    is_logged_in(client);
    there_is_one(&cloud, &service);
}

#[test]
fn aws_an_instance_that_dies_is_replaced_and_its_users_are_served_on() {
    let cloud = Cloud::start();
    let service = Service::start(cloud.options());
    let mut client = service.client();
    for user in names(1..=3) {
        client.register_and_login(&user);
    }
    client.expect("post u1 before", "Success!");
    let first = cloud.living();
    assert_eq!(first.len(), 1);
    cloud.machines.crash(&first[0].id);
    client.expect("post u1 after", "Success!");
    client.expect("list-friend u2", "No friends");
    eventually("another instance is there, and the first one is over", || {
        let living = cloud.living();
        (living.len() == 1 && living[0].id != first[0].id).then_some(())
    });
    service.wait_for("the three sit together", &vec![3], State::users_per_instance);

    // Ended from outside, as by AWS or somebody at its console.
    let second = cloud.living();
    let ended = cloud
        .account
        .ec2("TerminateInstances", &[("InstanceId.1", &second[0].id)]);
    ended.expect("the emulator ends it");
    client.expect("post u3 still here", "Success!");
    service.wait_for("the three sit together again", &vec![3], State::users_per_instance);
    client.finish();
    service.verify();
}

#[test]
fn aws_the_users_of_a_machine_that_ec2_takes_back_are_moved_before() {
    let cloud = Cloud::start();
    let mut service = Service::start(cloud.options().with_variable("TENFOLD_EC2_SPOT", "true"));
    let mut client = service.client();
    for user in names(1..=2) {
        client.register_and_login(&user);
    }
    client.expect("invite u1 u2", "Success!");
    client.expect("accept-invite u2 u1", "Success!");
    let asked = &cloud.proxy.calls("RunInstances")[0].parameters;
    assert_eq!(
        asked.get("InstanceMarketOptions.MarketType").map(String::as_str),
        Some("spot")
    );
    let first = cloud.living().remove(0).id;
    let notice = r#"{"action": "terminate", "time": "2027-01-21T09:02:43Z"}"#;
    cloud.machines.announce(&first, "spot/instance-action", notice);
    eventually("its users sit on another one, and it is over", || {
        let living = cloud.living();
        (living.len() == 1 && living[0].id != first).then_some(())
    });
    client.expect("send u1 u2 still here", "Success!");
    assert_eq!(client.message(), "<<<u1->u2: still here>>>");
    client.finish();
    let said = tenfold_testcases::log::tail(&service.database.url).join(
        "
",
    );
    assert!(said.contains("EC2 takes this spot machine back"), "{said}");
    assert!(!said.contains("InstanceLost"), "{said}");
    service.verify();
    service.stop();
}
