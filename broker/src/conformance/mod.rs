//! What every transport must show, whatever carries its parcels: one suite for the log, RabbitMQ and ActiveMQ. A test
//! implements [`World`] for the transport it is about and calls [`suite`]. It panics where a transport fails, as a test
//! does.

mod cases;
mod ears;
mod fleet;
mod over_a_broker;
mod waiting;

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use tenfold_core::ids::InstanceId;

use crate::transport::Transport;
pub use cases::*;
pub use ears::TestEars;
pub use over_a_broker::{join, put_on_its_queue};
pub use waiting::{PATIENCE, eventually};

/// An application server's end of the transport.
pub struct Server {
    /// Which server it is; no other has the same, in this run or another.
    pub id: InstanceId,
    /// What it hands parcels over to.
    pub transport: Arc<dyn Transport>,
    /// What else it stands on; dropping it ends the transport.
    pub life: Box<dyn Any + Send>,
}

/// What carries the parcels, and the servers it carries them between. Calls return when what they ask for is done.
#[async_trait]
pub trait World: Send + Sync {
    /// Makes one more application server, which hears with `ears`. Whether its transport is well yet does not matter.
    async fn server(&self, ears: Arc<TestEars>) -> Server;

    /// Ends the medium at once, as a crash would.
    async fn kill(&self);

    /// Starts the killed medium again, where it was.
    async fn come_back(&self);

    /// Stops the medium in its tracks: connections stay open, and nobody answers.
    async fn freeze(&self);

    /// Lets the frozen medium go on.
    async fn thaw(&self);

    /// Whether parcels cross with their contents. Where they do not, ears are only told to look.
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

/// Runs every case, one after the other; says which one runs, so that it is known which one fails.
///
/// # Panics
/// Where the transport does not do what it must.
pub async fn suite(world: &dyn World) {
    eprintln!("what is handed over is heard there, whole, in order, and by nobody else");
    what_is_handed_over_is_heard_whole_in_order_and_by_nobody_else(world).await;
    eprintln!("a parcel crosses once, however many news it holds");
    a_parcel_crosses_once_however_many_news_it_holds(world).await;
    eprintln!("long texts and odd characters cross unchanged");
    long_texts_and_odd_characters_cross_unchanged(world).await;
    eprintln!("a server that does not exist harms nobody");
    a_server_that_does_not_exist_harms_nobody(world).await;
    eprintln!("what nobody sealed is not heard");
    what_nobody_sealed_is_not_heard(world).await;
    eprintln!("handing over never waits and is bounded, on a medium that stands still where it can");
    handing_over_never_waits_and_is_bounded(world).await;
    eprintln!("a medium that died and returned carries again by itself");
    a_medium_that_died_and_returned_carries_again(world).await;
}
