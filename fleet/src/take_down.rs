//! The end of the fleet: what the last login server on a database does before it goes, where its fleet ends with it.

use tenfold_core::event::SeatRelease;
use tenfold_core::intent::{InstanceStep, Intent};
use tenfold_log::database::Client;
use tenfold_log::operational::fleet;

use crate::reconcile::Executor;

/// Ends every application server, for `reason`. Sessions live on, without seats until their users come back.
///
/// # Errors
/// The database's; what runs is ended nevertheless.
pub async fn take_down(client: &Client, executor: &Executor, reason: &str) -> Result<(), tokio_postgres::Error> {
    let recorded = record(client, executor, reason).await;
    executor.end_all().await;
    recorded
}

async fn record(client: &Client, executor: &Executor, reason: &str) -> Result<(), tokio_postgres::Error> {
    let living = fleet::observe(client).await?.instances;
    let step = |step: InstanceStep| living.iter().map(move |known| Intent::Instance(known.id, step.clone()));
    // No new users, then no users, then no server.
    executor.record_all(step(InstanceStep::Drain(reason.into()))).await;
    for known in &living {
        let seated = fleet::seated_on(client, known.id).await?;
        let releases = seated.into_iter().map(|seated| Intent::ReleaseSeat {
            actor: seated.actor,
            from: seated.instance,
            reason: SeatRelease::Left,
        });
        executor.record_all(releases).await;
    }
    executor.record_all(step(InstanceStep::Terminated(reason.into()))).await;
    Ok(())
}
