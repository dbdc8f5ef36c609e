//! A database of its own for each test, on the Postgres that the test run started.
#![allow(clippy::unwrap_used, dead_code)] // a test that cannot go on fails; no test uses all of it

pub mod service;

use tenfold_log::database::Database;
use tenfold_log::sealing::MasterKey;

/// The master key of all tests.
pub const MASTER_KEY: [u8; 32] = [7; 32];

/// A database that is dropped at the end of the test.
pub struct OwnDatabase {
    /// The database.
    pub database: Database,
    /// Its URL.
    pub url: String,
    name: String,
    server: String,
}

impl OwnDatabase {
    /// A fresh database with Tenfold's tables.
    pub async fn new() -> OwnDatabase {
        let own = OwnDatabase::empty().await;
        own.database.migrate().await.expect("a fresh database takes the tables");
        own
    }

    /// A fresh database without tables.
    pub async fn empty() -> OwnDatabase {
        let server = std::env::var("TENFOLD_TEST_POSTGRES")
            .expect("TENFOLD_TEST_POSTGRES names the Postgres to test on; bin/test starts one");
        let name = format!("events_{}", uuid::Uuid::new_v4().simple());
        let admin = Database::parse(&server).unwrap().connect("test").await.unwrap();
        admin.batch_execute(&format!("create database {name}")).await.unwrap();
        let url = at(&server, &name);
        OwnDatabase {
            database: Database::parse(&url)
                .unwrap()
                .with_master_key(MasterKey::new(MASTER_KEY)),
            url,
            name,
            server,
        }
    }
}

/// The server's URL with another database.
fn at(server: &str, name: &str) -> String {
    match server.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split('/').next().unwrap_or(rest);
            format!("{scheme}://{authority}/{name}")
        }
        None => format!("{server} dbname={name}"),
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A runtime of its own: the test's may be ending.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                if let Ok(admin) = Database::parse(&server).unwrap().connect("test").await {
                    let _ = admin
                        .batch_execute(&format!("drop database if exists {name} with (force)"))
                        .await;
                }
            });
        });
        let _ = dropping.join();
    }
}
