//! What every transport must show, whatever carries its envelopes: one suite for Postgres' notifications, RabbitMQ and
//! ActiveMQ. A test implements [`World`] for the transport it is about and calls [`suite`]. It panics where a transport
//! fails, as a test does.

mod cases;
mod fleet;
mod over_a_broker;
mod recording_handler;
mod waiting;
mod world;

pub use cases::*;
pub use over_a_broker::{join, put_on_its_queue};
pub use recording_handler::RecordingHandler;
pub use waiting::{PATIENCE, eventually};
pub use world::{Server, World};

/// Runs every case, one after the other; says which one runs, so that it is known which one fails.
///
/// # Panics
/// Where the transport does not do what it must.
pub async fn suite(world: &dyn World) {
    eprintln!("what is sent arrives there, whole, in order, and nowhere else");
    what_is_sent_arrives_whole_in_order_and_nowhere_else(world).await;
    eprintln!("an envelope crosses once, however many notices it holds");
    an_envelope_crosses_once_however_many_notices_it_holds(world).await;
    eprintln!("long texts and odd characters cross unchanged");
    long_texts_and_odd_characters_cross_unchanged(world).await;
    eprintln!("a server that does not exist harms nobody");
    a_server_that_does_not_exist_harms_nobody(world).await;
    eprintln!("what nobody sealed is not received");
    what_nobody_sealed_is_rejected(world).await;
    eprintln!("sending never waits and is bounded, on a medium that stands still where it can");
    sending_never_waits_and_is_bounded(world).await;
    eprintln!("a medium that died and returned works again by itself");
    a_medium_that_died_and_returned_works_again(world).await;
}
