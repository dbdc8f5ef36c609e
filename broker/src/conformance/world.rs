//! What carries the envelopes, and the servers that it carries them between.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use tenfold_core::ids::InstanceId;

use super::recording_handler::RecordingHandler;
use crate::transport::Transport;

/// An application server's end of the transport.
pub struct Server {
    /// Which server it is; no other has the same, in this run or another.
    pub id: InstanceId,
    /// What it sends by.
    pub transport: Arc<dyn Transport>,
    /// What else it stands on; dropping it ends the transport.
    pub life: Box<dyn Any + Send>,
}

/// What carries the envelopes, and the servers it carries them between. Calls return when what they ask for is done.
#[async_trait]
pub trait World: Send + Sync {
    /// Makes one more application server, whose messages come to `handler`. Whether its transport is healthy yet does not matter.
    async fn server(&self, handler: Arc<RecordingHandler>) -> Server;

    /// Ends the medium at once, as a crash would.
    async fn kill(&self);

    /// Starts the killed medium again, where it was.
    async fn come_back(&self);

    /// Stops the medium in its tracks: connections stay open, and nobody answers.
    async fn freeze(&self);

    /// Lets the frozen medium go on.
    async fn thaw(&self);

    /// Whether envelopes cross with their contents. Where they do not, handlers are only told to check the log.
    fn carries_contents(&self) -> bool {
        true
    }

    /// Whether [`World::kill`], [`World::come_back`], [`World::freeze`] and [`World::thaw`] do anything: not where the
    /// medium is one that others use as well.
    fn can_fail(&self) -> bool {
        true
    }

    /// Brings `body` to the server `to` past all transports, as somebody with the medium's password could. `false`:
    /// there is no such way.
    async fn put_by_hand(&self, _to: InstanceId, _body: String) -> bool {
        false
    }
}
