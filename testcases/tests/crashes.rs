//! Whatever is killed under load: every command that got its `Success!` is in
//! the log once, every message is shown once, and the clients go on by themselves.

use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use tenfold_testcases::client::ClientRun;
use tenfold_testcases::database::Database;
use tenfold_testcases::exchange::Exchange;
use tenfold_testcases::link::Link;
use tenfold_testcases::load::Load;
use tenfold_testcases::log::count_texts;
use tenfold_testcases::postgres::Cluster;
use tenfold_testcases::process::signal;
use tenfold_testcases::service::{Options, Service};

const CLIENTS: usize = 4;
const USERS_EACH: usize = 3;
const ROUNDS: usize = 120;
const CRASHES: usize = 5;
/// Between two crashes, so that something is under way again.
const PAUSE: Duration = Duration::from_millis(1000);

/// Runs four clients on twelve users, so that there are two servers, and does
/// `harm` again and again meanwhile; then looks whether anything was lost.
fn survives(service: &mut Service, harm: impl FnMut(&mut Service)) {
    let load = |client| {
        let prefix = format!("load{client}");
        Load::new(&prefix, USERS_EACH).rounds(&prefix, ROUNDS)
    };
    let loads: Vec<_> = (0..CLIENTS).map(load).collect();
    let server = service.address();
    let start = |load: &Load| ClientRun::start(server, &load.script);
    let mut clients: Vec<_> = loads.iter().map(start).collect();
    do_harm(service, &mut clients, harm);
    for (client, load) in clients.into_iter().zip(&loads) {
        load.check(&client.finish());
    }
    nothing_twice_or_lost(service, &loads);
    service.state().check_invariants(10);
    service.verify();
}

/// Clients that had ended before would prove nothing: on a fast machine there
/// are fewer crashes, but never less than two.
fn do_harm(service: &mut Service, clients: &mut [ClientRun], mut harm: impl FnMut(&mut Service)) {
    let mut survived = 0;
    for _ in 0..CRASHES {
        std::thread::sleep(PAUSE);
        if !clients.iter_mut().any(ClientRun::is_running) {
            break;
        }
        harm(service);
        survived += 1;
    }
    assert!(
        survived >= 2,
        "the clients were too fast: {survived} crashes while they were at work"
    );
}

fn nothing_twice_or_lost(service: &Service, loads: &[Load]) {
    let texts = loads.iter().flat_map(|load| &load.texts);
    for (text, count) in count_texts(&service.database.url, texts) {
        assert_eq!(count, 1, "events with the text {text}");
    }
}

#[test]
fn application_servers_are_killed() {
    let mut service = Service::start(Options::new());
    survives(&mut service, |service| {
        for pid in service.app_pids() {
            signal(pid, Signal::SIGKILL);
        }
    });
    service.stop();
}

#[test]
fn application_servers_are_frozen() {
    let mut service = Service::start(Options::new());
    let mut frozen = Vec::new();
    survives(&mut service, |service| {
        let awake = service.app_pids().into_iter().find(|pid| !frozen.contains(pid));
        if let Some(pid) = awake {
            signal(pid, Signal::SIGSTOP);
            frozen.push(pid);
        }
    });
    // Whoever is still frozen now wakes up and must find itself out of office.
    for pid in frozen {
        signal(pid, Signal::SIGCONT);
    }
    service.verify();
    service.stop();
}

#[test]
fn the_login_server_is_killed_and_started_again() {
    let mut service = Service::start(Options::new());
    let port = service.address().port();
    survives(&mut service, |service| {
        service.kill_login_server(0);
        service.add_login_server_at(port);
    });
    service.stop();
}

#[test]
fn everything_but_the_database_is_killed_and_started_again() {
    let mut service = Service::start(Options::new());
    let port = service.address().port();
    survives(&mut service, |service| {
        let apps = service.app_pids();
        service.kill_login_server(0);
        for pid in apps {
            signal(pid, Signal::SIGKILL);
        }
        service.add_login_server_at(port);
    });
    service.stop();
}

#[test]
fn postgres_is_killed_and_comes_back() {
    let cluster = Arc::new(Cluster::start());
    let mut service = Service::start_on(Database::fresh_on(&cluster), Options::new());
    survives(&mut service, |_| {
        cluster.kill();
        std::thread::sleep(Duration::from_millis(300));
        cluster.run();
    });
    service.stop();
}

#[test]
fn postgres_fails_over_to_its_standby() {
    let primary = Arc::new(Cluster::start());
    let standby = primary.synchronous_standby();
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), standby.port());
    let database = Database::fresh_on(&primary).reached_at(&hosts);
    let mut service = Service::start_on(database, Options::new());
    let mut failed_over = false;
    survives(&mut service, |_| {
        if !std::mem::replace(&mut failed_over, true) {
            primary.kill();
            // Whoever connects now finds a server that takes no writes.
            std::thread::sleep(PAUSE);
            standby.promote();
        }
    });
    service.stop();
}

#[test]
fn postgres_takes_no_writes_for_a_while() {
    let cluster = Arc::new(Cluster::start());
    let mut service = Service::start_on(Database::fresh_on(&cluster), Options::new());
    survives(&mut service, |_| {
        cluster.read_only(true);
        std::thread::sleep(PAUSE);
        cluster.read_only(false);
    });
    service.stop();
}

/// A service that reaches its Postgres over a line that can stall.
fn over_a_link() -> (Service, Link) {
    let cluster = Arc::new(Cluster::start());
    let link = Link::to(cluster.port());
    let database = Database::fresh_on(&cluster).reached_at(&link.address.to_string());
    (Service::start_on(database, Options::new()), link)
}

/// As where its host has vanished and another one has its address.
#[test]
fn connections_to_postgres_stall_for_ever() {
    let (mut service, link) = over_a_link();
    let mut stalls = 0;
    survives(&mut service, |_| {
        stalls += 1;
        if stalls <= 2 {
            link.stall();
        }
    });
    service.stop();
}

/// As where a route is lost and found again.
#[test]
fn nothing_comes_through_to_postgres_for_a_while() {
    let (mut service, link) = over_a_link();
    survives(&mut service, |_| {
        link.stall_all();
        std::thread::sleep(2 * PAUSE);
        link.mend();
    });
    service.stop();
}

/// Two clients talk to each other, with users on two servers, while `harm` is
/// done again and again.
fn talks_on(service: &mut Service, mut harm: impl FnMut(&mut Service)) {
    let (mut east, mut west) = (service.client(), service.client());
    let mut pairs = Vec::new();
    for number in 0..6 {
        let (one, other) = (format!("east{number}"), format!("west{number}"));
        east.register_and_login(&one);
        west.register_and_login(&other);
        pairs.push((one, other));
    }
    Exchange::new(east, west, pairs).run(|| {
        for _ in 0..CRASHES {
            std::thread::sleep(PAUSE);
            harm(service);
        }
        std::thread::sleep(PAUSE);
    });
    service.verify();
}

#[test]
fn nobody_misses_a_message_while_application_servers_are_killed() {
    let mut service = Service::start(Options::new());
    talks_on(&mut service, |service| {
        for pid in service.app_pids() {
            signal(pid, Signal::SIGKILL);
        }
    });
    service.stop();
}

#[test]
fn nobody_misses_a_message_while_one_server_after_the_other_is_killed() {
    let mut service = Service::start(Options::new().with("--seats", "4"));
    let mut turn = 0;
    talks_on(&mut service, |service| {
        let apps = service.app_pids();
        if !apps.is_empty() {
            signal(apps[turn % apps.len()], Signal::SIGKILL);
        }
        turn += 1;
    });
    service.stop();
}

#[test]
fn nobody_misses_a_message_while_the_login_server_is_stopped_and_started() {
    let mut service = Service::start(Options::new());
    let port = service.address().port();
    talks_on(&mut service, |service| {
        service.stop();
        service.add_login_server_at(port);
    });
    service.stop();
}

#[test]
fn nobody_misses_a_message_while_postgres_is_killed() {
    let cluster = Arc::new(Cluster::start());
    let mut service = Service::start_on(Database::fresh_on(&cluster), Options::new());
    talks_on(&mut service, |_| {
        cluster.kill();
        cluster.run();
    });
    service.stop();
}
