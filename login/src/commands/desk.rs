//! What the commands work with.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tenfold_core::command::{Actor, WrongUsage};
use tenfold_core::intent::Intent;
use tenfold_core::protocol::reply::Reply;
use tenfold_core::protocol::request::Request;
use tenfold_core::protocol::text;
use tenfold_core::token::TokenKey;
use tenfold_log::append::{Outcome, Submission, Writer};
use tenfold_log::read::{Reader, Standing};
use tokio_util::sync::CancellationToken;

use super::Asked;
use super::stop::{Replied, Stop};
use crate::fleet::bell::Rung;
use crate::passwords::Passwords;
use crate::seating::Seating;
use crate::store::Store;
use crate::waits::Waits;

/// How often refused logins are summed up in the trace.
const SUM_UP: Duration = Duration::from_secs(60);

/// Everything a command may need.
pub struct Desk {
    /// Makes and knows tokens.
    pub key: TokenKey,
    /// Appends to the log.
    pub writer: Writer,
    /// Knows sessions and where they are served.
    pub reader: Reader,
    /// Knows the rest.
    pub store: Store,
    /// Hashes and verifies.
    pub passwords: Passwords,
    /// Who waits for a seat.
    pub seating: Seating,
    /// Rung when something about the fleet has changed.
    pub rung: Rung,
    /// How long logins wait for a seat, where that is published.
    pub waits: Option<Waits>,
    /// Logins refused so far. They are counted and not logged, so that nobody without a session can make the log grow.
    pub refused_logins: AtomicU64,
}

impl Desk {
    /// Has the session's command decided and recorded.
    pub(super) async fn submit(&self, asked: &Asked<'_>, intent: Intent) -> Result<Outcome, Stop> {
        let submission = Submission::new(intent);
        let submission = match asked.request.id {
            Some(id) => submission.identified(id, asked.token.digest(&said(&asked.request))),
            None => submission,
        };
        Ok(self.writer.submit(submission).await?)
    }

    /// Check 3 comes after check 2, so a wrong usage is told only to those who are logged in.
    pub(super) async fn wrong_usage(&self, actor: &Actor, usage: WrongUsage) -> Replied {
        match self.reader.standing(actor).await? {
            Standing::NotLoggedIn => Ok(Reply::refused(text::NOT_LOGIN_YET)),
            Standing::SeatedAt(_) => Err(usage.into()),
        }
    }

    /// Sums up refused logins in the trace until `stopping` fires.
    pub async fn sum_up(&self, stopping: &CancellationToken) {
        let mut told = 0;
        while stopping.run_until_cancelled(tokio::time::sleep(SUM_UP)).await.is_some() {
            let refused = self.refused_logins.load(Ordering::Relaxed);
            if refused > told {
                tracing::info!(logins = refused - told, "refused in the last minute");
                told = refused;
            }
        }
    }
}

fn said(request: &Request<'_>) -> String {
    format!("{} {}", request.word, request.rest)
}
