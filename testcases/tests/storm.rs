//! Everybody at once, while servers die.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use rand::RngExt;
use tenfold_testcases::client::{ClientRun, Finished};
use tenfold_testcases::load::Load;
use tenfold_testcases::process::signal;
use tenfold_testcases::random::seeded;
use tenfold_testcases::service::{Options, Service};

const CLIENTS: usize = 20;
const USERS_EACH: usize = 10;
const KILLS: usize = 12;
const CONTESTED: usize = 4;

/// What all clients try at once at the end: names, friendships and invites
/// that only one of them can have.
fn contest() -> String {
    let mut script = String::new();
    for number in 0..CONTESTED {
        script += &format!("register contested-{number} pw\n");
        script += &format!("login contested-{number} pw\n");
    }
    for number in 0..CONTESTED {
        let (one, other) = (number, (number + 1) % CONTESTED);
        script += &format!("invite contested-{one} contested-{other}\n");
        script += &format!("invite contested-{other} contested-{one}\n");
        script += &format!("accept-invite contested-{one} contested-{other}\n");
        script += &format!("accept-invite contested-{other} contested-{one}\n");
    }
    script
}

#[test]
fn two_hundred_users_at_once_while_servers_die() {
    let mut random = seeded();
    let mut service = Service::start(Options::new());
    service.add_login_server();
    let loads: Vec<_> = (0..CLIENTS)
        .map(|client| Load::new(&format!("storm{client}"), USERS_EACH))
        .collect();
    let mut clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let server = service.login_servers[client % 2].address;
            ClientRun::start(server, loads[client].script.clone() + &contest())
        })
        .collect();

    let begun = Instant::now();
    let mut killed = 0;
    while killed < KILLS && clients.iter_mut().any(ClientRun::is_running) {
        std::thread::sleep(Duration::from_millis(500));
        let apps = service.app_pids();
        if !apps.is_empty() {
            signal(apps[random.random_range(0..apps.len())], Signal::SIGKILL);
            killed += 1;
        }
        service.state().check_invariants(10);
    }
    eprintln!("{killed} servers were killed within {:?}", begun.elapsed());
    assert!(
        killed >= 2,
        "the clients were too fast: {killed} servers were killed while they were at work"
    );

    let finished: Vec<_> = clients.into_iter().map(ClientRun::finish).collect();
    for (load, finished) in loads.iter().zip(&finished) {
        check(load, finished);
    }
    assert_eq!(winners(&finished), [1; CONTESTED], "each name was given once");
    let state = service.state();
    state.check_invariants(10);
    assert_eq!(state.accounts().len(), CLIENTS * USERS_EACH + CONTESTED);
    service.verify();
    service.stop();
}

/// Each client printed what an undisturbed one would, up to the contest.
fn check(load: &Load, finished: &Finished) {
    let mut alone: Vec<_> = finished.output.lines().collect();
    let contest = contest().lines().count();
    assert!(alone.len() > contest, "{finished:?}");
    alone.truncate(alone.len() - contest);
    let output = alone.iter().map(|line| format!("{line}\n")).collect();
    load.check(&Finished {
        output,
        complaint: finished.complaint.clone(),
        status: finished.status,
    });
}

/// How many clients were told `Success!` for each contested name.
fn winners(finished: &[Finished]) -> Vec<usize> {
    let won = |client: &Finished, name: usize| {
        let lines: Vec<_> = client.output.lines().collect();
        let contest = &lines[lines.len() - contest().lines().count()..];
        contest[2 * name] == "Success!"
    };
    (0..CONTESTED)
        .map(|name| finished.iter().filter(|client| won(client, name)).count())
        .collect()
}
