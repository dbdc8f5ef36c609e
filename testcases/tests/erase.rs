//! After `delete` nothing of what the person wrote or was called is left, and nobody missed what was sent to them.

use tenfold_testcases::database::Database;
use tenfold_testcases::dump::{dump, restore};
use tenfold_testcases::log::{self, text_of};
use tenfold_testcases::person::{Person, befriend};
use tenfold_testcases::programs;
use tenfold_testcases::service::{Options, Service};

/// What nobody but the deleted person is called or has written.
const SECRETS: [&str; 4] = ["zerlina", "quux-post", "quux-message", "quux-in-the-group"];

fn assert_tells_nothing(text: &str, of: &str) {
    for secret in SECRETS {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{of} tells {secret}");
    }
}

/// All rows of all tables, as text.
fn everything(database: &Database) -> String {
    let tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                   WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
    let rows = |table: String| database.rows(&format!("SELECT t::text FROM {table} t"));
    let tables = database.rows(tables).into_iter().flatten().flatten();
    tables
        .flat_map(rows)
        .flatten()
        .flatten()
        .map(|row| row + "\n")
        .collect()
}

/// Ann and Zerlina, who has posted and written to Ann and to a group.
fn ann_and_zerlina(service: &Service) -> (Person, Person) {
    let mut ann = Person::new(service.address(), "ann");
    let mut zerlina = Person::new(service.address(), "zerlina");
    befriend(&mut ann, &mut zerlina);
    ann.attach(ann.position);
    ann.does("post from ann");
    zerlina.does("post quux-post");
    zerlina.does("create-group all");
    ann.does("join-group all");
    zerlina.does("send ann quux-message");
    zerlina.does("send-group all quux-in-the-group");
    (ann, zerlina)
}

#[test]
fn a_fork_that_was_made_before_forgets_at_once_and_every_look_at_it_succeeds() {
    let service = Service::start(Options::new());
    let (_ann, mut zerlina) = ann_and_zerlina(&service);
    let url = service.database.url.clone();
    let name = format!("fork_{}", uuid::Uuid::new_v4().simple());
    let forked = log::events(&url, &["fork", "--to", &name]);
    assert!(forked.status.success(), "{}", text_of(&forked));
    zerlina.does("delete");
    let fork = Database::named_beside(&service.database, &name);
    // The reply to `delete` comes after it: nobody need look into the fork first.
    assert_tells_nothing(&everything(&fork), "the fork's database");
    for arguments in [
        &["state"][..],
        &["tail"],
        &["state"],
        &["verify"],
        &["rebuild"],
        &["verify"],
    ] {
        let output = log::events(&url, &[&["--sandbox", &name], arguments].concat());
        assert!(output.status.success(), "{arguments:?}: {}", text_of(&output));
        assert_tells_nothing(&text_of(&output), &arguments.join(" "));
    }
}

#[test]
fn nothing_is_found_in_the_database_the_tools_or_the_trace() {
    let mut service = Service::start(Options::new());
    let (mut ann, mut zerlina) = ann_and_zerlina(&service);
    let told = ann.sync();
    assert_eq!(told.len(), 2, "{told:?}");
    zerlina.command("send nobody");
    zerlina.command("invite nobody");
    zerlina.does("delete");
    ann.does("post still here");
    assert_tells_nothing(&everything(&service.database), "the database");
    let url = service.database.url.clone();
    let end = service.state().position();
    for arguments in [
        &["tail"][..],
        &["tail", "--json"],
        &["verify"],
        &["rebuild"],
        &["verify"],
    ] {
        let output = log::events(&url, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text_of(&output));
        assert_tells_nothing(&text_of(&output), &arguments.join(" "));
    }
    for position in (0..=end).step_by(3) {
        let state = log::state_at(&url, position).0.to_string();
        assert_tells_nothing(&state, &format!("the state at {position}"));
    }
    service.stop();
    for trace in [service.log_path(), service.app_log_path()] {
        assert_tells_nothing(&std::fs::read_to_string(&trace).unwrap_or_default(), "a trace");
    }
    assert_tells_nothing(&everything(&service.database), "the database");
}

#[test]
fn what_was_sent_is_pushed_before_its_sender_goes() {
    let service = Service::start(Options::new().with("--seats", "1"));
    let mut ben = Person::new(service.address(), "ben");
    ben.attach(ben.position);
    for round in 0..5 {
        let name = format!("sender-{round}");
        let mut sender = Person::new(service.address(), &name);
        befriend(&mut sender, &mut ben);
        // All at once, and without waiting for a reply to any but the last.
        let token = sender.token.clone();
        let wire = sender.app_wire();
        for number in 0..40 {
            wire.send(&format!("send {token} ben {number}"));
        }
        for _ in 0..40 {
            assert_eq!(wire.reply()["status"], 0);
        }
        sender.does("delete");
        let pushed: Vec<String> = ben.sync().iter().map(|push| push["message"].to_string()).collect();
        let wanted: Vec<String> = (0..40).map(|number| format!("\"{number}\"")).collect();
        assert_eq!(pushed, wanted, "{name}");
    }
    service.verify();
}

#[test]
fn an_account_goes_also_where_somebody_does_not_read() {
    let service = Service::start(Options::new().with("--max-text", "64KiB"));
    // Ann's connection is attached and never read from, and this is more than fits into anybody's buffers.
    let (_ann, mut zerlina) = ann_and_zerlina(&service);
    let long = "x".repeat(60_000);
    for _ in 0..300 {
        zerlina.does(&format!("send ann {long}"));
    }
    zerlina.does("delete");
    assert_eq!(service.state().accounts(), ["ann"]);
    let trace = service.log_tail();
    assert!(trace.contains("a client does not read"), "{trace}");
}

#[test]
fn another_master_key_is_refused_and_said_so() {
    let service = Service::start(Options::new());
    let mut command = programs::command("tenfold-login");
    command
        .args(["127.0.0.1", "0", "--database", &service.database.url, "--home"])
        .arg(service.home.path())
        .env("TENFOLD_MASTER_KEY", "08".repeat(32));
    let output = command.output().expect("tenfold-login can be run");
    let said = text_of(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let fingerprint = "SELECT value FROM setting WHERE name = 'master key fingerprint'";
    let wanted = service.database.rows(fingerprint)[0][0]
        .clone()
        .expect("the database knows its key");
    assert!(said.contains(&wanted) && said.contains("TENFOLD_MASTER_KEY"), "{said}");
    assert!(!said.contains("0808"), "{said}");
}

/// The README's way to back up and to restore.
#[test]
fn a_backup_of_the_log_from_before_tells_nothing_of_who_was_deleted_since() {
    let mut service = Service::start(Options::new());
    let (mut ann, mut zerlina) = ann_and_zerlina(&service);
    let without = [
        "--no-privileges",
        "--exclude-schema=tenfold_keys",
        "--exclude-table-data=account",
        "--exclude-table-data=post",
    ];
    let old_log = dump(&service.database, &without);
    assert_tells_nothing(&old_log, "a backup of the log");
    ann.sync();
    zerlina.does("delete");
    ann.does("post after the backup");
    let keys = dump(&service.database, &["--no-privileges", "--schema=tenfold_keys"]);
    service.stop();

    let restored = Database::fresh();
    restore(&restored, &old_log);
    restore(&restored, &keys);
    let refused = log::events(&restored.url, &["rebuild"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text_of(&refused).contains("the keys of 1 living account"),
        "{}",
        text_of(&refused)
    );
    let rebuilt = log::events(&restored.url, &["rebuild", "--delete-keyless"]);
    assert!(rebuilt.status.success(), "{}", text_of(&rebuilt));
    log::verify(&restored.url);
    assert_eq!(log::state(&restored.url).accounts(), ["ann"]);
    assert_eq!(
        log::state(&restored.url).posts(),
        [("ann".to_owned(), "from ann".to_owned())]
    );
    assert_tells_nothing(&everything(&restored), "the restored database");
    assert_tells_nothing(
        &text_of(&log::events(&restored.url, &["tail", "--json"])),
        "the restored log",
    );

    // Life goes on there, for whoever was logged in too.
    let token_key = std::fs::read_to_string(service.home.path().join("token.key")).expect("the key of the tokens");
    let mut again = Service::start_on(restored, Options::new().with_variable("TENFOLD_TOKEN_KEY", &token_key));
    let mut ann = Person::login(again.address(), "ann");
    ann.does("post restored");
    drop(Person::new(again.address(), "zerlina"));
    again.verify();
    again.stop();
}
