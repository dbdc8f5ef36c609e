//! The servers of one case, and what they have sent each other.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tenfold_core::envelope::{Envelope, MessageNotice};
use tenfold_core::ids::{InstanceId, Position};

use super::recording_handler::RecordingHandler;
use super::waiting::eventually;
use super::world::{Server, World};

/// How many times a transport may lose something, and say so, while nothing is wrong but that the machine is busy.
const ATTEMPTS: usize = 10;

/// Several servers, and what was sent to whom.
pub(super) struct Fleet<'a> {
    world: &'a dyn World,
    members: Vec<Member>,
    sent: HashMap<(InstanceId, Position), MessageNotice>,
}

/// One server with its message handler.
pub(super) struct Member {
    pub server: Server,
    pub handler: Arc<RecordingHandler>,
}

/// A notice of a message, at a position that nothing else has.
pub(super) fn notice(text: &str) -> MessageNotice {
    static LAST: AtomicI64 = AtomicI64::new(0);
    MessageNotice {
        position: Position(LAST.fetch_add(1, Ordering::Relaxed) + 1),
        from: "ann".into(),
        group: None,
        text: text.to_owned(),
    }
}

impl Member {
    pub fn is_healthy(&self) -> bool {
        self.server.transport.is_healthy()
    }
}

impl<'a> Fleet<'a> {
    /// That many servers, once all of them are healthy.
    pub async fn of(size: usize, world: &'a dyn World) -> Fleet<'a> {
        let mut members = Vec::new();
        for _ in 0..size {
            let handler = Arc::new(RecordingHandler::default());
            let server = world.server(handler.clone()).await;
            members.push(Member { server, handler });
        }
        let sent = HashMap::new();
        let fleet = Fleet { world, members, sent };
        fleet.all_are_healthy().await;
        fleet
    }

    pub fn members(&self) -> &[Member] {
        &self.members
    }

    pub fn id(&self, index: usize) -> InstanceId {
        self.members[index].server.id
    }

    pub async fn all_are_healthy(&self) {
        eventually("every server's transport is healthy", || {
            self.members.iter().all(Member::is_healthy).then_some(())
        })
        .await;
    }

    /// Sends from one server to another; whether it was accepted.
    pub fn send(&mut self, from: usize, to: InstanceId, notices: Vec<MessageNotice>) -> bool {
        // What is refused counts as sent, too: receiving it would harm nobody.
        self.note(to, &notices);
        self.members[from].server.transport.send(Envelope { to, notices })
    }

    /// From now on it is no fault if `to` receives that.
    pub fn note(&mut self, to: InstanceId, notices: &[MessageNotice]) {
        let sent = notices.iter().map(|notice| ((to, notice.position), notice.clone()));
        self.sent.extend(sent);
    }

    /// Sends the envelopes that `make` makes until all of some batch are received: whole and in order.
    ///
    /// # Panics
    /// Where they are not, and the transport does not say so; or where it says so again and again.
    pub async fn deliver(&mut self, from: usize, to: usize, make: impl Fn() -> Vec<Vec<MessageNotice>>) {
        for _ in 0..ATTEMPTS {
            self.all_are_healthy().await;
            if self.has_delivered(from, to, make()).await {
                return;
            }
        }
        panic!("{ATTEMPTS} times something was not delivered, on a medium that is well");
    }

    /// An envelope gets from one to the other.
    pub async fn get_through(&mut self, from: usize, to: usize) {
        self.deliver(from, to, || vec![vec![notice("is anybody there?")]]).await;
    }

    /// `false`: the transport said that it may not have.
    async fn has_delivered(&mut self, from: usize, to: usize, envelopes: Vec<Vec<MessageNotice>>) -> bool {
        let (id, handler) = (self.id(to), self.members[to].handler.clone());
        let (reported, checks) = (self.members[from].handler.undelivered_to(id), handler.checks());
        let all = envelopes.concat();
        for envelope in envelopes {
            if !self.send(from, id, envelope) {
                return false;
            }
        }
        let sender = &self.members[from].handler;
        let carries_contents = self.world.carries_contents();
        eventually("what is sent is received, or reported as undelivered", || {
            if carries_contents {
                let received = once_each(handler.received(), &all);
                if received.len() == all.len() {
                    assert_eq!(received, all, "what came is changed or out of order");
                    return Some(true);
                }
            } else if handler.checks() > checks {
                return Some(true);
            }
            (sender.undelivered_to(id) > reported).then_some(false)
        })
        .await
    }

    /// # Panics
    /// Where somebody received what was not sent to them.
    pub fn nobody_got_what_was_not_sent(&self) {
        for member in &self.members {
            for notice in member.handler.received() {
                let sent = self.sent.get(&(member.server.id, notice.position));
                assert_eq!(sent, Some(&notice), "received what nobody sent here");
            }
        }
    }
}

/// What was received of `wanted`, as it came for the first time.
fn once_each(received: Vec<MessageNotice>, wanted: &[MessageNotice]) -> Vec<MessageNotice> {
    let mut missing: HashSet<Position> = wanted.iter().map(|notice| notice.position).collect();
    received
        .into_iter()
        .filter(|notice| missing.remove(&notice.position))
        .collect()
}
