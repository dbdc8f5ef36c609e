//! The projections can be thrown away at any time.

use tenfold_testcases::client::ClientRun;
use tenfold_testcases::load::Load;
use tenfold_testcases::log;
use tenfold_testcases::service::{Options, Service};

#[test]
fn rebuilding_while_commands_run() {
    let service = Service::start(Options::new());
    let loads: Vec<_> = ["one", "two", "three"]
        .map(|name| Load::new(name, 4).rounds(name, 40))
        .into();
    let clients: Vec<_> = loads
        .iter()
        .map(|load| ClientRun::start(service.address(), &load.script))
        .collect();
    let url = &service.database.url;
    for _ in 0..4 {
        log::rebuild(url);
        service.verify();
    }
    for (client, load) in clients.into_iter().zip(&loads) {
        load.check(&client.finish());
    }
    service.verify();
}

#[test]
fn rebuilding_changes_nothing() {
    let mut service = Service::start(Options::new());
    let load = Load::new("only", 3).rounds("only", 8);
    load.check(&service.run_client(&load.script));
    service.stop();
    let before = service.state();
    log::rebuild(&service.database.url);
    assert_eq!(service.state(), before);
    service.verify();
    assert_eq!(log::state_at(&service.database.url, before.position()), before);
}

#[test]
fn the_state_of_an_earlier_position() {
    let mut service = Service::start(Options::new());
    service.run_client("register ann pw\nlogin ann pw\npost ann first\n");
    let middle = service.state();
    service.run_client("register ben pw\nlogin ann pw\npost ann second\n");
    service.stop();
    let then = log::state_at(&service.database.url, middle.position());
    assert_eq!(then.accounts(), ["ann"]);
    assert_eq!(then.posts(), [("ann".to_owned(), "first".to_owned())]);
    assert_eq!(service.state().accounts(), ["ann", "ben"]);
    assert_eq!(log::state_at(&service.database.url, 0).accounts(), [""; 0]);
}

#[test]
fn a_spoiled_projection_is_found() {
    let service = Service::start(Options::new());
    service.run_client("register ann pw\nlogin ann pw\npost ann hello\n");
    service.verify();
    let tables = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE tablename LIKE '%post%' \
                  AND schemaname NOT IN ('pg_catalog', 'information_schema')";
    let tables = service.database.rows(tables);
    let table = tables.iter().flatten().flatten().next().expect("posts are in a table");
    service.database.rows(&format!("DELETE FROM {table}"));
    let output = log::events(&service.database.url, &["verify"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    log::rebuild(&service.database.url);
    service.verify();
}
