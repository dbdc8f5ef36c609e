//! One event: what it changed, its preconditions and the later events that have it among theirs.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::{Change, Facts};
use tenfold_core::ids::{GroupId, Position};
use tenfold_log::database::Client;
use uuid::Uuid;

use crate::event_kinds::{preconditions, sentence};
use crate::names::Names;
use crate::past::{self, PastError};
use crate::preconditions::{Found, Precondition};
use crate::raw_event::{RawEvent, UnreadableError};
use crate::reader;
use crate::row_text::{changed, named_ids};
use tenfold_log::database::DatabaseError;
use tenfold_log::span::{Span, high_water_mark};
use tenfold_replay::state::MomentError;

/// How many of the events that an event caused are shown.
const SHOWN: usize = 12;
/// How many later events are examined for that.
const EXAMINED: usize = 5000;
/// How many recipients of one message are shown.
const RECIPIENTS: usize = 50;

/// An event, explained.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// As it stands in the log.
    pub event: RawEvent,
    /// In words.
    pub sentence: String,
    /// What it changed in each projection, row by row.
    pub changes: Vec<String>,
    /// The other events of the same command.
    pub same_command: Vec<EventLine>,
    /// What had to be so.
    pub preconditions: Vec<PreconditionLine>,
    /// Later events of which it made a precondition hold.
    pub caused: Vec<EventLine>,
    /// Whether there may be more of those than are shown.
    pub caused_more: bool,
    /// To whom it was delivered, as far as is known.
    pub delivered: Vec<String>,
}

/// Another event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventLine {
    /// Where.
    pub position: Position,
    /// In words.
    pub sentence: String,
}

/// A precondition, as it was before the event.
#[derive(Debug, Serialize)]
pub struct PreconditionLine {
    /// What had to be so.
    pub requirement: String,
    /// Whether it was.
    pub held: bool,
    /// The event that made it so, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventLine>,
}

/// Why an event cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// There is none at that position, or the log cannot be read.
    #[error(transparent)]
    Past(#[from] PastError),
    /// The state before it cannot be looked up.
    #[error(transparent)]
    Moment(#[from] MomentError),
}

impl From<DatabaseError> for ExplainError {
    fn from(error: DatabaseError) -> Self {
        Self::Past(error.into())
    }
}

impl From<tokio_postgres::Error> for ExplainError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Past(error.into())
    }
}

/// Explains the event at that position.
///
/// # Errors
/// Where there is none, or the log before it cannot be replayed.
pub async fn explain(client: &Client, home: &Path, position: Position) -> Result<Explanation, ExplainError> {
    past::within(client, position).await?;
    let raw = past::event_at(client, position).await?;
    let recorded = match raw.decode() {
        Ok(recorded) => recorded,
        Err(unreadable) => return damaged(client, raw, &unreadable).await,
    };
    let mut facts = past::about(client, home, Position(position.0 - 1), &raw.ids()).await?;
    let others = others_of_command(client, &recorded).await?;
    let required = preconditions(&facts, &recorded.event);
    let causes = causes(client, &required).await?;
    let changes = facts.changes(position, &recorded.event).unwrap_or_default();
    let mut names = Names::default();
    names
        .learn_ids(client, everybody(&facts, &raw, &recorded.event, &changes))
        .await?;
    names.learn(client, &[&others[..], &causes[..]].concat()).await?;
    let changes = changes
        .iter()
        .flat_map(|change| changed(&facts, change, &names))
        .collect();
    let delivered = deliveries(client, &facts, &recorded, &names).await?;
    facts.apply(position, recorded.version, &recorded.event).ok();
    let effects = effects(client, facts, &raw).await?;
    names.learn(client, &effects.found).await?;
    Ok(Explanation {
        sentence: sentence(&recorded.event, &names),
        changes,
        same_command: lines(&others, &names),
        preconditions: required
            .iter()
            .map(|one| PreconditionLine::of(one, &causes, &names))
            .collect(),
        caused: lines(&effects.found, &names),
        caused_more: effects.more,
        delivered,
        event: raw,
    })
}

/// An event that cannot be looked into: what is beside it can be.
async fn damaged(client: &Client, raw: RawEvent, unreadable: &UnreadableError) -> Result<Explanation, ExplainError> {
    let mut others = reader::of_command(client, raw.command).await?;
    others.retain(|event| event.position != raw.position);
    let mut names = Names::default();
    names.learn(client, &others).await?;
    Ok(Explanation {
        sentence: unreadable.sentence(),
        changes: Vec::new(),
        same_command: lines(&others, &names),
        preconditions: Vec::new(),
        caused: Vec::new(),
        caused_more: false,
        delivered: Vec::new(),
        event: raw,
    })
}

impl PreconditionLine {
    fn of(precondition: &Precondition, causes: &[RawEvent], names: &Names) -> PreconditionLine {
        let position = match precondition.found {
            Found::Since(position) => Some(position),
            _ => None,
        };
        let cause = causes.iter().find(|event| Some(event.position) == position);
        PreconditionLine {
            requirement: precondition.requirement.text(names),
            held: precondition.found != Found::Missing,
            event: cause.and_then(|event| lines(std::slice::from_ref(event), names).pop()),
        }
    }
}

/// What cannot be decoded is shown by its kind.
pub(crate) fn lines(events: &[RawEvent], names: &Names) -> Vec<EventLine> {
    let each = events.iter().map(|event| EventLine {
        position: event.position,
        sentence: match event.decode() {
            Ok(recorded) => sentence(&recorded.event, names),
            Err(unreadable) => unreadable.sentence(),
        },
    });
    each.collect()
}

async fn others_of_command(client: &Client, recorded: &Recorded) -> Result<Vec<RawEvent>, DatabaseError> {
    let mut events = reader::of_command(client, recorded.command.0).await?;
    events.retain(|event| event.position != recorded.position);
    Ok(events)
}

async fn causes(client: &Client, preconditions: &[Precondition]) -> Result<Vec<RawEvent>, DatabaseError> {
    let positions = preconditions.iter().filter_map(|one| match one.found {
        Found::Since(position) => Some(position),
        _ => None,
    });
    let positions: BTreeSet<Position> = positions.collect();
    reader::read_at(client, &positions.into_iter().collect::<Vec<_>>()).await
}

/// Everybody whose name may be shown: those in the event, and those in the rows that it removes.
fn everybody(facts: &Facts, raw: &RawEvent, event: &Event, changes: &[Change]) -> Vec<Uuid> {
    let mut ids = raw.ids();
    let removed = changes.iter().flat_map(|change| facts.removed_by(change));
    ids.extend(removed.flat_map(|row| named_ids(&row)));
    ids.extend(addressees(facts, event));
    ids
}

/// Whom a message is for, online or not.
fn addressees(facts: &Facts, event: &Event) -> Vec<Uuid> {
    let Some(recipient) = event.recipient().filter(|_| event.is_message()) else {
        return Vec::new();
    };
    if facts.group(GroupId(recipient)).is_none() {
        return vec![recipient];
    }
    let members = facts.memberships().filter(|row| row.group.0 == recipient);
    let mut members: Vec<Uuid> = members.map(|row| row.account.0).collect();
    members.sort_unstable();
    members
}

/// Who of these had a session at that position, and which, in their order.
async fn online(client: &Client, accounts: &[Uuid], at: Position) -> Result<Vec<(Uuid, Uuid)>, DatabaseError> {
    let last = "select distinct on (stream) stream, kind, (data->>'session')::uuid from event \
                where stream = any($1) and kind in ('SessionStarted', 'SessionEnded') and position < $2 \
                order by stream, version desc";
    let rows = client.query(last, &[&accounts, &at.0]).await?;
    let started = rows.iter().filter(|row| row.get::<_, &str>(1) == "SessionStarted");
    Ok(started.map(|row| (row.get(0), row.get(2))).collect())
}

async fn deliveries(
    client: &Client,
    facts: &Facts,
    recorded: &Recorded,
    names: &Names,
) -> Result<Vec<String>, DatabaseError> {
    let recipients = online(client, &addressees(facts, &recorded.event), recorded.position).await?;
    let sessions: Vec<Uuid> = recipients.iter().map(|(_, session)| *session).collect();
    let select = "select session_id, position from acknowledged where session_id = any($1)";
    let rows = client.query(select, &[&sessions]).await?;
    let acknowledged = |session: Uuid| {
        let row = rows.iter().find(|row| row.get::<_, Uuid>(0) == session);
        row.map(|row| Position(row.get(1)))
    };
    let mut lines: Vec<String> = Vec::new();
    for (account, session) in recipients.iter().take(RECIPIENTS) {
        let name = names.show(*account);
        lines.push(match acknowledged(*session) {
            Some(up_to) if up_to >= recorded.position => {
                format!("{name} was shown it, and has acknowledged everything up to {up_to}")
            }
            Some(up_to) => format!("{name} has not acknowledged it, only up to {up_to}"),
            None => format!("{name} was online; what that session has acknowledged is not known"),
        });
    }
    if recipients.len() > RECIPIENTS {
        lines.push(format!("and {} more were online", recipients.len() - RECIPIENTS));
    }
    Ok(lines)
}

/// Later events of which an event made a precondition hold.
struct Effects {
    found: Vec<RawEvent>,
    more: bool,
}

/// Looks through the later events of all whom the event speaks of. Whatever requires a row that it made speaks of one of
/// them, and whatever changes such a row does too: so folding these alone is enough to know the row's position.
async fn effects(client: &Client, mut facts: Facts, raw: &RawEvent) -> Result<Effects, ExplainError> {
    let span = Span {
        after: raw.position,
        until: high_water_mark(client).await?,
    };
    let positions = reader::positions(client, &raw.ids(), span).await?;
    let mut more = positions.len() > EXAMINED;
    let positions: Vec<Position> = positions.into_iter().take(EXAMINED).collect();
    let mut found = Vec::new();
    'chunks: for chunk in positions.chunks(SHOWN * 20) {
        for event in reader::read_at(client, chunk).await? {
            let Ok(recorded) = event.decode() else { continue };
            let required = preconditions(&facts, &recorded.event);
            if required.iter().any(|one| one.found == Found::Since(raw.position)) {
                if found.len() == SHOWN {
                    more = true;
                    break 'chunks;
                }
                found.push(event);
            }
            // An instance that is not among them may have moved on meanwhile; nothing here rests on that.
            facts.apply(recorded.position, recorded.version, &recorded.event).ok();
        }
    }
    Ok(Effects { found, more })
}
