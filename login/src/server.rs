//! The login server from its start to its end.

mod end;
mod home;
mod metrics;
mod runner;
mod start;

use std::net::IpAddr;
use std::sync::Arc;

use tenfold_core::ids::CommandId;
use tenfold_core::protocol::request::Request;
use tenfold_service::{Answer, Conversation, Outbound, Service};

use crate::commands::{self, Desk};
pub use start::{Server, StartError};

/// Answers everybody who connects.
#[derive(Clone)]
struct Reception(Arc<Desk>);

/// One client at the desk.
struct Talk {
    desk: Arc<Desk>,
    outbound: Outbound,
}

impl Service for Reception {
    type Conversation = Talk;

    fn begin(&self, _peer: Option<IpAddr>, outbound: Outbound) -> Talk {
        Talk {
            desk: Arc::clone(&self.0),
            outbound,
        }
    }
}

impl Conversation for Talk {
    async fn answer(&mut self, request: &Request<'_>, _id: CommandId) -> Answer {
        commands::answer(&self.desk, *request, &self.outbound).await
    }
}
