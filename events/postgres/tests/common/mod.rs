//! What the tests of the private Postgres share: a home of their own.

#![allow(dead_code)] // each test program uses a part of it

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tenfold_postgres::PrivatePostgres;
use tokio_postgres::{Client, NoTls};

/// A home that any user can get at, whose Postgres ends with it.
pub struct Home {
    pub folder: TempDir,
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        Self { folder }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn postgres(&self) -> PathBuf {
        self.path().join("postgres")
    }

    pub async fn start(&self) -> PrivatePostgres {
        PrivatePostgres::ensure_running(&self.path()).await.expect("it starts")
    }

    pub fn postmaster(&self) -> Pid {
        postmaster_in(&self.postgres().join("data"))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let pointer = fs::read_to_string(self.postgres().join("data-is-in")).ok();
        let cluster = pointer
            .as_deref()
            .map_or_else(|| self.postgres(), |text| PathBuf::from(text.trim()));
        let file = fs::read_to_string(cluster.join("data/postmaster.pid"));
        if let Some(pid) = file.ok().and_then(|text| text.lines().next()?.parse().ok()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGQUIT);
            wait_until_gone(Pid::from_raw(pid));
        }
        if pointer.is_some() {
            let _ = fs::remove_dir_all(cluster);
        }
    }
}

pub fn postmaster_in(data: &Path) -> Pid {
    let text = fs::read_to_string(data.join("postmaster.pid")).expect("it runs");
    Pid::from_raw(
        text.lines()
            .next()
            .and_then(|line| line.parse().ok())
            .expect("a process number"),
    )
}

/// Gone, or a corpse that nobody buries (some containers have nobody who does).
pub fn wait_until_gone(pid: Pid) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let lives = || fs::read(format!("/proc/{pid}/cmdline")).map_or(kill(pid, None).is_ok(), |line| !line.is_empty());
    while lives() && std::time::Instant::now() < deadline {
        std::thread::yield_now();
    }
}

pub async fn connect(postgres: &PrivatePostgres) -> Client {
    let (client, connection) = tokio_postgres::connect(postgres.url(), NoTls)
        .await
        .expect("it answers");
    tokio::spawn(connection);
    client
}

pub async fn one_number(client: &Client, statement: &str) -> i64 {
    client.query_one(statement, &[]).await.expect("it answers").get(0)
}

pub async fn one_text(client: &Client, statement: &str) -> String {
    client.query_one(statement, &[]).await.expect("it answers").get(0)
}

pub async fn write_a_row(postgres: &PrivatePostgres) {
    let client = connect(postgres).await;
    client
        .batch_execute("create table kept (number bigint); insert into kept values (42)")
        .await
        .expect("it writes");
}

pub async fn read_the_row(postgres: &PrivatePostgres) -> i64 {
    one_number(&connect(postgres).await, "select number from kept").await
}
