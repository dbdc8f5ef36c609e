//! What the commands work with: the database, the keys, and where sessions are seated.

use std::sync::Arc;

use tenfold_core::command::{Actor, WrongUsage};
use tenfold_core::decide::Rejection;
use tenfold_core::event::Observed;
use tenfold_core::ids::CommandId;
use tenfold_core::intent::Intent;
use tenfold_core::protocol::{Address, Reply, Request, text};
use tenfold_core::token::{Token, TokenKey};
use tenfold_fleet::change_signal::ChangeSignal;
use tenfold_log::append::{OperationalRow, Outcome, Submission, Writer};
use tenfold_log::read::{Reader, SessionStatus};
use tenfold_service::overrun::Overruns;
use tenfold_service::{Outbound, span};

use super::error::{CommandError, CommandResult};
use crate::limits::Registration;
use crate::neighbours::Neighbours;
use crate::passwords::Passwords;
use crate::passwords::attempts::Attempts;
use crate::refused_logins::RefusedLogins;
use crate::seat_queue::SeatQueue;
use crate::store::Store;
use crate::wait_times::WaitTimes;

/// Everything a command may need.
pub struct Context {
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
    /// How often somebody may be wrong.
    pub attempts: Attempts,
    /// Who went beyond a quota.
    pub overruns: Arc<Overruns>,
    /// Who may make an account.
    pub registration: Registration,
    /// The fewest characters of a new password.
    pub min_password: usize,
    /// Who waits for a seat.
    pub seats: SeatQueue,
    /// The other login servers.
    pub neighbours: Neighbours,
    /// Changes of the fleet.
    pub changes: ChangeSignal,
    /// How long logins wait for a seat, where that is published.
    pub waits: Option<WaitTimes>,
    /// Refused logins. They are no events, so that nobody without a session can make the log grow.
    pub refused_logins: RefusedLogins,
}

/// A command of a session whose token is authentic.
pub(super) struct SessionCommand<'line> {
    pub request: Request<'line>,
    /// Chosen by the client, or fresh.
    pub id: CommandId,
    pub token: Token,
    pub actor: Actor,
    /// The words behind the token.
    pub rest: &'line str,
}

impl Context {
    /// Check 2, as far as the token goes: whose it is, known also for a while after its session's end, so that a command
    /// sent again is answered as it was.
    pub(super) async fn identify<'line>(
        &self,
        request: Request<'line>,
        id: CommandId,
    ) -> Result<SessionCommand<'line>, CommandError> {
        let not_logged_in = || CommandError::from(Reply::refused(text::NOT_LOGIN_YET));
        let (token, rest) = request.token().ok_or_else(not_logged_in)?;
        if !self.key.made(&token) {
            return Err(not_logged_in());
        }
        let actor = self.reader.identify(&token).await?.ok_or_else(not_logged_in)?;
        Ok(SessionCommand {
            request,
            id,
            token,
            actor,
            rest,
        })
    }

    /// Has the session's last command decided and recorded, with up to where its messages have been shown.
    pub(super) async fn submit_end(
        &self,
        command: &SessionCommand<'_>,
        intent: Intent,
        rows: impl IntoIterator<Item = OperationalRow>,
    ) -> Result<Outcome, CommandError> {
        let observed = Observed {
            acknowledged: self.store.attach_from(command.actor.session).await?,
            ..Observed::default()
        };
        let submission = Submission {
            rows: rows.into_iter().collect(),
            ..Submission::new(intent).observing(observed)
        };
        let digest = command.token.digest(&words(&command.request));
        let submission = under_id(submission, (command.request.id, digest), command.id);
        Ok(self.writer.submit(submission).await?)
    }

    /// Check 3 comes after check 2, so a wrong usage is told only to those who are logged in.
    pub(super) async fn wrong_usage(&self, actor: &Actor, usage: WrongUsage) -> CommandResult {
        match self.reader.session_status(actor).await? {
            SessionStatus::NotLoggedIn => Ok(Reply::refused(text::NOT_LOGIN_YET)),
            SessionStatus::SeatedAt(_) => Err(usage.into()),
        }
    }

    /// Where the session is served, `None` where it is over. One without a seat takes one, waiting where every seat is taken
    /// or its server has just been lost.
    pub(super) async fn seat_of(&self, actor: &Actor, outbound: &Outbound) -> Result<Option<Address>, CommandError> {
        let mut wait = self.seats.wait_for(actor.account, &actor.name, outbound);
        loop {
            let seat = match self.reader.session_status(actor).await? {
                SessionStatus::NotLoggedIn => return Ok(None),
                SessionStatus::SeatedAt(seat) => seat,
            };
            let address = match seat {
                Some(instance) => {
                    span::record_instance(instance);
                    self.reader.address(instance).await?
                }
                None => None,
            };
            if address.is_some() {
                return Ok(address);
            }
            let took = seat.is_none() && self.take_seat(actor).await?;
            if !took {
                wait.for_change().await?;
            }
        }
    }

    /// Whether there was a seat, or the session has changed: worth another look.
    async fn take_seat(&self, actor: &Actor) -> Result<bool, CommandError> {
        let submission = Submission::new(Intent::TakeSeat(actor.clone()));
        let outcome = self.writer.submit(submission).await?;
        Ok(outcome != Outcome::Rejected(Rejection::NoFreeSeat))
    }
}

/// The submission under its command's id. One that the client `chose` is bound to its `digest`, and carried out once.
pub(super) fn under_id(
    submission: Submission,
    (chosen, digest): (Option<CommandId>, i64),
    id: CommandId,
) -> Submission {
    match chosen {
        Some(chosen) => submission.identified(chosen, digest),
        None => Submission {
            command: id,
            ..submission
        },
    }
}

fn words(request: &Request<'_>) -> String {
    format!("{} {}", request.word, request.rest)
}
