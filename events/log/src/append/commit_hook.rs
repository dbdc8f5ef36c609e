//! What happens after a commit: messages go to a publisher, and the doorbell wakes the servers for everything else.
//!
//! The doorbell is one coalesced `NOTIFY` outside the appending transactions, for a `NOTIFY` inside takes a lock on the whole
//! instance at commit. A wake-up that is lost is made up for by everybody's polling.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenfold_core::event::{Event, SeatRelease};
use tenfold_core::ids::{InstanceId, Position};
use tokio::sync::Notify;
use tokio_postgres::Statement;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::database::{Client, Database, DatabaseError, in_words};

/// Publishes messages to the application servers where their recipients are seated.
pub trait Publish: Send + Sync + 'static {
    /// Takes over the message `event`, which was recorded at `position`, without waiting. `false`: it does not, and the
    /// doorbell is to ring for the recipients.
    fn publish(&self, position: Position, event: &Event) -> bool;
}

/// Takes over what was recorded, without making anybody wait. By default the doorbell rings for everything.
#[derive(Clone, Default)]
pub struct CommitHook {
    /// Wakes servers by `NOTIFY`.
    pub doorbell: Doorbell,
    /// Is asked first about each message; without one the doorbell rings for messages, too.
    pub publisher: Option<Arc<dyn Publish>>,
}

impl CommitHook {
    pub(super) fn committed<'a>(&self, recorded: impl Iterator<Item = (Position, &'a Event)>) {
        let left = recorded.filter(|(position, event)| !self.is_published(*position, event));
        self.doorbell.ring(left.map(|(_, event)| event));
    }

    fn is_published(&self, position: Position, event: &Event) -> bool {
        let publisher = self.publisher.as_ref().filter(|_| event.is_message());
        publisher.is_some_and(|publisher| publisher.publish(position, event))
    }
}

/// Whom to wake next; grows while a notification is under way.
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
            // The server where they sat tells them, and is no longer found by the seat.
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

/// Wakes servers without making anybody wait. Clones are handles to the same; the [`Writer`](super::Writer) that was given
/// one sends its notifications.
#[derive(Clone, Default)]
pub struct Doorbell {
    due: Arc<Mutex<Due>>,
    wake: Arc<Notify>,
}

impl Doorbell {
    /// Rings for whoever these events concern, soon.
    fn ring<'a>(&self, events: impl Iterator<Item = &'a Event>) {
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

    /// Sends the notifications, for as long as it is polled. It connects when the doorbell first rings.
    pub(super) async fn run(self, database: Database) {
        let mut connection: Option<(Client, Statement)> = None;
        loop {
            self.wake.notified().await;
            let due = std::mem::take(&mut *self.due());
            if connection.as_ref().is_none_or(|(client, _)| client.is_closed()) {
                connection = connect(&database)
                    .await
                    .inspect_err(|error| tracing::debug!(%error, "the doorbell cannot connect; servers find what is new by polling"))
                    .ok();
            }
            let Some((client, statement)) = &connection else {
                continue;
            };
            let recipients: Vec<Uuid> = due.recipients.into_iter().collect();
            let instances: Vec<Uuid> = due.instances.into_iter().collect();
            if let Err(error) = client.execute(statement, &[&recipients, &instances, &due.fleet]).await {
                tracing::debug!(error = %in_words(&error), "a notification was lost; servers find what is new by polling");
            }
        }
    }
}

async fn connect(database: &Database) -> Result<(Client, Statement), DatabaseError> {
    let client = database.connect("doorbell").await?;
    // A notification need not survive a crash: who crashes looks at the log anyway.
    client
        .batch_execute("set synchronous_commit = off; set statement_timeout = '5s'")
        .await?;
    let types = [Type::UUID_ARRAY, Type::UUID_ARRAY, Type::BOOL];
    let statement = client
        .prepare_typed(include_str!("../../sql/append/notify.sql"), &types)
        .await?;
    Ok((client, statement))
}
