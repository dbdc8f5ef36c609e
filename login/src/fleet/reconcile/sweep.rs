//! What time does: seats whose users stay away, sessions that nobody comes back to, rows that nobody asks for.

use std::time::Duration;

use tenfold_core::event::SeatRelease;
use tenfold_core::intent::Intent;
use tenfold_log::operational::fleet::{self, Observation};
use tenfold_log::operational::rebuild_tables;
use tenfold_log::operational::tidy;

use super::{Leader, Lost, Reconciler, TICK};
use crate::fleet::membership::Member;

/// After the database was away it takes so long until every application server has said again who is connected.
const SIGNS_OF_LIFE: Duration = Duration::from_secs(3);
/// How often old rows are removed.
const TIDY: Duration = Duration::from_secs(60);

impl Reconciler {
    /// Does what is due.
    pub(super) async fn sweep(
        &self,
        member: &Member,
        leader: &mut Leader,
        observation: &Observation,
        now: Duration,
    ) -> Result<(), Lost> {
        if observation.stranded > 0 {
            self.release_stranded(member).await?;
        }
        if now.saturating_sub(leader.swept) < TICK {
            return Ok(());
        }
        leader.swept = now;
        if leader.memory.steady_for(now) >= SIGNS_OF_LIFE {
            self.release_seats_of_the_away(member).await?;
            self.expire_sessions(member).await?;
        }
        if leader.tidied.is_none_or(|before| now.saturating_sub(before) >= TIDY) {
            leader.tidied = Some(now);
            tidy::tidy(member.client()).await?;
            if let Err(error) = rebuild_tables::tidy_after_a_crash(member.client()).await {
                tracing::debug!(%error, "what a rebuild left behind stays for now");
            }
        }
        Ok(())
    }

    async fn release_seats_of_the_away(&self, member: &Member) -> Result<(), Lost> {
        let away = fleet::away(member.client(), self.limits.seat_hold).await?;
        let intents = away.into_iter().map(|seated| Intent::ReleaseSeat {
            actor: seated.actor,
            from: seated.instance,
            reason: SeatRelease::Left,
        });
        self.hand.record_all(intents).await;
        Ok(())
    }

    async fn expire_sessions(&self, member: &Member) -> Result<(), Lost> {
        let expired = fleet::expired(member.client(), self.limits.session_ttl).await?;
        self.hand.record_all(expired.into_iter().map(Intent::Expire)).await;
        Ok(())
    }
}
