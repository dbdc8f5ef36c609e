//! A database of the test's own, and what stands beside the code under test.

#![allow(clippy::unwrap_used, dead_code)] // a test panics where it fails; not each file needs everything

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tenfold_core::command::{Actor, NewAccount, OpenSession};
use tenfold_core::ids::{AccountId, InstanceId, SessionId};
use tenfold_core::intent::Intent;
use tenfold_fleet::plan::ProviderRef;
use tenfold_fleet::provider::{Machine, Provider, ProviderError};
use tenfold_log::append::{Outcome, Submission, Writer};
use tenfold_log::database::{Client, Database};
use tenfold_log::sealing::MasterKey;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// How long anything may take that should happen soon.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A database with Tenfold's tables.
pub struct House {
    pub database: Database,
    pub client: Client,
    pub writer: Writer,
    fresh: Option<tenfold_testcases::database::Database>,
}

impl House {
    pub async fn new() -> House {
        // The harness waits in its own way, which a runtime's thread must not.
        let fresh = std::thread::spawn(tenfold_testcases::database::Database::fresh)
            .join()
            .unwrap();
        let database = Database::parse(&fresh.url)
            .unwrap()
            .with_master_key(MasterKey::new([7; 32]));
        database.migrate().await.unwrap();
        House {
            client: database.connect("test").await.unwrap(),
            writer: Writer::start(database.clone()).await.unwrap(),
            database,
            fresh: Some(fresh),
        }
    }

    /// Has an intent decided.
    pub async fn submit(&self, intent: Intent) -> Outcome {
        self.writer.submit(Submission::new(intent)).await.unwrap()
    }

    pub async fn happen(&self, intent: Intent) {
        let outcome = self.submit(intent.clone()).await;
        assert!(matches!(outcome, Outcome::Happened { .. }), "{intent:?}: {outcome:?}");
    }

    pub async fn register(&self, name: &str) -> Actor {
        let account = AccountId(Uuid::now_v7());
        self.happen(Intent::Register(NewAccount {
            account,
            name: name.into(),
        }))
        .await;
        Actor {
            session: SessionId(Uuid::now_v7()),
            account,
            name: name.into(),
        }
    }

    /// Tries to open the actor's session.
    pub async fn log_in(&self, actor: &Actor) -> Outcome {
        self.submit(Intent::OpenSession(OpenSession {
            account: actor.account,
            name: actor.name.clone(),
            session: actor.session,
        }))
        .await
    }

    /// One number of a query's.
    pub async fn count(&self, sql: &str) -> i64 {
        self.client.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// An application server says that it lives.
    pub async fn beat(&self, instance: InstanceId, port: i32) {
        let sql = "insert into instance_lease (instance_id, port) values ($1, $2)
                   on conflict (instance_id) do update set heartbeat_at = clock_timestamp()";
        self.client.execute(sql, &[&instance.0, &port]).await.unwrap();
        self.client
            .execute("select pg_notify('tenfold_fleet', '')", &[])
            .await
            .unwrap();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let fresh = self.fresh.take();
        let _ = std::thread::spawn(move || drop(fresh)).join();
    }
}

/// Waits until `look` sees something.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// A provider that keeps a list and runs nothing.
#[derive(Clone, Default)]
pub struct Pretended {
    pub running: Arc<Mutex<BTreeMap<InstanceId, ProviderRef>>>,
    /// Launches fail while this is set.
    pub broken: Arc<Mutex<bool>>,
}

impl Pretended {
    pub fn instances(&self) -> Vec<InstanceId> {
        self.running.lock().unwrap().keys().copied().collect()
    }
}

impl Provider for Pretended {
    fn launch(&self, instance: InstanceId) -> BoxFuture<'_, Result<ProviderRef, ProviderError>> {
        Box::pin(async move {
            if *self.broken.lock().unwrap() {
                return Err(ProviderError::other("out of order"));
            }
            let reference = ProviderRef(format!("machine of {instance}"));
            self.running.lock().unwrap().insert(instance, reference.clone());
            Ok(reference)
        })
    }

    fn terminate<'a>(&'a self, reference: &'a ProviderRef) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            self.running.lock().unwrap().retain(|_, running| running != reference);
            Ok(())
        })
    }

    fn outlives_login_servers(&self) -> bool {
        false
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Machine>, ProviderError>> {
        let running = self.running.lock().unwrap().clone();
        let machines = running
            .into_iter()
            .map(|(instance, reference)| Machine { instance, reference });
        let machines = machines.collect();
        Box::pin(async move { Ok(machines) })
    }
}
