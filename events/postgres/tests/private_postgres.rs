//! The private Postgres on the real programs: first start, adoption, crashes, taken ports, several starters at once, other users.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use common::{Home, connect, one_number, read_the_row, write_a_row};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{User, geteuid};
use tenfold_postgres::{MOST_APPLICATION_SERVERS, Network, PrivatePostgres, PrivatePostgresError};
use tenfold_testcases::certificates::Authority;
use tokio_postgres::NoTls;

/// This test program again, as another process, which does what [`as_another_program`] says. A copy lies where every user can run it.
fn another_program(home: &Home, then: &str) -> Command {
    let copy = home.folder.path().join("another_program");
    if !copy.exists() {
        let this = std::env::current_exe().expect("this test is a program");
        fs::copy(&this, &copy).expect("it can be copied");
    }
    let mut command = Command::new(copy);
    command
        .args(["--exact", "as_another_program", "--nocapture"])
        .current_dir("/");
    command
        .env("PRIVATE_POSTGRES_HOME", home.path())
        .env("PRIVATE_POSTGRES_THEN", then);
    command
}

/// Brings up the Postgres of the home that the environment names, says whether it had to be started, and its URL, and then ends at
/// once, stops it, or waits to be killed. Nothing to do in an ordinary test run.
#[tokio::test]
async fn as_another_program() {
    let Some(home) = std::env::var_os("PRIVATE_POSTGRES_HOME") else {
        return;
    };
    let postgres = match PrivatePostgres::ensure_running(Path::new(&home)).await {
        Ok(postgres) => postgres,
        Err(error) => {
            eprintln!("tenfold: {error}");
            std::process::exit(PrivatePostgresError::EXIT_STATUS.into());
        }
    };
    println!(
        "\n{} {}",
        if postgres.started_here() { "started" } else { "found" },
        postgres.url()
    );
    match std::env::var("PRIVATE_POSTGRES_THEN").as_deref() {
        Ok("stop") => postgres.stop().await.expect("it stops"),
        Ok("wait") => std::future::pending().await,
        _ => {}
    }
}

fn spawn(mut command: Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it can be run")
}

/// The line that [`as_another_program`] prints: `started` or `found`, and the URL.
fn found_or_started(stdout: &str) -> Option<(&str, &str)> {
    let lines = stdout.lines().filter_map(|line| line.split_once(' '));
    lines.into_iter().find(|(word, _)| ["found", "started"].contains(word))
}

/// A user who is not root: ourselves, or `nobody`.
fn as_nobody(mut command: Command) -> Command {
    if geteuid().is_root() {
        use std::os::unix::process::CommandExt;
        let nobody = User::from_name("nobody")
            .expect("users can be looked up")
            .expect("there is a nobody");
        command.uid(nobody.uid.as_raw()).gid(nobody.gid.as_raw());
    }
    command
}

fn text(output: &Output) -> (String, String) {
    let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("messages are UTF-8");
    (utf8(&output.stdout), utf8(&output.stderr))
}

#[tokio::test]
async fn a_long_log_is_put_aside_while_it_runs() {
    let home = Home::new();
    let postgres = home.start().await;
    let log = postgres.log_file();
    fs::OpenOptions::new()
        .write(true)
        .open(&log)
        .expect("it is ours")
        .set_len(17 << 20)
        .expect("it is ours");
    postgres.bound_log();
    assert_eq!(fs::metadata(&log).expect("it is ours").len(), 0);
    assert_eq!(
        fs::metadata(log.with_extension("log.old")).expect("it is ours").len(),
        17 << 20
    );
    let client = connect(&postgres).await;
    // Postgres goes on in the same file, at its beginning.
    client
        .batch_execute("do $$ begin raise log 'still here'; end $$")
        .await
        .expect("it is ours");
    assert!(fs::read_to_string(&log).expect("it is ours").contains("still here"));
    assert!(fs::metadata(&log).expect("it is ours").len() < 1 << 20);
    postgres.stop().await.expect("it is ours");
}

#[tokio::test]
async fn a_first_start_sets_up_a_database_with_our_settings_and_a_secret_password() {
    let home = Home::new();
    let postgres = home.start().await;
    assert!(postgres.started_here());
    let client = connect(&postgres).await;
    let connections = one_number(&client, "select current_setting('max_connections')::bigint").await;
    // Four of each application server, and some for login servers, tools and people.
    assert!(
        connections >= 4 * i64::from(MOST_APPLICATION_SERVERS) + 100,
        "{connections}"
    );
    // The locks of all connections are in one pool: room for those of a full batch of every server.
    let locks = one_number(&client, "select current_setting('max_locks_per_transaction')::bigint").await;
    assert!(locks * connections >= 76_800, "{locks} each");
    let row = client.query_one(
        "select current_database()::text, current_setting('fsync'), current_setting('jit')",
        &[],
    );
    let row = row.await.expect("it answers");
    let settings: [&str; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(settings, ["tenfold", "on", "off"]);

    let mode = fs::metadata(home.postgres().join("url"))
        .expect("the URL is kept")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let wrong = postgres.url().replacen("tenfold:", "tenfold:not", 1);
    let refused = tokio_postgres::connect(&wrong, NoTls)
        .await
        .err()
        .expect("a wrong password is refused");
    assert_eq!(refused.code(), Some(&tokio_postgres::error::SqlState::INVALID_PASSWORD));
}

#[tokio::test]
async fn a_second_start_adopts_what_runs_and_a_stop_keeps_the_data_and_the_address() {
    let home = Home::new();
    let first = home.start().await;
    write_a_row(&first).await;
    let second = home.start().await;
    assert!(!second.started_here());
    assert_eq!(second.url(), first.url());

    second.stop().await.expect("it stops");
    second.stop().await.expect("stopping twice is no error");
    assert!(tokio_postgres::connect(first.url(), NoTls).await.is_err());
    let third = home.start().await;
    assert!(third.started_here());
    assert_eq!(third.url(), first.url());
    assert_eq!(read_the_row(&third).await, 42);
}

#[tokio::test]
async fn after_a_kill_9_in_the_middle_of_a_statement_it_comes_back_at_its_address() {
    let home = Home::new();
    let postgres = home.start().await;
    write_a_row(&postgres).await;
    let busy = connect(&postgres).await;
    let endless = "select count(*) from generate_series(1, 1000000000000) as number where number % 2 = 0";
    let endless = tokio::spawn(async move { busy.batch_execute(endless).await });
    let watcher = connect(&postgres).await;
    let is_busy =
        "select count(*) from pg_stat_activity where state = 'active' and query like '%generate_series(1, 1%'";
    while one_number(&watcher, is_busy).await < 2 {}

    kill(home.postmaster(), Signal::SIGKILL).expect("it runs");
    let again = home.start().await;
    assert!(again.started_here());
    assert_eq!(again.url(), postgres.url());
    assert_eq!(read_the_row(&again).await, 42);
    assert!(endless.await.expect("no panic").is_err());
}

#[tokio::test]
async fn a_file_of_a_dead_postmaster_whose_number_is_another_process_now_is_no_obstacle() {
    let home = Home::new();
    let postgres = home.start().await;
    let file = home.postgres().join("data/postmaster.pid");
    let left_behind = fs::read_to_string(&file).expect("it runs");
    postgres.stop().await.expect("it stops");
    let (_, rest) = left_behind.split_once('\n').expect("several lines");
    fs::write(&file, format!("{}\n{rest}", std::process::id())).expect("we may write there");
    assert!(home.start().await.started_here());
}

#[tokio::test]
async fn a_taken_port_makes_it_move_to_another() {
    let home = Home::new();
    let authority = Authority::make(&home.folder.path().join("certificates"));
    let certificate = authority.certify("server", &["IP:127.0.0.1"]);
    let network = Network {
        address: Ipv4Addr::LOCALHOST.into(),
        certificate: fs::read_to_string(certificate.file).expect("it was made"),
        key: fs::read_to_string(certificate.key).expect("it was made"),
    };
    let start = async || {
        let started = PrivatePostgres::ensure_running_on(&home.path(), Some(&network)).await;
        started.expect("it starts")
    };
    let postgres = start().await;
    write_a_row(&postgres).await;
    let config: tokio_postgres::Config = postgres.url().parse().expect("a URL");
    let place = (Ipv4Addr::LOCALHOST, config.get_ports()[0]);
    assert!(TcpStream::connect(place).is_ok(), "other machines reach it");
    postgres.stop().await.expect("it stops");
    let taken = TcpListener::bind(place).expect("it is free now");
    let moved = start().await;
    assert_ne!(moved.url(), postgres.url());
    assert_eq!(read_the_row(&moved).await, 42);
    drop(taken);
    assert_eq!(start().await.url(), moved.url());
}

#[tokio::test]
async fn a_home_that_lies_deep_has_its_socket_elsewhere() {
    let home = Home::new();
    let deep = home.path().join("a-folder-with-a-long-name/".repeat(5));
    let postgres = PrivatePostgres::ensure_running(&deep).await.expect("it starts");
    write_a_row(&postgres).await;
    let config: tokio_postgres::Config = postgres.url().parse().expect("a URL");
    let [tokio_postgres::config::Host::Unix(run)] = config.get_hosts() else {
        panic!("{:?}", config.get_hosts())
    };
    assert!(run.starts_with("/tmp") && fs::metadata(run).expect("it is there").permissions().mode() & 0o77 == 0);
    postgres.stop().await.expect("it stops");
    // What somebody else laid there is left alone.
    fs::set_permissions(run, fs::Permissions::from_mode(0o777)).expect("it is ours");
    let again = PrivatePostgres::ensure_running(&deep).await.expect("it starts");
    assert_ne!(again.url(), postgres.url());
    assert_eq!(read_the_row(&again).await, 42);
    again.stop().await.expect("it stops");
    let config: tokio_postgres::Config = again.url().parse().expect("a URL");
    for host in [postgres.url().parse::<tokio_postgres::Config>().expect("a URL"), config] {
        if let [tokio_postgres::config::Host::Unix(run)] = host.get_hosts() {
            fs::remove_dir(run).expect("it is ours, and empty");
        }
    }
}

#[test]
fn of_several_programs_that_start_at_once_one_sets_it_up_and_all_use_it() {
    let home = Home::new();
    let starters: Vec<Child> = (0..4).map(|_| spawn(another_program(&home, "end"))).collect();
    let outputs: Vec<Output> = starters
        .into_iter()
        .map(|child| child.wait_with_output().expect("it ends"))
        .collect();
    let said: Vec<(String, String)> = outputs.iter().map(text).collect();
    assert!(outputs.iter().all(|output| output.status.success()), "{said:?}");
    let answers: Vec<(&str, &str)> = said.iter().filter_map(|(stdout, _)| found_or_started(stdout)).collect();
    assert_eq!(
        answers.iter().filter(|(word, _)| *word == "started").count(),
        1,
        "{said:?}"
    );
    assert!(
        answers.len() == 4 && answers.iter().all(|(_, url)| *url == answers[0].1),
        "{said:?}"
    );
}

#[tokio::test]
async fn it_outlives_the_program_that_started_it_and_hears_nothing_of_its_terminal() {
    let home = Home::new();
    let mut starter = spawn(another_program(&home, "wait"));
    let stdout = BufReader::new(starter.stdout.take().expect("it is piped"));
    let lines = stdout.lines().map(|line| line.expect("it prints UTF-8"));
    let said = lines
        .into_iter()
        .find(|line| found_or_started(line).is_some())
        .expect("it starts");
    assert!(said.starts_with("started "), "{said}");
    let session = nix::unistd::getsid(Some(home.postmaster())).expect("it runs");
    assert_eq!(session, home.postmaster(), "a Ctrl-C reaches a terminal's session only");

    starter.kill().and_then(|()| starter.wait()).expect("it can be killed");
    assert!(!home.start().await.started_here());
}

#[tokio::test]
async fn what_a_crash_in_the_middle_of_the_set_up_left_is_removed() {
    let home = Home::new();
    let unfinished = home.postgres().join("unfinished-12345678");
    fs::create_dir_all(unfinished.join("data")).expect("we may write there");
    fs::write(unfinished.join("data/PG_VERSION"), "15\n").expect("we may write there");
    assert!(home.start().await.started_here());
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn a_tool_stops_what_it_started_only_while_nobody_else_is_connected() {
    let home = Home::new();
    let postgres = home.start().await;
    let client = connect(&postgres).await;
    one_number(&client, "select 1::bigint").await;
    assert!(!postgres.stop_if_unused().await.expect("it answers"));
    drop(client);
    assert!(postgres.stop_if_unused().await.expect("it answers"));
    assert!(home.start().await.started_here());
}

#[tokio::test]
async fn data_of_another_version_and_a_lost_password_are_told_with_the_mend() {
    let home = Home::new();
    home.start().await.stop().await.expect("it stops");
    let version = home.postgres().join("data/PG_VERSION");
    let ours = fs::read_to_string(&version).expect("data has a version");
    fs::write(&version, "7\n").expect("we may write there");
    let error = PrivatePostgres::ensure_running(&home.path())
        .await
        .expect_err("7 is not installed");
    assert!(matches!(error, PrivatePostgresError::OtherVersion { .. }), "{error}");
    assert!(error.to_string().contains("was made by PostgreSQL 7"), "{error}");

    fs::write(&version, ours).expect("we may write there");
    fs::remove_file(home.postgres().join("url")).expect("it is there");
    let error = PrivatePostgres::ensure_running(&home.path())
        .await
        .expect_err("nobody knows the password");
    assert!(
        matches!(error, PrivatePostgresError::AddressLost { what: "missing", .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_in_the_place_of_the_home_is_told_in_one_sentence() {
    let home = Home::new();
    fs::write(home.path(), "in the way").expect("we may write there");
    let error = PrivatePostgres::ensure_running(&home.path())
        .await
        .expect_err("a file is no folder");
    assert!(matches!(error, PrivatePostgresError::Folder { .. }), "{error}");
    let sentence = error.to_string();
    assert!(
        sentence.contains("--home DIR") && !sentence.contains('\n'),
        "{sentence}"
    );
}

#[test]
fn somebody_who_is_not_root_runs_it_as_themselves() {
    let home = Home::new();
    fs::create_dir(home.path()).expect("we may write there");
    if geteuid().is_root() {
        let nobody = User::from_name("nobody")
            .expect("users can be looked up")
            .expect("there is a nobody");
        chown(home.path(), Some(nobody.uid.as_raw()), Some(nobody.gid.as_raw())).expect("root may");
    }
    let output = as_nobody(another_program(&home, "stop"))
        .output()
        .expect("it can be run");
    let (stdout, stderr) = text(&output);
    assert!(output.status.success(), "{stdout}{stderr}");
    assert!(
        found_or_started(&stdout).is_some_and(|(word, _)| word == "started"),
        "{stdout}{stderr}"
    );
    assert!(!stderr.contains("root"), "{stderr}");
}

#[test]
fn no_right_to_write_the_home_is_one_sentence_and_status_2_and_nothing_is_made() {
    let home = Home::new();
    let mut program = as_nobody(another_program(&home, "stop"));
    fs::set_permissions(home.folder.path(), fs::Permissions::from_mode(0o555)).expect("it is ours");
    let output = program.output().expect("it can be run");
    fs::set_permissions(home.folder.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
    let (stdout, stderr) = text(&output);
    assert_eq!(output.status.code(), Some(2), "{stdout}{stderr}");
    assert!(
        found_or_started(&stdout).is_none() && stderr.lines().count() == 1,
        "{stdout}{stderr}"
    );
    assert!(
        stderr.contains("may not read or write") && stderr.contains("--home DIR"),
        "{stderr}"
    );
    assert!(!home.path().exists());
}

#[tokio::test]
async fn root_puts_the_data_where_its_user_can_get_at_it() {
    if !geteuid().is_root() {
        return;
    }
    let home = Home::new();
    fs::set_permissions(home.folder.path(), fs::Permissions::from_mode(0o700)).expect("it is ours");
    let postgres = home.start().await;
    write_a_row(&postgres).await;
    assert!(
        !postgres.data_folder().starts_with(home.path()),
        "{}",
        postgres.data_folder().display()
    );
    postgres.stop().await.expect("it stops");
    assert_eq!(read_the_row(&home.start().await).await, 42);
}
