//! Where a live session is served; nowhere is not an answer, so one without a seat takes one, and waits for it.

use tenfold_core::command::Actor;
use tenfold_core::decide::Turned;
use tenfold_core::intent::Intent;
use tenfold_core::protocol::Address;
use tenfold_log::append::{Outcome, Submission};
use tenfold_log::read::Standing;
use tenfold_service::Outbound;

use super::Desk;
use super::stop::Stop;

/// Where a session is served.
pub(super) enum Place {
    /// There.
    ServedAt(Address),
    /// It is over.
    Over,
}

impl Desk {
    /// Finds the session's seat, or takes one, waiting where every seat is taken or its server has just been lost.
    pub(super) async fn place_of(&self, actor: &Actor, outbound: &Outbound) -> Result<Place, Stop> {
        let mut wait = self.seating.visitor(actor.account, &actor.name, outbound);
        loop {
            let seat = match self.reader.standing(actor).await? {
                Standing::NotLoggedIn => return Ok(Place::Over),
                Standing::SeatedAt(seat) => seat,
            };
            let address = match seat {
                Some(instance) => self.reader.address(instance).await?,
                None => None,
            };
            if let Some(address) = address {
                return Ok(Place::ServedAt(address));
            }
            let took = seat.is_none() && self.take_seat(actor).await?;
            if !took {
                wait.for_change().await?;
            }
        }
    }

    /// Whether there was a seat, or the session's standing has changed: worth another look.
    async fn take_seat(&self, actor: &Actor) -> Result<bool, Stop> {
        let submission = Submission::new(Intent::TakeSeat(actor.clone()));
        let outcome = self.writer.submit(submission).await?;
        Ok(outcome != Outcome::Turned(Turned::NoFreeSeat))
    }
}
