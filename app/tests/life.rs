//! How a server lives: its signs of life, and its ends.

#![allow(clippy::unwrap_used)] // a test panics where it fails

mod common;

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::House;
use serde_json::Value;
use tenfold_app::heartbeat::EndedError;
use tenfold_app::server::ServerError;
use tenfold_core::ids::InstanceId;
use tenfold_core::intent::{InstanceStep, Intent};
use uuid::Uuid;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tenfold-app");

#[tokio::test]
async fn heartbeats_renew_the_lease_and_the_presence_of_those_who_are_here() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (here, away, mut client) = (
        house.user("here").await,
        house.user("away").await,
        server.client().await,
    );
    house
        .until(
            &format!(
                "select port from instance_lease where instance_id = '{}'",
                server.instance
            ),
            &server.port.to_string(),
        )
        .await;
    client.attach(&here).await;
    let admin = house.database.connect("test").await.unwrap();
    admin
        .batch_execute(
            "update presence set last_seen = now() - interval '1 hour';
             update instance_lease set heartbeat_at = now() - interval '1 hour'",
        )
        .await
        .unwrap();
    let is_fresh = |session| {
        format!("select last_seen > now() - interval '1 minute' from presence where session_id = '{session}'")
    };
    house.until(&is_fresh(here.actor.session), "true").await;
    house
        .until(
            "select heartbeat_at > now() - interval '1 minute' from instance_lease",
            "true",
        )
        .await;
    house.until(&is_fresh(away.actor.session), "false").await;
    client.ask(&format!("list-friend {}", away.token)).await;
    house.until(&is_fresh(away.actor.session), "true").await;
}

#[tokio::test]
async fn a_server_that_was_declared_lost_ends_and_one_that_is_over_does_not_start() {
    let house = House::new().await;
    let server = house.server(10).await;
    let mut client = server.client().await;
    client.ask("hello").await;
    house
        .happen(Intent::Instance(server.instance, InstanceStep::Lost("test".into())))
        .await;
    let ended = server.task.await.unwrap();
    assert!(
        matches!(ended, Err(ServerError::Ended(EndedError::Declared(_)))),
        "{ended:?}"
    );
    assert_eq!(client.next().await, Value::Null);
    let again = house.start(server.instance).await.err().unwrap();
    assert!(again.to_string().contains("lost"), "{again}");
}

#[tokio::test]
async fn a_lost_connection_to_the_database_is_made_again() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (alice, mut client) = (house.user("alice").await, server.client().await);
    client.attach(&alice).await;
    let admin = house.database.connect("test").await.unwrap();
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()";
    admin.query_one(cut, &[]).await.unwrap();
    assert_eq!(
        client.says(&format!("create-group {} g", alice.token)).await,
        "Success!"
    );
    client.says(&format!("send-group {} g hello", alice.token)).await;
    assert_eq!(client.next().await["message"], "hello");
    admin
        .batch_execute("update instance_lease set heartbeat_at = now() - interval '1 hour'")
        .await
        .unwrap();
    house
        .until(
            "select heartbeat_at > now() - interval '1 minute' from instance_lease",
            "true",
        )
        .await;
}

#[tokio::test]
async fn the_program_serves_and_ends_fast_when_asked() {
    let house = House::new().await;
    let instance = InstanceId(Uuid::now_v7());
    house
        .happen(Intent::RequestInstance {
            instance,
            seats: 10,
            reason: String::new(),
        })
        .await;
    let mut program = Command::new(PROGRAM)
        .args(["--instance", &instance.to_string(), "--advertise-host", "app.example"])
        .env("TENFOLD_DATABASE", &house.url)
        .env("TENFOLD_MASTER_KEY", "07".repeat(32))
        .spawn()
        .unwrap();
    house
        .until(
            &format!("select host from instance_lease where instance_id = '{instance}'"),
            "app.example",
        )
        .await;
    let asked = Instant::now();
    let killed = Command::new("kill").arg(program.id().to_string()).status().unwrap();
    assert!(killed.success());
    let status = tokio::task::spawn_blocking(move || program.wait())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

#[test]
fn what_is_wrong_at_the_start_is_one_sentence_and_status_2() {
    let id = Uuid::nil().to_string();
    for (arguments, url, advice) in [
        (vec!["--instance", &id], None, "set TENFOLD_DATABASE"),
        (vec!["--instance", &id], Some("nonsense"), "postgres://"),
        (
            vec!["--instance", &id],
            Some("postgres://nobody@127.0.0.1:1/x"),
            "master.key",
        ),
        (
            vec!["--instance", &id],
            Some("postgres://nobody@127.0.0.1:1/x"),
            "start it",
        ),
        (
            vec!["--instance", &id, "--listen", "198.51.100.7:0"],
            Some("postgres://nobody@127.0.0.1:1/x"),
            "no address of this machine",
        ),
        (
            vec!["--instance", &id, "--log", "=,="],
            Some("postgres://nobody@127.0.0.1:1/x"),
            "give a level",
        ),
    ] {
        let mut command = Command::new(PROGRAM);
        command
            .args(&arguments)
            .env_remove("DATABASE_URL")
            .env_remove("TENFOLD_DATABASE");
        if let Some(url) = url {
            command.env("DATABASE_URL", url);
        }
        match advice {
            "master.key" => command.env_remove("TENFOLD_MASTER_KEY"),
            _ => command.env("TENFOLD_MASTER_KEY", "07".repeat(32)),
        };
        let mut program = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        program.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(program.wait().unwrap().code(), Some(2), "{said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        assert!(said.starts_with("tenfold-app: ") && said.contains(advice), "{said}");
    }
}
