//! One connection, from its beginning to its loss.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tenfold_core::ids::InstanceId;
use tenfold_core::parcel::Parcel;
use tokio::time::{Instant, sleep_until, timeout};

use super::unconfirmed::Unconfirmed;
use super::{Task, queue_of};
use crate::protocol::{Incoming, Link, Lost};

/// How long a broker may take to confirm a parcel before its recipient is told in another way.
const CONFIRMING: Duration = Duration::from_millis(250);
/// How long it may owe that before the connection is given up.
const DOUBTING: Duration = Duration::from_secs(5);
/// How many parcels may be unconfirmed before no more are sent.
const WINDOW: usize = 256;

impl Task {
    /// Sends and receives until the connection is lost; answers why.
    pub(super) async fn drive(&mut self, link: &mut Link) -> Lost {
        let mut unconfirmed = Unconfirmed::default();
        let lost = loop {
            if let Err(lost) = self.step(link, &mut unconfirmed).await {
                break lost;
            }
        };
        for server in unconfirmed.abandon() {
            self.ears.undelivered(server);
        }
        lost
    }

    async fn step(&mut self, link: &mut Link, unconfirmed: &mut Unconfirmed) -> Result<(), Lost> {
        let outbox = self.carrier.outbox.clone();
        let may_send = unconfirmed.len() < WINDOW;
        tokio::select! {
            incoming = link.incoming.recv() => self.take(incoming, unconfirmed),
            parcel = outbox.next(), if may_send => self.send(link, unconfirmed, parcel).await,
            () = at(unconfirmed.next_due()) => {
                self.doubt(unconfirmed);
                Ok(())
            }
            () = at(unconfirmed.doubted_since().map(|since| since + DOUBTING)) => {
                Err(Lost("it does not answer any more".into()))
            }
            () = at(self.doubtful.due()) => {
                let dropped = self.doubtful.take(Instant::now());
                tracing::warn!("dropped messages that were put on our queue at the broker by somebody else: {dropped}");
                Ok(())
            }
        }
    }

    fn take(&mut self, incoming: Option<Incoming>, unconfirmed: &mut Unconfirmed) -> Result<(), Lost> {
        match incoming {
            Some(Incoming::Message(bytes)) => self.open(&bytes),
            Some(Incoming::Confirmed(tag)) => unconfirmed.confirm(tag),
            Some(Incoming::ConfirmedUpTo(tag)) => unconfirmed.confirm_up_to(tag),
            Some(Incoming::Refused(tag)) => self.tell(unconfirmed.refuse(tag)),
            Some(Incoming::NoSuchQueue(queue)) => self.tell(server_of(&queue)),
            Some(Incoming::Lost(why)) => return Err(Lost(why)),
            None => return Err(Lost("the connection was closed".into())),
        }
        let is_trusted = unconfirmed.doubted_since().is_none();
        self.carrier.is_well.store(is_trusted, Ordering::Relaxed);
        Ok(())
    }

    fn open(&mut self, bytes: &[u8]) {
        match Parcel::open(bytes, &self.identity.key, self.identity.server) {
            Ok(parcel) => self.ears.heard(parcel.news),
            Err(why) => self.doubtful.count(why, Instant::now()),
        }
    }

    async fn send(&self, link: &mut Link, unconfirmed: &mut Unconfirmed, parcel: Parcel) -> Result<(), Lost> {
        let tag = unconfirmed.send(parcel.to, Instant::now() + CONFIRMING);
        let body = parcel.seal(&self.identity.key);
        let queue = queue_of(parcel.to);
        let sent = timeout(CONFIRMING, link.sending.publish(&queue, tag, body)).await;
        sent.unwrap_or_else(|_| Err(Lost("it reads no more".into())))
    }

    /// What is overdue is told, and nothing more is taken until the broker answers.
    fn doubt(&self, unconfirmed: &mut Unconfirmed) {
        for server in unconfirmed.overdue(Instant::now()) {
            self.ears.undelivered(server);
        }
        if unconfirmed.doubted_since().is_some() {
            self.carrier.is_well.store(false, Ordering::Relaxed);
            for server in self.carrier.outbox.abandon() {
                self.ears.undelivered(server);
            }
        }
    }

    fn tell(&self, undelivered: Option<InstanceId>) {
        if let Some(server) = undelivered {
            self.ears.undelivered(server);
        }
    }
}

fn server_of(queue: &str) -> Option<InstanceId> {
    queue.strip_prefix("tenfold.")?.parse().ok().map(InstanceId)
}

/// At that moment, or never.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
