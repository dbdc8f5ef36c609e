//! A rebuild that is killed at any moment while commands go on: nothing is lost, nothing fails, and the next one does it.
//!
//! A few times in every run; `TENFOLD_REBUILD_KILLS=100` says how often.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::load::Load;
use common::{MASTER_KEY, OwnDatabase};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::RngExt;
use tenfold_log::database::Client;
use tenfold_log::operational::rebuild_tables::tidy_after_a_crash;
use tenfold_log::sealing::MasterKey;
use tenfold_replay::fold::Counter;
use tenfold_replay::state;
use tenfold_replay::verify::verify;

/// So many on one log, which grows all the time.
const AT_ONCE: u32 = 20;

fn kills() -> u32 {
    let wanted = std::env::var("TENFOLD_REBUILD_KILLS").ok();
    wanted.map_or(3, |number| number.parse().expect("TENFOLD_REBUILD_KILLS is a number"))
}

fn rebuild(url: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_tenfold-events"))
        .args(["rebuild", "--database", url])
        .env("TENFOLD_MASTER_KEY", MasterKey::new(MASTER_KEY).reveal())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn ended(child: Child) -> std::process::Output {
    tokio::task::spawn_blocking(|| child.wait_with_output().unwrap())
        .await
        .unwrap()
}

/// How long one takes that is let be. One that was killed just before may still hold its lock, until Postgres notices.
async fn undisturbed(url: &str) -> Duration {
    let give_up = Instant::now() + Duration::from_secs(60);
    loop {
        let begun = Instant::now();
        let output = ended(rebuild(url)).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            return begun.elapsed();
        }
        assert!(said.contains("under way") && Instant::now() < give_up, "{said}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn assert_verified(client: &Client) {
    let verdict = verify(client, &Counter::default()).await.unwrap();
    assert!(verdict.differences.is_empty(), "{:#?}", verdict.differences.sentences());
    assert_eq!(verdict.log, verdict.live);
}

async fn schemas_left(client: &Client) -> i64 {
    let select = "select count(*) from pg_namespace where nspname in ('tenfold_rebuild', 'tenfold_retired')";
    client.query_one(select, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_killed_at_any_moment_under_load_loses_nothing_and_fails_no_command() {
    let mut left = kills();
    while left > 0 {
        let now = left.min(AT_ONCE);
        kill_some(now).await;
        left -= now;
    }
}

async fn kill_some(kills: u32) {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    let load = Load::start(&own.database, 2).await;
    load.goes_on(200).await;
    let mut usual = undisturbed(&own.url).await;
    let (mut killed, mut left_something) = (0, 0);
    // One that is done before the signal comes was not killed, nor one that found the lock still held.
    for round in 1.. {
        if killed == kills {
            break;
        }
        let child = rebuild(&own.url);
        let after = usual.mul_f64(rand::rng().random_range(0.05..1.05));
        tokio::time::sleep(after).await;
        kill(Pid::from_raw(child.id() as i32), Signal::SIGKILL).unwrap();
        killed += u32::from(ended(child).await.status.signal() == Some(Signal::SIGKILL as i32));
        left_something += u32::from(schemas_left(&client).await > 0);
        assert_verified(&client).await;
        load.goes_on(20).await;
        if round % 5 == 0 {
            // The log has grown meanwhile, and with it what a rebuild takes.
            usual = undisturbed(&own.url).await;
            assert_verified(&client).await;
        }
    }
    let commands = load.happened();
    load.end().await;
    println!("{killed} were killed, {left_something} of them left something; {commands} commands");
    let give_up = Instant::now() + Duration::from_secs(30);
    while schemas_left(&client).await > 0 {
        assert!(Instant::now() < give_up, "what was left cannot be removed");
        tidy_after_a_crash(&client).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_verified(&client).await;
    let now = state::now(&client).await.unwrap();
    assert_eq!(state::at(&client, now.position).await.unwrap(), now);
}
