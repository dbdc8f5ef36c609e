//! What became of a message to somebody whom it was for.

use tenfold_core::event::Event;
use tenfold_core::ids::{AccountId, Position, SessionId};
use tenfold_log::database::{Client, DatabaseError};

use crate::explain::lines;
use crate::names::Names;
use crate::raw_event::RawEvent;

/// In sentences. `events` are the reader's and the writer's.
pub(super) async fn delivery(
    client: &Client,
    message: &RawEvent,
    reader: AccountId,
    events: &[RawEvent],
    names: &Names,
) -> Result<Vec<String>, DatabaseError> {
    let (name, position) = (names.account(reader), message.position);
    let Some(session) = session_at(events, reader, position) else {
        return Ok(Vec::new());
    };
    let row = client
        .query_opt(include_str!("../../sql/acknowledged.sql"), &[&session.0])
        .await?;
    let acknowledged = row.map(|row| Position(row.get(0)));
    if let Some(up_to) = acknowledged.filter(|up_to| *up_to >= position) {
        return Ok(vec![format!(
            "{name}'s client was shown it, and has acknowledged everything up to position {up_to}"
        )]);
    }
    let line = |event: &RawEvent| {
        let line = lines(std::slice::from_ref(event), names).pop();
        line.map_or_else(String::new, |line| format!("{}: {}", line.position, line.sentence))
    };
    let mut told = Vec::new();
    let behind = || events.iter().filter(|event| event.position > position);
    match behind().find(|event| ends(event, session)) {
        Some(end) => told.push(format!(
            "the session that it was for is over since {}; what {name}'s client had been shown by then is not kept",
            line(end)
        )),
        None => told.push(format!(
            "{name}'s client has acknowledged {}: it is not connected, does not read, or shows it right now",
            acknowledged.map_or_else(
                || "nothing yet".into(),
                |up_to| format!("only what is up to position {up_to}")
            )
        )),
    }
    let deleted = |event: &&RawEvent| event.kind == "AccountDeleted" && event.stream == message.stream;
    if let Some(deleted) = behind().find(deleted) {
        told.push(format!("whatever had not been shown by {} never is", line(deleted)));
    }
    Ok(told)
}

fn session_at(events: &[RawEvent], account: AccountId, at: Position) -> Option<SessionId> {
    let mut session = None;
    for event in events.iter().filter(|event| event.position <= at) {
        match event.decode().ok()?.event {
            Event::SessionStarted {
                session: begun,
                account: whose,
                ..
            } if whose == account => session = Some(begun),
            Event::SessionEnded { account: whose, .. } if whose == account => session = None,
            _ => {}
        }
    }
    session
}

fn ends(event: &RawEvent, wanted: SessionId) -> bool {
    let ended = event.decode().map(|recorded| recorded.event);
    matches!(ended, Ok(Event::SessionEnded { session, .. }) if session == wanted)
}
