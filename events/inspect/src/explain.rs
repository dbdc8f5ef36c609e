//! One event: what it changed, what it rests on and what rests on it.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use uuid::Uuid;

use crate::concerning;
use crate::past::{self, PastError};
use crate::premises::{Found, Premise, premises};
use crate::tail::{Names, RawEvent, Unreadable};
use crate::words::{changed, ground, sentence};
use tenfold_log::database::DatabaseError;
use tenfold_log::span::{Span, bound};
use tenfold_replay::state::MomentError;

/// How many of the events that an event caused are told.
const TOLD: usize = 12;
/// How many later events of those whom it speaks of are looked through for that.
const LOOKED_THROUGH: usize = 5000;
/// How many people's deliveries of one message are told.
const PEOPLE: usize = 50;

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
    pub command: Vec<Told>,
    /// What it rests on.
    pub rests_on: Vec<Ground>,
    /// Later events that rest on it.
    pub caused: Vec<Told>,
    /// Whether there may be more of those than are told.
    pub caused_more: bool,
    /// To whom it was delivered, as far as is known.
    pub delivered: Vec<String>,
}

/// Another event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Where.
    pub position: Position,
    /// In words.
    pub sentence: String,
}

/// Something it rests on.
#[derive(Debug, Serialize)]
pub struct Ground {
    /// What must have been so.
    pub ground: String,
    /// Whether it was.
    pub was_so: bool,
    /// The event that made it so, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Told>,
}

/// Why an event cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// It is not there, or what was before it cannot be told.
    #[error(transparent)]
    Past(#[from] PastError),
    /// What was before it cannot be looked up.
    #[error(transparent)]
    Moment(#[from] MomentError),
    /// It, or one that it rests on, cannot be looked into.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
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
    let raw = concerning::read_at(client, &[position]).await?.pop();
    let raw = raw.ok_or(PastError::Gap(position))?;
    let recorded = raw.decode()?;
    let mut facts = past::about(client, home, Position(position.0 - 1), &raw.ids()).await?;
    let mates = mates(client, &recorded).await?;
    let grounds = premises(&facts, &recorded.event);
    let causes = causes(client, &grounds).await?;
    let changes = facts.changes(position, &recorded.event).unwrap_or_default();
    let mut names = Names::default();
    names
        .learn_ids(client, everybody(&facts, &raw, &recorded.event))
        .await?;
    names.learn(client, &[&mates[..], &causes[..]].concat()).await?;
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
        command: told(&mates, &names),
        rests_on: grounds
            .iter()
            .map(|premise| Ground::of(premise, &causes, &names))
            .collect(),
        caused: told(&effects.found, &names),
        caused_more: effects.more,
        delivered,
        event: raw,
    })
}

impl Ground {
    fn of(premise: &Premise, causes: &[RawEvent], names: &Names) -> Ground {
        let position = match premise.found {
            Found::Since(position) => Some(position),
            _ => None,
        };
        let cause = causes.iter().find(|event| Some(event.position) == position);
        Ground {
            ground: ground(&premise.ground, names),
            was_so: premise.found != Found::Missing,
            event: cause.and_then(|event| told(std::slice::from_ref(event), names).pop()),
        }
    }
}

/// What cannot be read is told by its kind.
fn told(events: &[RawEvent], names: &Names) -> Vec<Told> {
    let each = events.iter().map(|event| Told {
        position: event.position,
        sentence: match event.decode() {
            Ok(recorded) => sentence(&recorded.event, names),
            Err(_) => tenfold_core::escape::escaped(&event.kind).into_owned(),
        },
    });
    each.collect()
}

async fn mates(client: &Client, recorded: &Recorded) -> Result<Vec<RawEvent>, DatabaseError> {
    let mut events = concerning::of_command(client, recorded.command.0).await?;
    events.retain(|event| event.position != recorded.position);
    Ok(events)
}

async fn causes(client: &Client, grounds: &[Premise]) -> Result<Vec<RawEvent>, DatabaseError> {
    let positions = grounds.iter().filter_map(|premise| match premise.found {
        Found::Since(position) => Some(position),
        _ => None,
    });
    let positions: BTreeSet<Position> = positions.collect();
    concerning::read_at(client, &positions.into_iter().collect::<Vec<_>>()).await
}

/// Everybody whose name may be told: those in the event, and those whose rows go with an account.
fn everybody(facts: &Facts, raw: &RawEvent, event: &Event) -> Vec<Uuid> {
    let mut ids = raw.ids();
    if let Event::AccountDeleted { account } = event {
        let pairs = facts
            .pairs()
            .filter(|pair| pair.key.low == *account || pair.key.high == *account);
        ids.extend(pairs.flat_map(|pair| [pair.key.low.0, pair.key.high.0]));
        let memberships = facts.memberships().filter(|row| row.account == *account);
        ids.extend(memberships.map(|row| row.group.0));
    }
    ids.extend(addressees(facts, event));
    ids
}

/// Whom a message is for, online or not.
fn addressees(facts: &Facts, event: &Event) -> Vec<Uuid> {
    match event {
        Event::MessageSent { to, .. } => vec![to.0],
        Event::GroupMessageSent { group, .. } => {
            let members = facts.memberships().filter(|row| row.group == *group);
            let mut members: Vec<Uuid> = members.map(|row| row.account.0).collect();
            members.sort_unstable();
            members
        }
        _ => Vec::new(),
    }
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
    for (account, session) in recipients.iter().take(PEOPLE) {
        let name = names.show(*account);
        lines.push(match acknowledged(*session) {
            Some(up_to) if up_to >= recorded.position => {
                format!("{name} was shown it, and has acknowledged everything up to {up_to}")
            }
            Some(up_to) => format!("{name} has not acknowledged it, only up to {up_to}"),
            None => format!("{name} was online; what that session has acknowledged is not known"),
        });
    }
    if recipients.len() > PEOPLE {
        lines.push(format!("and {} more were online", recipients.len() - PEOPLE));
    }
    Ok(lines)
}

/// Later events that rest on one.
struct Effects {
    found: Vec<RawEvent>,
    more: bool,
}

/// Looks through the later events of all whom the event speaks of. Whatever rests on a row that it made speaks of one of
/// them, and whatever changes such a row does too: so folding these alone is enough to know the row's position.
async fn effects(client: &Client, mut facts: Facts, raw: &RawEvent) -> Result<Effects, ExplainError> {
    let span = Span {
        after: raw.position,
        until: bound(client).await?,
    };
    let positions = concerning::positions(client, &raw.ids(), span).await?;
    let mut more = positions.len() > LOOKED_THROUGH;
    let positions: Vec<Position> = positions.into_iter().take(LOOKED_THROUGH).collect();
    let mut found = Vec::new();
    'chunks: for chunk in positions.chunks(TOLD * 20) {
        for event in concerning::read_at(client, chunk).await? {
            let Ok(recorded) = event.decode() else { continue };
            let rests = |premise: &Premise| premise.found == Found::Since(raw.position);
            if premises(&facts, &recorded.event).iter().any(rests) {
                if found.len() == TOLD {
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
