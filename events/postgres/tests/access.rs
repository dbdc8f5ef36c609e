//! Who comes into the private Postgres, and with what rights.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{Home, connect, one_number, one_text, read_the_row};
use nix::unistd::{User, geteuid};

#[tokio::test]
async fn nobody_else_of_this_machine_comes_near_it() {
    let home = Home::new();
    let postgres = home.start().await;
    let run = home.postgres().join("run");
    assert_eq!(
        fs::metadata(&run).expect("it is there").permissions().mode() & 0o777,
        0o700
    );
    let config: tokio_postgres::Config = postgres.url().parse().expect("a URL");
    assert_eq!(config.get_hosts(), [tokio_postgres::config::Host::Unix(run)]);
    let addresses = one_text(&connect(&postgres).await, "select current_setting('listen_addresses')").await;
    assert_eq!(addresses, "", "it listens on no port");
}

#[tokio::test]
async fn whoever_has_the_url_is_no_superuser_and_reads_no_file() {
    let home = Home::new();
    let client = connect(&home.start().await).await;
    for forbidden in [
        "select pg_read_file('/etc/hostname')",
        "copy (select 1) to program 'true'",
        "create temp table t (line text); copy t from '/etc/hostname'",
        "create role other superuser",
        "set role postgres",
    ] {
        assert!(client.batch_execute(forbidden).await.is_err(), "{forbidden}");
    }
    for needed in [
        "create database other",
        "create role other login",
        "drop database other",
        "drop role other",
    ] {
        client.batch_execute(needed).await.expect(needed);
    }
}

/// As earlier versions made it: the role that everybody connected as was the superuser, and owned everything.
fn data_of_an_earlier_version(home: &Home) {
    let folder = home.postgres();
    fs::create_dir_all(folder.join("log")).expect("we may write there");
    fs::write(
        folder.join("url"),
        "postgres://tenfold:secret@127.0.0.1:16000/tenfold\n",
    )
    .expect("we may write there");
    fs::write(folder.join("password"), "secret\n").expect("we may write there");
    if let Some(user) = User::from_name("postgres")
        .expect("users can be looked up")
        .filter(|_| geteuid().is_root())
    {
        for path in [home.path(), folder.clone(), folder.join("log"), folder.join("password")] {
            chown(&path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).expect("root may");
        }
    }
    let made = as_postgres(
        "initdb",
        &folder,
        &[
            "-U",
            "tenfold",
            "--pwfile=password",
            "-A",
            "scram-sha-256",
            "-D",
            "data",
        ],
        "",
    );
    assert!(made.status.success(), "{made:?}");
    for (database, statements) in [
        ("postgres", "create database tenfold\ncreate database other\n"),
        (
            "tenfold",
            "create table kept (number bigserial)\ninsert into kept values (42)\ncreate schema apart\n\
             create view apart.seen as select * from kept\n\
             create function apart.two() returns int language sql as 'select 2'\n",
        ),
        ("other", "create table kept (number bigint)\n"),
    ] {
        let made = as_postgres("postgres", &folder, &["--single", "-D", "data", database], statements);
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success() && !said.contains("ERROR"), "{said:?}");
    }
}

fn as_postgres(program: &str, folder: &Path, arguments: &[&str], input: &str) -> Output {
    use std::io::Write;
    use std::os::unix::process::CommandExt;
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let programs = installed.map(|version| version.path().join("bin").join(program));
    let program = programs
        .filter(|program| program.exists())
        .max()
        .unwrap_or(program.into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("LC_ALL", "C");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(user) = User::from_name("postgres")
        .expect("users can be looked up")
        .filter(|_| geteuid().is_root())
    {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    let mut child = command.spawn().expect("it can be run");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

#[tokio::test]
async fn the_owner_of_data_of_an_earlier_version_is_no_superuser_any_more() {
    let home = Home::new();
    data_of_an_earlier_version(&home);
    let postgres = home.start().await;
    let client = connect(&postgres).await;
    assert_eq!(read_the_row(&postgres).await, 42);
    let superuser = "select count(*) from pg_roles where rolname = current_user and rolsuper";
    assert_eq!(one_number(&client, superuser).await, 0);
    client
        .batch_execute(
            "insert into kept default values; alter table kept add column more text; drop view apart.seen;
             drop function apart.two(); drop schema apart; drop table kept",
        )
        .await
        .expect("everything is the owner's");
    client.batch_execute("drop database other").await.expect("that, too");
    postgres.stop().await.expect("it stops");
    let again = home.start().await;
    assert_eq!(again.url(), postgres.url());
}
