//! Login servers come and go; the fleet and the sessions outlive them.

use std::net::SocketAddr;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tenfold_testcases::log::State;
use tenfold_testcases::person::{Person, at_login_server};
use tenfold_testcases::process::{is_running, signal};
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::waiting::eventually_is;

#[test]
fn a_restarted_login_server_adopts_the_fleet() {
    let mut service = Service::start(Options::new());
    let port = service.address().port();
    let mut client = service.client();
    for name in ["ann", "ben"] {
        client.register_and_login(name);
    }
    service.wait_for("one server", &vec![2], State::users_per_instance);
    let (apps, instances) = (service.app_pids(), service.state().active_instances());

    service.kill_login_server(0);
    client.expect("invite ann ben", "Success!");
    client.expect("accept-invite ben ann", "Success!");
    service.add_login_server_at(port);
    client.register_and_login("cas");
    client.expect("send ann ben hello", "Success!");
    assert_eq!(client.message(), "<<<ann->ben: hello>>>");
    service.wait_for("three users on one server", &vec![3], State::users_per_instance);
    assert_eq!(service.surviving_apps(), apps, "the same process serves on");
    assert_eq!(service.state().active_instances()[0].id, instances[0].id);

    for name in ["ann", "ben", "cas"] {
        client.expect(&format!("logout {name}"), "Bye!");
    }
    client.finish();
    service.wait_for("the adopted server ends too", &Vec::new(), State::users_per_instance);
    eventually_is("no process is left", &Vec::new(), || service.surviving_apps());
    service.verify();
}

#[test]
fn an_adopted_fleet_ends_with_the_login_server() {
    let mut service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    ann.does("post hello");
    service.kill_login_server(0);
    ann.login_server = service.add_login_server();
    ann.does("post still here");
    service.verify();
    service.stop();
}

#[test]
fn servers_that_died_with_the_login_server_are_replaced() {
    let mut service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    ann.does("post hello");
    let apps = service.app_pids();
    service.kill_login_server(0);
    for pid in apps {
        tenfold_testcases::process::signal(pid, nix::sys::signal::Signal::SIGKILL);
    }
    ann.login_server = service.add_login_server();
    ann.does("post hello again");
    service.wait_for("one server", &vec![1], State::users_per_instance);
    let lost = |state: &State| state.instances().iter().filter(|i| i.state != "ready").count();
    service.wait_for("the dead one is known to be gone", &1, lost);
    service.verify();
}

#[test]
fn the_fleet_outlives_one_of_two_login_servers() {
    for stopped in [0, 1] {
        let mut service = Service::start(Options::new());
        service.add_login_server();
        let [one, other] = [service.login_servers[0].address, service.login_servers[1].address];
        let survivor = if stopped == 0 { other } else { one };
        let mut ann = Person::new(one, "ann");
        let mut ben = Person::new(other, "ben");
        service.wait_for("both on one server", &vec![2], State::users_per_instance);
        let apps = service.app_pids();

        let status = service.stop_login_server(stopped);
        assert!(status.success(), "{status}");
        (ann.login_server, ben.login_server) = (survivor, survivor);
        assert!(
            apps.iter().all(|pid| is_running(*pid)),
            "the fleet is left to the other"
        );
        ann.does("invite ben");
        ben.does("accept-invite ann");
        let mut cas = Person::new(survivor, "cas");
        cas.does("post hello");
        service.wait_for("one server with three", &vec![3], State::users_per_instance);
        service.verify();
        service.stop();
    }
}

#[test]
fn a_fleet_that_is_served_is_not_ended() {
    let mut service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    let refused = service.end_fleet();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("stop it first"), "{said}");
    assert_eq!(refused.status.code(), Some(2));
    ann.does("post hello");
    service.stop();
    let ended = service.end_fleet();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(
        ended.status.success() && said.contains("no application server"),
        "{said}"
    );
}

#[test]
fn a_holder_of_the_fleet_that_stands_still_is_replaced() {
    let mut service = Service::start(Options::new().with("--seats", "1"));
    let _ann = Person::new(service.address(), "ann");
    let other = service.add_login_server();
    let holder = service.login_servers[0].pid();
    signal(holder, Signal::SIGSTOP);
    // There is no free seat, so that the fleet must grow.
    let mut ben = Person::new(other, "ben");
    ben.does("post hello");
    signal(holder, Signal::SIGCONT);
    service.wait_for("a server for each", &vec![1, 1], State::users_per_instance);
    service.verify();
    service.stop();
}

#[test]
fn a_login_names_the_other_login_servers_as_long_as_they_are_there() {
    let mut service = Service::start(Options::new());
    let other = service.add_login_server();
    let _ann = Person::new(service.address(), "ann");
    let named = |server| at_login_server(server, "login ann pw")["also"].clone();
    let only = |server: SocketAddr| json!([{ "port": server.port() }]);
    eventually_is("the other one is named", &only(other), || named(service.address()));
    eventually_is("so is this one", &only(service.address()), || named(other));
    service.stop_login_server(0);
    eventually_is("who is gone is named no more", &Value::Null, || named(other));
    service.stop();
}

#[test]
fn sessions_outlive_a_restart_without_seats() {
    let mut service = Service::start(Options::new());
    let port = service.address().port();
    let mut ann = Person::new(service.address(), "ann");
    ann.does("post before");
    service.stop();
    let sessions = service.state().sessions();
    assert_eq!(sessions.get("ann"), Some(&None), "{sessions:?}");

    service.add_login_server_at(port);
    ann.does("post after");
    service.wait_for("a new server", &vec![1], State::users_per_instance);
    let again = Person::login(service.address(), "ann");
    assert_eq!(again.token, ann.token);
    service.verify();
    service.stop();
}

#[test]
fn a_stopping_server_finishes_what_it_has_and_ends() {
    let mut service = Service::start(Options::new());
    let mut client = service.client();
    client.register_and_login("ann");
    service.stop();
    service.verify();
    assert_eq!(service.state().active_instances(), []);
}
