//! `login <id> <password>`: the account's one session, opened or come back to, and a seat for it.

use std::net::IpAddr;
use std::time::Instant;

use tenfold_core::command::{Actor, Login, OpenSession};
use tenfold_core::decide::Rejection;
use tenfold_core::event::{Event, Observed};
use tenfold_core::ids::{AccountId, CommandId, InstanceId, Position, SessionId};
use tenfold_core::intent::Intent;
use tenfold_core::protocol::{Address, Reply, Request, text};
use tenfold_log::append::{OperationalRow, Outcome, Submission};
use tenfold_log::operational::refused_login::Reason;
use tenfold_service::{Outbound, span};
use uuid::Uuid;

use super::context::{Context, under_id};
use super::error::{CommandError, CommandResult, reply_to};
use crate::passwords::attempts::{Attempt, TooOften};
use crate::passwords::{Asker, NotTried};

/// What the log says of a session that was opened or resumed.
pub(super) struct Opened {
    session: SessionId,
    instance: Option<InstanceId>,
    position: Position,
}

pub(super) async fn reply(
    context: &Context,
    (request, id): (&Request<'_>, CommandId),
    peer: Option<IpAddr>,
    outbound: &Outbound,
) -> CommandResult {
    let Login { name, password } = Login::parse(request.rest)?;
    let account = verify(context, &name, password, (peer, outbound)).await?;
    let seated = seat(context, (account, name), (request, id), outbound).await;
    if let Err(CommandError::Reply(reply)) = &seated
        && reply.message.as_deref() == Some(text::NO_SERVER)
    {
        context.refused_logins.count(Some(account), peer, Reason::NoServer);
    }
    seated
}

/// Gives whoever has shown who they are a session and a seat.
async fn seat(
    context: &Context,
    (account, name): (AccountId, String),
    (request, id): (&Request<'_>, CommandId),
    outbound: &Outbound,
) -> CommandResult {
    let began = Instant::now();
    let opened = open(context, account, &name, (request.id, id), outbound).await?;
    span::record_session(opened.session);
    let actor = Actor {
        session: opened.session,
        account,
        name,
    };
    let reply = welcome(context, &actor, opened, outbound).await?;
    if let Some(waits) = &context.waits {
        waits.count(chrono::Utc::now(), began.elapsed());
    }
    Ok(reply)
}

/// The reply with everything that a client needs for the session that was opened: `actor`'s, or the one that takes its place.
pub(super) async fn welcome(context: &Context, actor: &Actor, opened: Opened, outbound: &Outbound) -> CommandResult {
    let actor = Actor {
        session: opened.session,
        ..actor.clone()
    };
    let (app, position) = tokio::try_join!(
        app_of(context, &actor, opened.instance, outbound),
        position_of(context, &opened)
    )?;
    Ok(Reply {
        token: Some(context.key.token(opened.session).to_string()),
        app,
        also: context.neighbours.addresses(),
        ..Reply::success().at(position)
    })
}

/// The session that began, where one did.
pub(super) fn begun(outcome: &Outcome) -> Option<Opened> {
    match outcome {
        Outcome::Happened { position, events } => opened(events, *position),
        _ => None,
    }
}

/// Verified at every login, also where the command is a repeated one. A name that nobody has takes as long.
pub(super) async fn verify(
    context: &Context,
    name: &str,
    password: String,
    (peer, outbound): (Option<IpAddr>, &Outbound),
) -> Result<AccountId, CommandError> {
    let asker = Asker::new(peer, name, outbound);
    if outbound.is_closed() {
        return Err(CommandError::Disconnected);
    }
    let credentials = context.store.credentials(name).await?;
    let account = credentials.as_ref().map(|credentials| credentials.account);
    let hash = credentials.map(|credentials| credentials.hash);
    match (try_password(context, asker, (account, password, hash)).await, account) {
        (Ok(true), Some(account)) => {
            context.store.note_address(account, asker.origin.to_string());
            Ok(account)
        }
        (Ok(_), _) => {
            let reason = account.map_or(Reason::Name, |_| Reason::Password);
            context.refused_logins.count(account, peer, reason);
            Err(Reply::refused(text::BAD_LOGIN).into())
        }
        (Err(NotTried::TooOften(too_often)), _) => {
            context.overruns.count(too_often.quota(), &asker.origin);
            context.refused_logins.count(account, peer, Reason::TooOften);
            Err(too_often.into())
        }
        (Err(NotTried::NoTurn(no_turn)), _) => Err(no_turn.into()),
    }
}

/// Whoever has failed too often is told so before the password waits for its turn, and once more when it comes: those that wait have not failed, and
/// a class that logs in at once is none the worse for it.
async fn try_password(
    context: &Context,
    asker: Asker<'_>,
    (account, password, hash): (Option<AccountId>, String, Option<String>),
) -> Result<bool, NotTried> {
    let attempt = admit(context, asker, account).await?;
    let at_turn = || context.attempts.begin(attempt);
    let is_right = context.passwords.verify(asker, (password, hash), at_turn).await?;
    if is_right {
        context.attempts.forgive(attempt);
    }
    Ok(is_right)
}

/// Whether a password may be tried now. Where strangers have tried too much, whoever has come from there before still may.
async fn admit<'asker>(
    context: &Context,
    asker: Asker<'asker>,
    account: Option<AccountId>,
) -> Result<Attempt<'asker>, TooOften> {
    let attempt = Attempt {
        origin: asker.origin,
        account: asker.account,
        is_own: false,
    };
    match (context.attempts.check(attempt), account) {
        (Err(_), Some(account)) => {
            let address = asker.origin.to_string();
            let is_own = context.store.is_known_address(account, address).await;
            let attempt = Attempt { is_own, ..attempt };
            context.attempts.check(attempt).map(|()| attempt)
        }
        (checked, _) => checked.map(|()| attempt),
    }
}

async fn open(
    context: &Context,
    account: AccountId,
    name: &str,
    ids: (Option<CommandId>, CommandId),
    outbound: &Outbound,
) -> Result<Opened, CommandError> {
    let submission = submission(context, account, name, ids);
    let mut wait = context.seats.wait_for(account, name, outbound);
    loop {
        let observed = Observed {
            waited: wait.waited(),
            ..Observed::default()
        };
        match context.writer.submit(submission.clone().observing(observed)).await? {
            Outcome::Happened { position, events } => return Ok(opened(&events, position).ok_or_else(reused)?),
            Outcome::Rejected(Rejection::NoFreeSeat) => wait.for_change().await?,
            // Deleted since the password was verified.
            Outcome::Rejected(_) => return Err(Reply::refused(text::BAD_LOGIN).into()),
            other => return Err(reply_to(other, Reply::success(), name).into()),
        }
    }
}

fn submission(
    context: &Context,
    account: AccountId,
    name: &str,
    (chosen, id): (Option<CommandId>, CommandId),
) -> Submission {
    let session = SessionId(Uuid::now_v7());
    let intent = Intent::OpenSession(OpenSession {
        account,
        name: name.into(),
        session,
    });
    let submission = Submission::new(intent).with_row(OperationalRow::Secret {
        session,
        account,
        token_hash: context.key.token(session).hash(),
    });
    under_id(submission, (chosen, context.key.digest(&format!("login {name}"))), id)
}

fn reused() -> Reply {
    Reply::refused(text::ID_REUSED)
}

fn opened(events: &[Event], position: Position) -> Option<Opened> {
    let mut opened = None;
    for event in events {
        match event {
            Event::SessionStarted { session, .. } => opened = Some((*session, None)),
            Event::SessionResumed { session, instance, .. } => opened = Some((*session, *instance)),
            Event::SeatTaken { session, instance, .. } => opened = Some((*session, Some(*instance))),
            _ => {}
        }
    }
    opened.map(|(session, instance)| Opened {
        session,
        instance,
        position,
    })
}

/// Where the session is served. Its server may have been lost since, or have been lost before and not yet noticed when
/// the session was resumed. Nothing where the command is a repeated one whose session is over.
async fn app_of(
    context: &Context,
    actor: &Actor,
    instance: Option<InstanceId>,
    outbound: &Outbound,
) -> Result<Option<Address>, CommandError> {
    if let Some(instance) = instance
        && let Some(address) = context.reader.address(instance).await?
    {
        span::record_instance(instance);
        return Ok(Some(address));
    }
    context.seat_of(actor, outbound).await
}

async fn position_of(context: &Context, opened: &Opened) -> Result<Position, CommandError> {
    let from = context.store.attach_from(opened.session).await?;
    Ok(from.unwrap_or(opened.position))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> SessionId {
        SessionId(Uuid::from_u128(1))
    }

    fn account() -> AccountId {
        AccountId(Uuid::from_u128(2))
    }

    fn instance() -> InstanceId {
        InstanceId(Uuid::from_u128(3))
    }

    #[test]
    fn a_new_session_sits_where_it_took_its_seat() {
        let started = Event::SessionStarted {
            session: session(),
            account: account(),
            waited_ms: None,
        };
        let taken = Event::SeatTaken {
            session: session(),
            account: account(),
            instance: instance(),
            number: 0,
            seats: 10,
        };
        let opened = opened(&[started, taken], Position(7)).unwrap();
        assert_eq!((opened.session, opened.instance), (session(), Some(instance())));
        assert_eq!(opened.position, Position(7));
    }

    #[test]
    fn a_resumed_session_sits_where_it_sat() {
        let resumed = Event::SessionResumed {
            session: session(),
            account: account(),
            instance: Some(instance()),
        };
        assert_eq!(opened(&[resumed], Position(7)).unwrap().instance, Some(instance()));
        assert!(opened(&[], Position(7)).is_none());
    }
}
