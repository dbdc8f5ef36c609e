//! Whatever is killed under load: every command that got its `Success!` is in
//! the log once, every message is shown once, and the clients go on by themselves.

use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use tenfold_testcases::client::ClientRun;
use tenfold_testcases::database::Database;
use tenfold_testcases::load::Load;
use tenfold_testcases::log::count_texts;
use tenfold_testcases::postgres::Cluster;
use tenfold_testcases::process::signal;
use tenfold_testcases::service::{Options, Service};

const CLIENTS: usize = 4;
const USERS_EACH: usize = 3;
const ROUNDS: usize = 60;
const CRASHES: usize = 5;

/// Runs four clients on twelve users, so that there are two servers, and does
/// `harm` again and again meanwhile; then looks whether anything was lost.
fn survives(service: &mut Service, mut harm: impl FnMut(&mut Service)) {
    let load = |client| {
        let prefix = format!("load{client}");
        Load::new(&prefix, USERS_EACH).rounds(&prefix, ROUNDS)
    };
    let loads: Vec<_> = (0..CLIENTS).map(load).collect();
    let server = service.address();
    let clients: Vec<_> = loads
        .iter()
        .map(|load| ClientRun::start(server, &load.script))
        .collect();
    for _ in 0..CRASHES {
        std::thread::sleep(Duration::from_millis(1500));
        harm(service);
    }
    for (client, load) in clients.into_iter().zip(&loads) {
        load.check(&client.finish());
    }
    for load in &loads {
        for (text, count) in count_texts(&service.database.url, &load.texts) {
            assert_eq!(count, 1, "events with the text {text}");
        }
    }
    service.state().check_invariants(10);
    service.verify();
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
