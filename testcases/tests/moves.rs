//! A user whose server goes, seen over the wire.

use std::net::SocketAddr;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;
use tenfold_testcases::log::State;
use tenfold_testcases::person::{Person, befriend};
use tenfold_testcases::process::signal;
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::waiting::{eventually, eventually_is};
use tenfold_testcases::wire::{Wire, address_in};

/// The push that says that one of the two was moved, and who it was.
fn moved<'a>(one: &'a mut Person, other: &'a mut Person) -> (&'a mut Person, Value) {
    let moved_one = eventually("somebody is moved", || {
        let pushed = |person: &mut Person| person.push(Duration::from_millis(20));
        pushed(one)
            .map(|push| (true, push))
            .or_else(|| pushed(other).map(|push| (false, push)))
    });
    match moved_one {
        (true, push) => (one, push),
        (false, push) => (other, push),
    }
}

/// Attaches on a new connection and takes what is due there.
fn attach_at(server: SocketAddr, token: &str, position: u64) -> (Wire, Vec<Value>) {
    let mut wire = Wire::connect(server);
    assert_eq!(
        wire.request(&format!("attach {token} {position}"))["message"],
        "Success!"
    );
    assert_eq!(wire.request(&format!("sync {token}"))["message"], "Success!");
    let pushes = wire.take_pushes();
    (wire, pushes)
}

#[test]
fn a_moved_user_is_told_where_to_go() {
    let service = Service::start(Options::new().with("--seats", "2"));
    let server = service.address();
    let mut ann = Person::new(server, "ann");
    let mut ben = Person::new(server, "ben");
    let mut cas = Person::new(server, "cas");
    befriend(&mut ann, &mut cas);
    ann.attach(0);
    cas.attach(0);
    let anns = ann.app_wire().server();
    let cass = cas.app_wire().server();
    assert_ne!(anns, cass);
    ben.does("logout");

    let (user, push) = moved(&mut ann, &mut cas);
    assert_eq!(
        (&push["push"], &push["user"]),
        (&"moved".into(), &user.name.as_str().into())
    );
    let (old, new) = if user.name == "ann" { (anns, cass) } else { (cass, anns) };
    assert_eq!(address_in(&push["app"], old), new, "{push}");

    let (moved_name, token) = (user.name.clone(), user.token.clone());
    let sender = if moved_name == "ann" { &mut cas } else { &mut ann };
    sender.does(&format!("send {moved_name} on the way"));
    let (_wire, pushes) = attach_at(new, &token, 0);
    let texts: Vec<_> = pushes.iter().map(|push| push["message"].clone()).collect();
    assert_eq!(texts, ["on the way"]);
    service.wait_for("one server is left", &vec![2], State::users_per_instance);
    eventually_is("one process is left", &1, || service.app_pids().len());
    service.verify();
}

#[test]
fn a_killed_server_s_user_gets_another_seat() {
    let service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    let mut ben = Person::new(service.address(), "ben");
    befriend(&mut ann, &mut ben);
    let position = ann.does("send ben before")["position"].as_u64().expect("a position");
    for pid in service.app_pids() {
        signal(pid, Signal::SIGKILL);
    }
    ann.does("send ben after");
    ben.attach(position);
    let pushed = ben.sync();
    assert_eq!(pushed.len(), 1, "{pushed:?}");
    assert_eq!(pushed[0]["message"], "after");
    service.wait_for("both on a new server", &vec![2], State::users_per_instance);
    service.verify();
}

#[test]
fn no_server_is_launched_for_users_who_are_not_there() {
    let service = Service::start(Options::new());
    let mut ann = Person::new(service.address(), "ann");
    ann.does("post hello");
    let token = ann.token.clone();
    drop(ann);
    for pid in service.app_pids() {
        signal(pid, Signal::SIGKILL);
    }
    service.wait_for("no server", &Vec::new(), State::users_per_instance);
    // Long enough for several rounds of whoever looks after the fleet.
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(service.app_pids(), [0; 0]);
    }
    let state = service.state();
    assert_eq!(
        state.sessions().get("ann"),
        Some(&None),
        "the session lives on without a seat"
    );
    assert_eq!(state.instances().len(), 1);
    assert_eq!(Person::login(service.address(), "ann").token, token);
    service.verify();
}
