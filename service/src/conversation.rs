//! What a server brings: somebody who answers lines.

use std::future::Future;
use std::net::IpAddr;

use tenfold_core::ids::SessionId;
use tenfold_core::protocol::reply::Reply;

use crate::outbound::Outbound;

/// A server: it begins a conversation with every client that connects.
pub trait Service: Send + Sync + 'static {
    /// What it keeps of one connection.
    type Conversation: Conversation;

    /// A client connected. `peer` is nobody where the stream has no address. Pushes go to `outbound`, which may be
    /// cloned and kept; sending to it is harmless once the connection is gone.
    fn begin(&self, peer: Option<IpAddr>, outbound: Outbound) -> Self::Conversation;
}

/// One connection's state. It is dropped when the connection is over.
pub trait Conversation: Send + 'static {
    /// Answers a line, which has at least one word. Lines come one by one: the next is read when this is answered.
    ///
    /// What waits for something other than its own command's work must stop when [`Outbound::hung_up`] says so.
    fn answer(&mut self, line: &str) -> impl Future<Output = Answer> + Send;
}

/// What a line is answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The reply, if there is one.
    pub reply: Option<Reply>,
    /// The live session that asked, where it is known: its refusals are slowed when they are too many.
    pub session: Option<SessionId>,
}

impl Answer {
    /// No reply: the line asks for none, or its reply was sent already.
    pub fn none() -> Answer {
        Answer::default()
    }

    /// The same answer, to this session.
    pub fn to(self, session: SessionId) -> Answer {
        Answer {
            session: Some(session),
            ..self
        }
    }

    /// Whether it is a refusal that counts against whoever asked. Being sent elsewhere doesn't.
    pub(crate) fn is_refusal(&self) -> bool {
        self.reply
            .as_ref()
            .is_some_and(|reply| reply.status != 0 && reply.moved.is_none())
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Answer {
        Answer {
            reply: Some(reply),
            session: None,
        }
    }
}
