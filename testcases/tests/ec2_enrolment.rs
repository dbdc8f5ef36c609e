//! What a machine on EC2 is told, and what nobody else can make of it.

use std::process::{Command, Stdio};

use tenfold_testcases::aws::cloud::Cloud;
use tenfold_testcases::client::ClientRun;
use tenfold_testcases::database::Database;
use tenfold_testcases::log;
use tenfold_testcases::programs;
use tenfold_testcases::service::Service;
use tenfold_testcases::waiting::eventually;

const TOKEN_KEY: &str = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2";
/// Nobody listens there; what matters is who gets to know of it.
const BROKER: &str = "stomp://tenfold:br0ker-passw0rd@127.0.0.1:9";

const PASSWORD: &str = "d4tab4se-passw0rd";

/// A variable of the script that a machine begins with.
fn value<'script>(script: &'script str, name: &str) -> &'script str {
    let line = script
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix("='"));
    line.and_then(|rest| rest.strip_suffix('\''))
        .unwrap_or_else(|| panic!("no {name} in\n{script}"))
}

/// Asks in the machine's place, from this address; what the program said, which ends only where it is refused.
fn refused(script: &str, from: &str) -> String {
    let output = enrolling(script, from).output().expect("tenfold-app can be run");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn enrolling(script: &str, from: &str) -> Command {
    let mut command = programs::command("tenfold-app");
    command
        .args(["enrol", "--at", value(script, "login"), "--pin", value(script, "pin")])
        .args(["--instance", value(script, "instance"), "--from", from])
        .env("TENFOLD_ENROLMENT_TOKEN", value(script, "token"))
        .stdin(Stdio::null());
    command
}

fn service_log(service: &Service) -> String {
    std::fs::read_to_string(service.log_path()).unwrap_or_default()
}

#[test]
fn aws_no_secret_but_the_token_is_in_user_data_and_none_is_in_a_log_line_or_an_event() {
    let cloud = Cloud::start();
    let options = cloud.options().with("--log", "debug").with("--broker", BROKER);
    let mut database = Database::fresh();
    // The tests' Postgres lets everybody in, whatever password they give.
    let (user, place) = database.url.split_once('@').expect("a URL names a user");
    let name = user.split(':').nth(1).expect("a URL names a user");
    database.url = format!("postgres:{name}:{PASSWORD}@{place}");
    let mut service = Service::start_on(database, options.with_variable("TENFOLD_TOKEN_KEY", TOKEN_KEY));
    let mut client = service.client();
    client.register_and_login("ann");
    let scripts = cloud.machines.user_data();
    assert_eq!(scripts.len(), 1);
    let token = value(&scripts[0], "token");
    assert_eq!(token.len(), 64);
    let secrets = [TOKEN_KEY, "br0ker-passw0rd", PASSWORD];
    for secret in secrets {
        assert!(!scripts[0].contains(secret), "user data holds {secret}");
    }
    let events = log::tail(&service.database.url).join("\n");
    let lines = service_log(&service) + &cloud.machines.said();
    assert!(lines.contains("enrolled as an application server"), "{lines}");
    for secret in secrets.into_iter().chain([token]) {
        assert!(!events.contains(secret), "an event holds {secret}");
        assert!(!lines.contains(secret), "a log line holds {secret}");
    }
    // Nor what the kit logs of its own requests, in which user data is.
    assert!(!lines.contains("ClientToken"), "a request is in the log");
    let (tags, calls) = (cloud.living()[0].tags.clone(), cloud.proxy.calls("RunInstances"));
    assert!(!tags.values().any(|tag| tag.contains(token)));
    assert!(!calls[0].parameters["UserData"].is_empty());
    client.finish();
    service.stop();
}

#[test]
fn aws_a_token_is_good_once_and_from_its_own_machine_alone() {
    let cloud = Cloud::start();
    cloud.machines.let_them_boot(false);
    let service = Service::start(cloud.options());
    let client = ClientRun::start(service.address(), "register ann pw\nlogin ann pw\n");
    let living = eventually("an instance is launched", || cloud.living().pop());
    let script = cloud.machines.user_data_of(&living.id);

    // Stolen before its machine has used it: shown from elsewhere it is worth nothing, and stays its machine's.
    let said = refused(&script, "127.0.0.1");
    assert!(
        said.contains("this token is for another machine than the one that shows it"),
        "{said}"
    );
    let guessed = script.replace(value(&script, "token"), &"0".repeat(64));
    let said = refused(&guessed, "127.0.0.1");
    assert!(said.contains("was not given out for that instance"), "{said}");

    cloud.machines.let_them_boot(true);
    assert_eq!(client.finish().output, "Success!\nSuccess!\n");

    // Stolen from the machine itself, and shown from there.
    let own = cloud.proxy.address_of(&living.id).to_string();
    let said = refused(&script, &own);
    assert!(said.contains("this token has been used"), "{said}");
    let log = service_log(&service);
    for reason in ["elsewhere", "unknown", "used"] {
        let told = format!("reason=\"{reason}\"");
        assert_eq!(log.matches(&told).count(), 1, "{reason}:\n{log}");
    }
    let counted = service
        .database
        .rows("select reason from enrolment_refusal order by at");
    let counted: Vec<String> = counted.into_iter().flatten().flatten().collect();
    assert_eq!(counted, ["elsewhere", "unknown", "used"]);
    assert_eq!(service.state().active_instances().len(), 1);
}

fn wait_for_end_of(cloud: &Cloud, id: &str, what: &str) {
    eventually(what, || {
        let instance = cloud.instances().into_iter().find(|one| one.id == id)?;
        (!instance.is_living()).then_some(())
    });
}

#[test]
fn aws_a_token_is_good_for_minutes() {
    let cloud = Cloud::start();
    cloud.machines.let_them_boot(false);
    let service = Service::start(cloud.options().with("--launch-deadline", "1s"));
    let client = ClientRun::start(service.address(), "register ann pw\nlogin ann pw\n");
    let launched = eventually("an instance is launched", || cloud.instances().pop());
    let script = cloud.machines.user_data_of(&launched.id);
    wait_for_end_of(&cloud, &launched.id, "its time is over");
    let said = refused(&script, &cloud.proxy.address_of(&launched.id).to_string());
    assert!(said.contains("this token's time is over"), "{said}");
    drop(service);
    drop(client);
}

#[test]
fn aws_the_program_is_taken_only_if_it_is_the_one_that_was_meant() {
    let cloud = Cloud::start();
    cloud.machines.let_them_boot(false);
    let service = Service::start(cloud.options());
    let client = ClientRun::start(service.address(), "register ann pw\nlogin ann pw\n");
    let living = eventually("an instance is launched", || cloud.living().pop());
    let script = cloud.machines.user_data_of(&living.id);
    let spoilt = script.replace(value(&script, "sha256"), &"0".repeat(64));
    cloud.machines.boot_with(&living.id, &spoilt);
    wait_for_end_of(&cloud, &living.id, "the machine gives up, and is ended");
    cloud.machines.let_them_boot(true);
    assert_eq!(client.finish().output, "Success!\nSuccess!\n");
}
