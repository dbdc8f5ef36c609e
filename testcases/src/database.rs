//! A fresh database for each test.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::postgres::{self, Cluster};

/// A database that is dropped with this value.
#[derive(Debug)]
pub struct Database {
    /// How programs reach it.
    pub url: String,
    name: String,
    maintenance: String,
    /// How the test itself reaches it, where that is another way.
    own_way: Option<String>,
    _cluster: Option<Arc<Cluster>>,
}

impl Database {
    /// An empty database on the shared cluster.
    pub fn fresh() -> Self {
        let (maintenance, cluster) = postgres::shared();
        Self::create(maintenance, cluster)
    }

    /// An empty database on `cluster`.
    pub fn fresh_on(cluster: &Arc<Cluster>) -> Self {
        Self::create(cluster.url(), Some(Arc::clone(cluster)))
    }

    /// An empty database on a cluster that lets programs in over TLS alone: they reach it at `authority`, with these `options`.
    pub fn fresh_over_tls(cluster: &Arc<Cluster>, authority: &str, options: &str) -> Self {
        let mut database = Self::create(cluster.socket_url(), Some(Arc::clone(cluster)));
        let url = format!("postgres://{authority}/{}?{options}", database.name);
        database.own_way = Some(std::mem::replace(&mut database.url, url));
        database
    }

    fn create(maintenance: String, cluster: Option<Arc<Cluster>>) -> Self {
        let name = format!("tenfold_test_{}", uuid::Uuid::new_v4().simple());
        execute(&maintenance, &format!("CREATE DATABASE {name}")).expect("a database can be made");
        let (server, _) = maintenance.rsplit_once('/').expect("a URL names a database");
        let url = format!("{server}/{name}");
        Self {
            url,
            name,
            maintenance,
            own_way: None,
            _cluster: cluster,
        }
    }

    /// The same database, which programs reach in another way.
    #[must_use]
    pub fn reached_at(mut self, authority: &str) -> Self {
        self.url = format!("postgres://postgres@{authority}/{}", self.name);
        self
    }

    /// A database that a program has made on the same server as `other`; dropped with this value all the same.
    pub fn named_beside(other: &Database, name: &str) -> Self {
        let (server, _) = other.url.rsplit_once('/').expect("a URL names a database");
        Self {
            url: format!("{server}/{name}"),
            name: name.to_owned(),
            maintenance: other.maintenance.clone(),
            own_way: None,
            _cluster: other._cluster.clone(),
        }
    }

    /// The rows that `sql` answers, as text.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        execute(self.own_way.as_ref().unwrap_or(&self.url), sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Where the cluster is gone the database is too.
        let _ = execute(&self.maintenance, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
        for server in ["login", "app"] {
            let _ = execute(
                &self.maintenance,
                &format!("DROP ROLE IF EXISTS tenfold_{server}_{}", self.name),
            );
        }
    }
}

/// What `sql` answers at `url`, a database that is none of the test's own; `None` where it does not.
pub fn rows_at(url: &str, sql: &str) -> Option<Vec<Vec<Option<String>>>> {
    execute(url, sql).ok()
}

/// Whether a Postgres server answers at `url`.
pub fn answers(url: &str) -> bool {
    execute(url, "SELECT 1").is_ok()
}

pub(crate) fn execute(url: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, tokio_postgres::Error> {
    with_client(url, async |client| {
        let messages = client.simple_query(sql).await?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows
            .map(|row| (0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect())
            .collect())
    })
}

/// Runs `work` on a connection of its own.
fn with_client<T, F>(url: &str, work: impl FnOnce(Client) -> F) -> Result<T, tokio_postgres::Error>
where
    F: Future<Output = Result<T, tokio_postgres::Error>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(async {
        let mut config: tokio_postgres::Config = url.parse()?;
        config.connect_timeout(Duration::from_secs(5));
        let (client, connection) = config.connect(NoTls).await?;
        let driver = tokio::spawn(connection);
        let result = work(client).await;
        driver.abort();
        result
    })
}
