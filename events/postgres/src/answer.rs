//! Whether it answers: Postgres takes connections, our password is right, and the database is there.

use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use super::address::{Address, NAME};
use super::error::PrivatePostgresError;
use super::layout::Layout;
use super::process;

/// A Postgres that was found running may be in the middle of its recovery.
const PATIENCE: Duration = Duration::from_secs(120);
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(50);

/// Connects once, and makes the database where it is missing.
pub(super) async fn ensure_answering(address: &Address, layout: &Layout) -> Result<(), PrivatePostgresError> {
    let began = Instant::now();
    loop {
        let reason = match connect(&address.url()).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let missing = matches!(&reason, ConnectError::Database(code) if *code == SqlState::INVALID_CATALOG_NAME);
        if missing {
            create_database(address, layout).await?;
            continue;
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

async fn create_database(address: &Address, layout: &Layout) -> Result<(), PrivatePostgresError> {
    let url = address.url();
    let maintenance = url.strip_suffix(NAME).unwrap_or(&url).to_owned() + "postgres";
    let client = connect(&maintenance)
        .await
        .map_err(|error| no_answer(error.to_string(), layout))?;
    match client.batch_execute(&format!("create database {NAME}")).await {
        Err(error) if error.code() != Some(&SqlState::DUPLICATE_DATABASE) => Err(no_answer(error.to_string(), layout)),
        _ => Ok(()),
    }
}

fn no_answer(reason: String, layout: &Layout) -> PrivatePostgresError {
    PrivatePostgresError::NoAnswer {
        reason,
        log: layout.log(),
    }
}

#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error("it answered with error {}", .0.code())]
    Database(SqlState),
    #[error("{0}")]
    Connection(tokio_postgres::Error),
    #[error("no answer within {} seconds", CONNECT_PATIENCE.as_secs())]
    Silent,
}

impl ConnectError {
    /// It may be starting up, stopping, or full for a moment.
    fn may_pass(&self) -> bool {
        match self {
            Self::Database(code) => [SqlState::CANNOT_CONNECT_NOW, SqlState::TOO_MANY_CONNECTIONS].contains(code),
            Self::Connection(_) | Self::Silent => true,
        }
    }
}

async fn connect(url: &str) -> Result<Client, ConnectError> {
    let mut config: Config = url.parse().map_err(ConnectError::Connection)?;
    config.application_name(format!("tenfold-postgres/check/{}", std::process::id()));
    let connecting = tokio::time::timeout(CONNECT_PATIENCE, config.connect(NoTls));
    let connected = connecting.await.map_err(|_| ConnectError::Silent)?;
    let (client, connection) = connected.map_err(|error| match error.code() {
        Some(code) => ConnectError::Database(code.clone()),
        None => ConnectError::Connection(error),
    })?;
    // It ends with the client.
    tokio::spawn(connection);
    Ok(client)
}
