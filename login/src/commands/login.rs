//! `login <id> <password>`: the account's one session, opened or come back to, and a seat for it.

use std::sync::atomic::Ordering;
use std::time::Instant;

use tenfold_core::command::{Actor, Login, OpenSession};
use tenfold_core::decide::Turned;
use tenfold_core::event::Event;
use tenfold_core::ids::{AccountId, CommandId, InstanceId, Position, SessionId};
use tenfold_core::intent::Intent;
use tenfold_core::protocol::Address;
use tenfold_core::protocol::reply::Reply;
use tenfold_core::protocol::request::Request;
use tenfold_core::protocol::text;
use tenfold_log::append::{Beside, Outcome, Submission};
use tenfold_service::Outbound;
use uuid::Uuid;

use super::Desk;
use super::place::Place;
use super::stop::{Replied, Stop, reply_to};

/// What the log says of a session that was opened or resumed.
struct Opened {
    session: SessionId,
    instance: Option<InstanceId>,
    position: Position,
}

pub(super) async fn reply(desk: &Desk, request: &Request<'_>, outbound: &Outbound) -> Replied {
    let Login { name, password } = Login::parse(request.rest)?;
    let account = verify(desk, &name, password).await?;
    let began = Instant::now();
    let opened = open(desk, account, &name, request.id, outbound).await?;
    let actor = Actor {
        session: opened.session,
        account,
        name,
    };
    let (app, position) = tokio::try_join!(
        app_of(desk, &actor, opened.instance, outbound),
        position_of(desk, &opened)
    )?;
    if let Some(waits) = &desk.waits {
        waits.count(chrono::Utc::now(), began.elapsed());
    }
    Ok(Reply {
        token: Some(desk.key.token(opened.session).to_string()),
        app,
        ..Reply::success().at(position)
    })
}

/// Verified at every login, also where the command is a repeated one. A name that nobody has takes as long.
async fn verify(desk: &Desk, name: &str, password: String) -> Result<AccountId, Stop> {
    let credentials = desk.store.credentials(name).await?;
    let account = credentials.as_ref().map(|credentials| credentials.account);
    let is_right = desk
        .passwords
        .verify(password, credentials.map(|credentials| credentials.hash))
        .await?;
    match account {
        Some(account) if is_right => Ok(account),
        _ => Err(refused(desk)),
    }
}

fn refused(desk: &Desk) -> Stop {
    desk.refused_logins.fetch_add(1, Ordering::Relaxed);
    Reply::refused(text::BAD_LOGIN).into()
}

async fn open(
    desk: &Desk,
    account: AccountId,
    name: &str,
    id: Option<CommandId>,
    outbound: &Outbound,
) -> Result<Opened, Stop> {
    let submission = submission(desk, account, name, id);
    let mut wait = desk.seating.visitor(account, name, outbound);
    loop {
        match desk.writer.submit(submission.clone()).await? {
            Outcome::Happened { position, events } => return Ok(opened(&events, position).ok_or_else(reused)?),
            Outcome::Turned(Turned::NoFreeSeat) => wait.for_change().await?,
            // Deleted since the password was verified.
            Outcome::Turned(_) => return Err(refused(desk)),
            other => return Err(reply_to(other, Reply::success(), name).into()),
        }
    }
}

fn submission(desk: &Desk, account: AccountId, name: &str, id: Option<CommandId>) -> Submission {
    let session = SessionId(Uuid::now_v7());
    let intent = Intent::OpenSession(OpenSession {
        account,
        name: name.into(),
        session,
    });
    let submission = Submission::new(intent).beside(Beside::Secret {
        session,
        account,
        token_hash: desk.key.token(session).hash(),
    });
    match id {
        Some(id) => submission.identified(id, desk.key.digest(&format!("login {name}"))),
        None => submission,
    }
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
    desk: &Desk,
    actor: &Actor,
    instance: Option<InstanceId>,
    outbound: &Outbound,
) -> Result<Option<Address>, Stop> {
    if let Some(instance) = instance
        && let Some(address) = desk.reader.address(instance).await?
    {
        return Ok(Some(address));
    }
    Ok(match desk.place_of(actor, outbound).await? {
        Place::ServedAt(address) => Some(address),
        Place::Over => None,
    })
}

async fn position_of(desk: &Desk, opened: &Opened) -> Result<Position, Stop> {
    let from = desk.store.attach_from(opened.session).await?;
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
