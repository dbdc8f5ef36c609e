//! A service whose log or projections are not what was signed: refused at the start, told by `verify`.

use std::process::Stdio;

use tenfold_testcases::log::{self, text_of};
use tenfold_testcases::programs;
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::waiting::eventually_is;

const CHECKPOINTS: &str = "select count(*) > 0 from log_checkpoint";

fn told(service: &Service, sql: &str) -> String {
    let rows = service.database.rows(sql);
    rows.into_iter().flatten().flatten().next().unwrap_or_default()
}

#[test]
fn a_start_on_projections_that_are_not_the_logs_is_refused_until_a_rebuild() {
    let mut service = Service::start(Options::new());
    service.run_client("register ann pw\nregister ben pw\nlogin ann pw\npost ann hello\n");
    service.stop();
    // As a restore leaves them, if nobody rebuilds.
    service.database.rows("truncate account, post");
    let mut command = programs::command("tenfold-login");
    command.args(["127.0.0.1", "0", "--database", &service.database.url, "--home"]);
    command.arg(service.home.path()).stdin(Stdio::null());
    let (variable, key) = programs::MASTER_KEY;
    let refused = command.env(variable, key).output().expect("tenfold-login can be run");
    let said = text_of(&refused);
    assert!(!refused.status.success(), "{said}");
    assert!(
        said.contains("2 accounts that live") && said.contains("bin/events rebuild"),
        "{said}"
    );
    log::rebuild(&service.database.url);
    service.add_login_server();
    assert_eq!(service.state().accounts(), ["ann", "ben"]);
    service.verify();
}

#[test]
fn the_log_is_signed_at_once_and_to_its_end_and_its_end_is_missed() {
    let mut service = Service::start(Options::new());
    eventually_is("a checkpoint", &"t".to_owned(), || told(&service, CHECKPOINTS));
    service.run_client("register ann pw\nlogin ann pw\npost ann hello\n");
    // What no server wrote is told, also before the next checkpoint.
    let forge = "insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, actor, data)
                 select nextval('event_position'), gen_random_uuid(), stream, (select max(version) + 1 from event b where b.stream = e.stream), kind, 1,
                        gen_random_uuid(), 0, actor, data from event e where kind = 'SessionStarted' limit 1";
    service.database.rows(forge);
    let verified = log::events(&service.database.url, &["verify"]);
    let said = text_of(&verified);
    assert!(
        verified.status.code() == Some(1) && said.contains("restore") && !said.contains("events rebuild"),
        "{said}"
    );
    service.database.rows("delete from event where mac is null");
    service.stop();
    let is_signed = "select (select max(position) from log_checkpoint) = (select max(position) from event)";
    assert_eq!(told(&service, is_signed), "t");
    service.verify();
    // The end of the log goes, and what was signed of it: only the home knows.
    let keep = told(&service, "select position from event where kind = 'AccountRegistered'");
    let cut = format!(
        "delete from event where position > {keep}; delete from log_checkpoint where position > {keep}; truncate session, post, instance"
    );
    service.database.rows(&cut);
    service.verify();
    let home = service.home.path().display().to_string();
    let verified = log::events(&service.database.url, &["verify", "--home", &home]);
    let said = text_of(&verified);
    assert!(
        verified.status.code() == Some(1) && said.contains("older copy"),
        "{said}"
    );
}
