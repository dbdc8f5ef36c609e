//! What a broker brings to this server, and what it could not bring to others.

use tenfold_broker::transport::{Ears, Transport};
use tenfold_core::envelope::{News, Parcel};
use tenfold_core::ids::InstanceId;

use super::Delivery;
use super::the_log::TheLog;

/// Hands on to the pump what comes, and to the log what went astray.
pub struct DeliveryEars {
    /// Here.
    pub delivery: Delivery,
    /// The way that is always there.
    pub log: TheLog,
}

impl Ears for DeliveryEars {
    fn heard(&self, news: Vec<News>) {
        self.delivery.heard(news);
    }

    fn look(&self) {
        self.delivery.bell().notify_one();
    }

    fn undelivered(&self, to: InstanceId) {
        self.log.hand_over(Parcel { to, news: Vec::new() });
    }
}
