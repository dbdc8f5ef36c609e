//! Whether it answers: Postgres takes connections, our password is right, and the database is there.

use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;

use super::address::Address;
use super::connect::{ConnectError, connect};
use super::error::PrivatePostgresError;
use super::layout::Layout;
use super::owner;
use super::process;

/// A Postgres that was found running may be in the middle of its recovery.
const PATIENCE: Duration = Duration::from_secs(120);
const STEP: Duration = Duration::from_millis(50);
/// How often a missing owner is made before it is believed that this does not help.
const TRIES: u32 = 3;

/// Connects once, and makes the database and its owner where they are missing.
pub(super) async fn ensure_answering(address: &Address, layout: &Layout) -> Result<(), PrivatePostgresError> {
    let began = Instant::now();
    let mut tries = 0;
    loop {
        let mut reason = match owner_answers(address).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        // One that an earlier version started has everything, and goes on with it until it is started anew.
        if reason.is_of_missing_owner() && address.socket.is_some() && tries < TRIES {
            tries += 1;
            match owner::make(address).await {
                Ok(()) => continue,
                Err(error) => reason = error,
            }
        }
        let hopeless = !reason.may_pass() || process::postmaster(layout).is_none();
        if hopeless || began.elapsed() > PATIENCE {
            return Err(no_answer(reason.to_string(), layout));
        }
        tokio::time::sleep(STEP).await;
    }
}

/// Whether another client than this one is connected to the database at `url`; true when it runs and does not tell.
pub(super) async fn is_used(url: &str) -> bool {
    const OTHERS: &str =
        "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
    match connect(url).await {
        Ok(client) => client
            .query_one(OTHERS, &[])
            .await
            .map_or(true, |row| row.get::<_, i64>(0) > 0),
        Err(ConnectError::Database(_)) => true,
        Err(ConnectError::Connection(_) | ConnectError::Silent) => false,
    }
}

async fn owner_answers(address: &Address) -> Result<(), ConnectError> {
    let owner = connect(&address.url()).await?;
    if address.socket.is_none() || !owner::is_superuser(&owner).await? {
        return Ok(());
    }
    owner::give_up_superuser(&owner, address).await?;
    Err(ConnectError::Database(SqlState::INVALID_PASSWORD))
}

fn no_answer(reason: String, layout: &Layout) -> PrivatePostgresError {
    PrivatePostgresError::NoAnswer {
        reason,
        log: layout.log(),
    }
}
