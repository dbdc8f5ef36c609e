//! Delivery: whoever is attached gets every message that is for them, in the log's order, once on each connection.
//!
//! [`attachments`] knows who is attached where and how far they have got, [`pump`] reads the log for them all,
//! [`acknowledgements`] collects how far they have read. What wakes the pump is a bell: a [`transport`] rings it, and
//! so does everybody who attaches, syncs or has room again.

pub mod acknowledgements;
pub mod attachments;
pub mod pump;
pub mod transport;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenfold_core::command::Actor;
use tenfold_core::ids::{Position, SessionId};
use tenfold_service::Outbound;
use tokio::sync::{Notify, oneshot};

use acknowledgements::Acknowledgements;
use attachments::Attachments;

/// A client's connection to this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub u64);

/// Where connections ask for delivery. Clones are handles to the same.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    attachments: Arc<Mutex<Attachments>>,
    acknowledgements: Arc<Acknowledgements>,
    bell: Arc<Notify>,
    connections: Arc<AtomicU64>,
}

impl Delivery {
    /// A name for a new connection.
    pub fn new_connection(&self) -> ConnectionId {
        ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed))
    }

    /// From now on the connection gets what is for the actor after `from`.
    pub fn attach(&self, connection: ConnectionId, actor: Actor, from: Position, outbound: Outbound) {
        self.attachments().attach(connection, actor, from, outbound);
        self.bell.notify_one();
    }

    /// The connection is over.
    pub fn detach(&self, connection: ConnectionId) {
        self.attachments().detach(connection);
    }

    /// Is told when everything up to `to` has been pushed on the connection, or dropped when the session is detached
    /// before that. `None` where it is not attached.
    pub fn sync(&self, connection: ConnectionId, session: SessionId, to: Position) -> Option<oneshot::Receiver<()>> {
        let reached = self.attachments().sync(connection, session, to);
        self.bell.notify_one();
        reached
    }

    /// The user has been shown everything up to there.
    pub fn acknowledge(&self, session: SessionId, shown: Position) {
        self.acknowledgements.note(session, shown);
    }

    /// Those that are attached now.
    pub fn attached(&self) -> Vec<SessionId> {
        self.attachments().sessions()
    }

    /// What has been shown and is not yet remembered.
    pub fn acknowledgements(&self) -> &Acknowledgements {
        &self.acknowledgements
    }

    /// Whoever rings it makes the pump look.
    pub fn bell(&self) -> &Arc<Notify> {
        &self.bell
    }

    fn attachments(&self) -> MutexGuard<'_, Attachments> {
        self.attachments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
