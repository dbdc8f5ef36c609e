//! Delivery: whoever is attached gets every message that is for them, in the log's order, once on each connection.
//!
//! [`attachments`] knows who is attached where and how far they have got, [`pump`] reads the log for them all,
//! [`acknowledgements`] collects how far they have read. What wakes the pump is a bell: the database's notifications ring
//! it, and so does everybody who attaches, syncs or has room again.
//!
//! Where there is a broker, messages take the [`fast_path`]: [`dispatch`] addresses what this server's users wrote, the
//! broker carries it, [`ears`] hear what others' users wrote, and [`held`] keeps that until the log has been read up to its
//! position: the log alone says whose turn it is, and for whom. [`the_log`] is the way for all that the broker does not carry.

pub mod acknowledgements;
pub mod attachments;
pub mod dispatch;
pub mod ears;
pub mod fast_path;
pub mod held;
pub mod pump;
pub mod the_log;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenfold_core::command::Actor;
use tenfold_core::envelope::News;
use tenfold_core::ids::{Position, SessionId};
use tenfold_service::Outbound;
use tokio::sync::{Notify, oneshot};

use acknowledgements::Acknowledgements;
use attachments::Attachments;
use held::Holding;

/// A client's connection to this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub u64);

/// Rung by what stands at known positions, so that nobody need ask how far the log reaches.
#[derive(Debug, Default)]
struct NewsBell {
    rung: Notify,
    farthest: AtomicI64,
}

impl NewsBell {
    fn ring(&self, position: Position) {
        self.farthest.fetch_max(position.0, Ordering::Relaxed);
        self.rung.notify_one();
    }

    fn farthest(&self) -> Position {
        Position(self.farthest.load(Ordering::Relaxed))
    }
}

/// Where connections ask for delivery. Clones are handles to the same.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    attachments: Arc<Mutex<Attachments>>,
    acknowledgements: Arc<Acknowledgements>,
    holding: Arc<Holding>,
    bell: Arc<Notify>,
    news: Arc<NewsBell>,
    asked: Arc<Notify>,
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

    /// Ends when everything up to `to` has been pushed on every connection that is attached now, but those that end before.
    pub async fn all_reach(&self, to: Position) {
        let syncs = self.attachments().sync_all(to);
        self.bell.notify_one();
        for reached in syncs {
            // One that is dropped was detached.
            let _ = reached.await;
        }
    }

    /// Somebody asks whether everything has been pushed.
    pub fn ask(&self) {
        self.asked.notify_one();
    }

    /// Ends when somebody has asked.
    pub async fn is_asked(&self) {
        self.asked.notified().await;
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

    /// These messages are for users of this server, some of whom may have been told already.
    pub fn heard(&self, news: Vec<News>) {
        if self.attachments().is_empty() {
            // Whoever attaches reads the log.
            return;
        }
        if let Some(position) = self.holding.hold(news) {
            self.news.ring(position);
        }
    }

    /// Whoever rings it makes the pump look into the log, up to its head.
    pub fn bell(&self) -> &Arc<Notify> {
        &self.bell
    }

    fn attachments(&self) -> MutexGuard<'_, Attachments> {
        self.attachments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
