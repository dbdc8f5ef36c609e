//! An application server's sign of life, and that of the people it serves; read by whoever looks after the fleet.

use crate::database::Client;
use tenfold_core::facts::InstanceState;
use tenfold_core::ids::{InstanceId, SessionId};
use tokio_postgres::Error;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::names::FLEET_CHANNEL;

/// What an application server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Who.
    pub instance: InstanceId,
    /// Where clients reach it; `None` for the login server's own host.
    pub host: Option<String>,
    /// Where clients reach it.
    pub port: u16,
}

/// One heartbeat: renews the lease and what is known of the `seen` sessions, by the database's clock; `notice` is what the provider
/// announces of the machine's end. Answers the
/// server's state, where the log knows it; one that is over renews nothing any more.
pub async fn beat(
    client: &Client,
    lease: &Lease,
    seen: &[SessionId],
    notice: Option<&str>,
) -> Result<Option<InstanceState>, Error> {
    // Rows that a login or a logout holds at this moment are skipped: waiting for them could be a deadlock, the one
    // renews them itself, and the other ends them.
    let sql = include_str!("../../sql/operational/heartbeat.sql");
    let seen: Vec<Uuid> = seen.iter().map(|session| session.0).collect();
    let rows = client
        .query_typed(
            sql,
            &[
                (&lease.instance.0, Type::UUID),
                (&lease.host, Type::TEXT),
                (&i32::from(lease.port), Type::INT4),
                (&seen, Type::UUID_ARRAY),
                (&notice, Type::TEXT),
            ],
        )
        .await?;
    let state: Option<String> = rows.first().map(|row| row.try_get(0)).transpose()?.flatten();
    Ok(state.as_deref().and_then(InstanceState::from_name))
}

/// Wakes whoever looks after the fleet: there is something new to look at.
pub async fn tell_fleet(client: &Client) -> Result<(), Error> {
    client.batch_execute(&format!("notify {FLEET_CHANNEL}")).await
}

/// What this connection writes may be lost with the machine: it is true for a moment only, and nobody waits for the
/// disk. For signs of life and acknowledged positions.
pub async fn write_lightly(client: &Client) -> Result<(), Error> {
    client.batch_execute("set synchronous_commit = off").await
}
