//! Who has something to be told is woken: by one coalesced `NOTIFY` outside the appending transactions, for a `NOTIFY`
//! inside takes a lock on the whole instance at commit. A ring that is lost is made up for by everybody's polling.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenfold_core::event::{Event, SeatRelease};
use tenfold_core::ids::InstanceId;
use tokio::sync::Notify;
use tokio_postgres::Statement;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::database::{Client, Database, DatabaseError, in_words};

/// Rung when sessions, seats or instances have changed.
pub const FLEET_CHANNEL: &str = "tenfold_fleet";

/// Rung when a user of that application server has something to be told.
pub fn instance_channel(instance: InstanceId) -> String {
    format!("tenfold_i_{}", instance.0.simple())
}

/// What is to be rung next; grows while a ring is under way.
#[derive(Default)]
struct Due {
    recipients: BTreeSet<Uuid>,
    instances: BTreeSet<Uuid>,
    fleet: bool,
}

impl Due {
    fn add(&mut self, event: &Event) {
        self.recipients.extend(event.recipient());
        match event {
            // Who sat there is told by the server where they sat, and is no longer found by the seat.
            Event::SeatReleased {
                instance,
                reason: SeatRelease::Moved | SeatRelease::Ended,
                ..
            } => {
                self.instances.insert(instance.0);
                self.fleet = true;
            }
            Event::SessionStarted { .. }
            | Event::SessionEnded { .. }
            | Event::SeatTaken { .. }
            | Event::SeatReleased { .. }
            | Event::InstanceRequested { .. }
            | Event::InstanceLaunched { .. }
            | Event::InstanceReady { .. }
            | Event::InstanceDraining { .. }
            | Event::InstanceTerminated { .. }
            | Event::InstanceLost { .. } => self.fleet = true,
            _ => {}
        }
    }

    fn is_empty(&self) -> bool {
        self.recipients.is_empty() && self.instances.is_empty() && !self.fleet
    }
}

/// Rings without making anybody wait. Clones are handles to the same; the [`Writer`](super::Writer) that was given one
/// carries its rings out.
#[derive(Clone, Default)]
pub struct Doorbell {
    due: Arc<Mutex<Due>>,
    wake: Arc<Notify>,
}

impl Doorbell {
    /// Rings for whoever these events concern, soon.
    pub(super) fn ring<'a>(&self, events: impl Iterator<Item = &'a Event>) {
        let mut due = self.due();
        events.for_each(|event| due.add(event));
        if !due.is_empty() {
            self.wake.notify_one();
        }
    }

    /// Rings for that application server, soon.
    pub fn ring_server(&self, server: InstanceId) {
        self.due().instances.insert(server.0);
        self.wake.notify_one();
    }

    fn due(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries the rings out, for as long as it is polled. Its connection comes about with the first ring.
    pub(super) async fn run(self, database: Database, role: &'static str) {
        let mut bell: Option<(Client, Statement)> = None;
        loop {
            self.wake.notified().await;
            let due = std::mem::take(&mut *self.due());
            if bell.as_ref().is_none_or(|(client, _)| client.is_closed()) {
                bell = connect(&database, role)
                    .await
                    .inspect_err(|error| tracing::debug!(%error, "no doorbell"))
                    .ok();
            }
            let Some((client, statement)) = &bell else { continue };
            let recipients: Vec<Uuid> = due.recipients.into_iter().collect();
            let instances: Vec<Uuid> = due.instances.into_iter().collect();
            if let Err(error) = client.execute(statement, &[&recipients, &instances, &due.fleet]).await {
                tracing::debug!(error = %in_words(&error), "a ring was lost");
            }
        }
    }
}

async fn connect(database: &Database, role: &str) -> Result<(Client, Statement), DatabaseError> {
    let client = database.connect(&format!("{role} doorbell")).await?;
    // A ring need not survive a crash: who crashes looks at the log anyway.
    client
        .batch_execute("set synchronous_commit = off; set statement_timeout = '5s'")
        .await?;
    let types = [Type::UUID_ARRAY, Type::UUID_ARRAY, Type::BOOL];
    let statement = client
        .prepare_typed(include_str!("../../sql/append/ring.sql"), &types)
        .await?;
    Ok((client, statement))
}
