//! Which sessions are attached to which connections, and how far each has got. Without I/O: it is given what the log holds
//! and queues lines.

use std::collections::HashMap;
use std::sync::Arc;

use tenfold_core::command::Actor;
use tenfold_core::ids::{Position, SessionId};
use tenfold_service::{Outbound, span};
use tokio::sync::{Notify, oneshot};

/// A client's connection to this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub u64);

/// All attachments of this server.
#[derive(Debug, Default)]
pub struct Attachments {
    sessions: HashMap<SessionId, Attached>,
}

/// A session and its connections: each of them gets everything.
#[derive(Debug)]
struct Attached {
    actor: Actor,
    connections: Vec<Attachment>,
}

/// One session on one connection.
#[derive(Debug)]
struct Attachment {
    connection: ConnectionId,
    outbound: Outbound,
    /// Everything up to here was pushed, or was not for this session.
    cursor: Position,
    /// The last that was pushed on this connection.
    pushed: Position,
    syncs: Vec<Sync>,
}

/// A request that waits until the cursor is there.
#[derive(Debug)]
struct Sync {
    to: Position,
    reached: oneshot::Sender<()>,
}

/// Something for a session, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionUpdate {
    /// For whom.
    pub session: SessionId,
    /// Its position in the log.
    pub position: Position,
    /// What it is.
    pub update: Update,
}

/// What a session gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// A push, and others may follow.
    Push(String),
    /// The last push: the session is no longer served here.
    Last(String),
    /// The session is no longer served here, and nobody knows where: its client must find out.
    Vanished,
}

/// What the log has for those who were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// What each session was asked for: what is for it after that.
    pub asked: HashMap<SessionId, Position>,
    /// How far the log is complete.
    pub high_water_mark: Position,
    /// Each session's in ascending order.
    pub updates: Vec<SessionUpdate>,
    /// The sessions that may have more up to there, and how far they were read.
    pub unfinished: HashMap<SessionId, Position>,
}

impl Attachments {
    /// Attaches a session to a connection, after `from`. Where it is attached to it already, what was pushed once is
    /// not pushed again.
    pub fn attach(&mut self, connection: ConnectionId, actor: Actor, from: Position, outbound: Outbound) {
        let attached = self.sessions.entry(actor.session).or_insert_with(|| Attached {
            actor,
            connections: Vec::new(),
        });
        match attached.of(connection) {
            Some(attachment) => attachment.cursor = from.max(attachment.pushed),
            None => attached.connections.push(Attachment {
                connection,
                outbound,
                cursor: from,
                pushed: Position::START,
                syncs: Vec::new(),
            }),
        }
    }

    /// Whether any session is attached to the connection.
    pub fn is_attached(&self, connection: ConnectionId) -> bool {
        let mut attachments = self.sessions.values().flat_map(|attached| &attached.connections);
        attachments.any(|attachment| attachment.connection == connection)
    }

    /// How many connections the session is attached to, this one left out.
    pub fn others_of(&self, session: SessionId, connection: ConnectionId) -> usize {
        let attached = self.sessions.get(&session).into_iter();
        let attachments = attached.flat_map(|attached| &attached.connections);
        attachments
            .filter(|attachment| attachment.connection != connection)
            .count()
    }

    /// The connection is over.
    pub fn detach(&mut self, connection: ConnectionId) {
        self.sessions.retain(|_, attached| {
            attached
                .connections
                .retain(|attachment| attachment.connection != connection);
            !attached.connections.is_empty()
        });
    }

    /// Notified when the connection has got everything for the session up to `to`, and dropped when it is
    /// detached first. `None` where it is not attached.
    pub fn sync(
        &mut self,
        connection: ConnectionId,
        session: SessionId,
        to: Position,
    ) -> Option<oneshot::Receiver<()>> {
        let attachment = self.sessions.get_mut(&session)?.of(connection)?;
        Some(attachment.sync(to))
    }

    /// As [`sync`](Self::sync), for every session on every connection.
    pub fn sync_all(&mut self, to: Position) -> Vec<oneshot::Receiver<()>> {
        let attachments = self
            .sessions
            .values_mut()
            .flat_map(|attached| &mut attached.connections);
        let sync = |attachment: &mut Attachment| attachment.sync(to);
        attachments.map(sync).collect()
    }

    /// The sessions that are attached.
    pub fn sessions(&self) -> Vec<SessionId> {
        self.sessions.keys().copied().collect()
    }

    /// Whether nobody is attached.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// The farthest position that a sync waits for.
    pub fn awaited(&mut self) -> Position {
        let attachments = self
            .sessions
            .values_mut()
            .flat_map(|attached| &mut attached.connections);
        attachments.map(Attachment::awaited).max().unwrap_or_default()
    }

    /// What to ask the log for: every session from where the farthest behind of its connections is, those left out
    /// whose client does not read. Such a connection notifies `wake_up` when it has room again.
    pub fn cursors(&self, wake_up: &Arc<Notify>) -> Vec<(Actor, Position)> {
        let cursor = |attached: &Attached| {
            let behind = attached
                .connections
                .iter()
                .filter(|attachment| attachment.has_room(wake_up));
            let cursor = behind.map(|attachment| attachment.cursor).min()?;
            Some((attached.actor.clone(), cursor))
        };
        self.sessions.values().filter_map(cursor).collect()
    }

    /// Pushes what a round brought to those whom it has everything for.
    pub fn apply(&mut self, round: &Round) {
        let mut updates: HashMap<SessionId, Vec<&SessionUpdate>> = HashMap::new();
        for item in &round.updates {
            updates.entry(item.session).or_default().push(item);
        }
        for (session, asked) in &round.asked {
            let Some(attached) = self.sessions.get_mut(session) else {
                continue;
            };
            let read_to = round.unfinished.get(session).copied().unwrap_or(round.high_water_mark);
            let updates = updates.get(session).map_or(&[][..], Vec::as_slice);
            // Without updates nothing is logged, and a span costs something.
            let _logged_under = (!updates.is_empty()).then(|| span::session(*session).entered());
            // Whoever is behind what was asked for (attached, or found to have room, meanwhile) is for the next round.
            attached
                .connections
                .retain_mut(|attachment| attachment.cursor < *asked || attachment.advance(updates, read_to));
        }
        self.sessions.retain(|_, attached| !attached.connections.is_empty());
    }
}

impl Attached {
    fn of(&mut self, connection: ConnectionId) -> Option<&mut Attachment> {
        self.connections
            .iter_mut()
            .find(|attachment| attachment.connection == connection)
    }
}

impl Attachment {
    fn has_room(&self, wake_up: &Arc<Notify>) -> bool {
        let has_room = self.outbound.has_room();
        if !has_room {
            self.outbound.notify_when_room(wake_up);
        }
        has_room
    }

    fn sync(&mut self, to: Position) -> oneshot::Receiver<()> {
        let (reached, receiver) = oneshot::channel();
        self.syncs.push(Sync { to, reached });
        self.complete_syncs();
        receiver
    }

    fn awaited(&mut self) -> Position {
        self.syncs.retain(|sync| !sync.reached.is_closed());
        self.syncs.iter().map(|sync| sync.to).max().unwrap_or_default()
    }

    /// Whether it stays attached.
    fn advance(&mut self, updates: &[&SessionUpdate], read_to: Position) -> bool {
        for item in updates {
            if item.position <= self.cursor {
                continue;
            }
            match &item.update {
                Update::Push(line) => {
                    if self.outbound.push(line).is_err() {
                        self.complete_syncs();
                        return true;
                    }
                    tracing::debug!(position = %item.position, connection = self.connection.0, "pushed");
                }
                Update::Last(line) => self.outbound.send(line),
                Update::Vanished => self.outbound.close(),
            }
            (self.cursor, self.pushed) = (item.position, item.position);
            if !matches!(item.update, Update::Push(_)) {
                self.complete_syncs();
                return false;
            }
        }
        self.cursor = self.cursor.max(read_to);
        self.complete_syncs();
        true
    }

    fn complete_syncs(&mut self) {
        let cursor = self.cursor;
        for sync in self.syncs.extract_if(.., |sync| sync.to <= cursor) {
            // Whoever has gone need not be notified.
            let _ = sync.reached.send(());
        }
    }
}

#[cfg(test)]
mod tests;
