//! Which login servers are on a database, and which of them holds the fleet: advisory locks on a connection that each
//! of them keeps, so that one that dies, however it dies, is out at once.

use std::pin::pin;
use std::time::Duration;

use tenfold_log::database::{Client, Database, DatabaseError};
use tenfold_log::locks::{LEADS, LOGIN_SERVERS, PRESENT};
use tokio::time::timeout;

/// How long joining may take: longer than the lock is waited for, for whoever takes everything down may take its time.
const JOIN: Duration = Duration::from_secs(35);
/// A server that stands still, or whose machine is gone, must not stay a member: its locks are a lease of three seconds, which it renews
/// twice a second while it lives, whatever else it is doing. Nor does one that comes wait for ever for another that stands still on
/// its way out.
const LIVENESS: &str = "set lock_timeout = '30s';
    set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3;
    -- Postgres 13 does not have it.
    select set_config(name, '3s', false) from pg_settings where name = 'idle_session_timeout'";

/// How often the lease is renewed.
const RENEW_EVERY: Duration = Duration::from_millis(500);
/// The lease of whoever finishes its last commands or takes everything down, and asks nothing meanwhile.
const UNHURRIED: &str = "select set_config(name, '30s', false) from pg_settings where name = 'idle_session_timeout'";

/// That this login server is one of those on the database, for as long as its connection lives.
#[derive(Debug)]
pub struct Member {
    client: Client,
    leads: bool,
}

impl Member {
    /// Joins. Where the last of the others is just taking everything down, waits until it has.
    ///
    /// # Errors
    /// The database's.
    pub async fn join(database: &Database) -> Result<Member, DatabaseError> {
        let client = database.connect("membership").await?;
        client.batch_execute(LIVENESS).await?;
        let join = format!("select pg_advisory_lock_shared({LOGIN_SERVERS}, {PRESENT})");
        client.batch_execute_within(JOIN, &join).await?;
        Ok(Member { client, leads: false })
    }

    /// The connection that the membership depends on. Whoever acts for the fleet looks at it through this one: where it is
    /// gone, so is the right to act.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Renews the lease for as long as `work` takes. Whether the connection still works is seen by whoever uses it.
    pub async fn keep_while<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        loop {
            match timeout(RENEW_EVERY, &mut work).await {
                Ok(done) => return done,
                // Not waited for much longer, so that `work` goes on where the database does not answer.
                Err(_) => drop(timeout(RENEW_EVERY, self.client.batch_execute("")).await),
            }
        }
    }

    /// Whether this server holds the fleet; takes it where nobody does.
    ///
    /// # Errors
    /// The database's: this server is no member any more.
    pub async fn leads(&mut self) -> Result<bool, tokio_postgres::Error> {
        if !self.leads {
            self.leads = self.ask("select pg_try_advisory_lock($1, $2)", LEADS).await?;
        }
        Ok(self.leads)
    }

    /// Lets another one hold the fleet: this server is on its way out, and has no time to renew its lease any more.
    ///
    /// # Errors
    /// The database's: this server is no member any more.
    pub async fn resign(&mut self) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute(UNHURRIED).await?;
        if std::mem::take(&mut self.leads) {
            self.ask("select pg_advisory_unlock($1, $2)", LEADS).await?;
        }
        Ok(())
    }

    /// Leaves, and says whether it was the last one. If so, nobody can join until this value is dropped.
    /// Of several that leave at once, exactly one is the last.
    ///
    /// # Errors
    /// The database's: this server is no member any more.
    pub async fn leave(&mut self) -> Result<bool, tokio_postgres::Error> {
        self.client.batch_execute(UNHURRIED).await?;
        self.ask("select pg_advisory_unlock_shared($1, $2)", PRESENT).await?;
        self.ask("select pg_try_advisory_lock($1, $2)", PRESENT).await
    }

    async fn ask(&self, sql: &str, lock: i32) -> Result<bool, tokio_postgres::Error> {
        self.client.query_one(sql, &[&LOGIN_SERVERS, &lock]).await?.try_get(0)
    }
}
