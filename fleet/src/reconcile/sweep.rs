//! What time does: seats whose users stay away, sessions that nobody comes back to, rows that nobody asks for.

use std::time::Duration;

use tenfold_core::event::{Observed, SeatRelease};
use tenfold_core::intent::Intent;
use tenfold_log::append::Submission;
use tenfold_log::operational::{fleet, rebuild_tables, tidy};

use super::carry_out::Pass;

/// Between two sweeps.
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// After the database was away it takes so long until every application server has said again who is connected.
const HEARTBEATS_ARE_BACK: Duration = Duration::from_secs(3);
/// How often old rows are removed.
const TIDY_EVERY: Duration = Duration::from_secs(60);

/// How long a session may be without a connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Before it gives up its seat.
    pub seat_hold: Duration,
    /// Before it ends.
    pub session_ttl: Duration,
}

/// When what was swept last. Times count from any fixed moment.
#[derive(Debug, Default)]
pub(super) struct Sweeper {
    swept: Duration,
    tidied: Option<Duration>,
}

impl Sweeper {
    /// Does what is due. `steady_for` is how long there has been one look after the other.
    pub async fn sweep(
        &mut self,
        pass: &Pass<'_>,
        limits: Limits,
        steady_for: Duration,
        now: Duration,
    ) -> Result<(), tokio_postgres::Error> {
        if pass.observation.stranded > 0 {
            pass.release_stranded().await?;
        }
        if now.saturating_sub(self.swept) < SWEEP_EVERY {
            return Ok(());
        }
        self.swept = now;
        if steady_for >= HEARTBEATS_ARE_BACK {
            release_seats_of_the_away(pass, limits.seat_hold).await?;
            expire_sessions(pass, limits.session_ttl).await?;
        }
        if self
            .tidied
            .is_none_or(|before| now.saturating_sub(before) >= TIDY_EVERY)
        {
            self.tidied = Some(now);
            tidy::tidy(pass.client).await?;
            if let Err(error) = rebuild_tables::tidy_after_a_crash(pass.client).await {
                tracing::debug!(%error, "what a rebuild left behind stays for now");
            }
        }
        Ok(())
    }
}

async fn release_seats_of_the_away(pass: &Pass<'_>, seat_hold: Duration) -> Result<(), tokio_postgres::Error> {
    let away = fleet::away(pass.client, seat_hold, pass.observation.at).await?;
    let intents = away.into_iter().map(|seated| Intent::ReleaseSeat {
        actor: seated.actor,
        from: seated.instance,
        reason: SeatRelease::Left,
    });
    pass.executor.record_all(intents).await;
    Ok(())
}

async fn expire_sessions(pass: &Pass<'_>, session_ttl: Duration) -> Result<(), tokio_postgres::Error> {
    let expired = fleet::expired(pass.client, session_ttl, pass.observation.at).await?;
    let ends = expired.into_iter().map(|(actor, acknowledged)| {
        let observed = Observed {
            acknowledged,
            ..Observed::default()
        };
        Submission::new(Intent::Expire(actor)).observing(observed)
    });
    pass.executor.record_all(ends).await;
    Ok(())
}
