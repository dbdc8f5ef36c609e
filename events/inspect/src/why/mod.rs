//! Why somebody is shown a post or a message, or is not: what that takes, and the events by which each of it came to be so, or ended.
//!
//! What is looked at are the events of the reader's and the writer's own streams: whatever makes or ends an account, a session, a
//! friendship or a membership of theirs stands there. So this needs no fold of the whole log.

mod conditions;
mod delivery;

use serde::Serialize;
use tenfold_core::event::Event;
use tenfold_core::facts::Facts;
use tenfold_core::ids::{AccountId, Position};
use tenfold_log::database::{Client, DatabaseError};
use tenfold_log::span::high_water_mark;
use uuid::Uuid;

use crate::clock::Clock;
use crate::event_kinds::sentence;
use crate::explain::{EventLine, lines};
use crate::names::Names;
use crate::past::{self, PastError};
use crate::preconditions::{Lookup, Precondition};
use crate::raw_event::{RawEvent, UnreadableError};
use crate::reader;
use crate::resolve::{self, Life, ResolveError};
pub use conditions::Condition;
use conditions::Conditions;
use delivery::delivery;

/// The kinds of events by which what it takes can begin or end.
const KINDS: [&str; 13] = [
    "AccountRegistered",
    "AccountDeleted",
    "SessionStarted",
    "SessionEnded",
    "InviteSent",
    "InviteAccepted",
    "InviteDeclined",
    "Unfriended",
    "Blocked",
    "Unblocked",
    "GroupCreated",
    "GroupJoined",
    "GroupLeft",
];

/// The answer.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// Whose question it is.
    pub user: String,
    /// The account of that name that is meant.
    pub account: Uuid,
    /// The post or message.
    pub event: EventLine,
    /// Whether it is a message and no post.
    pub message: bool,
    /// As of which position: a post is seen or not whenever it is asked for, a message is for whom it is when it is sent.
    #[serde(rename = "position")]
    pub at: Position,
    /// Whether everything is so that it takes.
    pub sees: bool,
    /// What it takes.
    pub conditions: Vec<Condition>,
    /// What else there is to say, such as whether the message arrived.
    pub also: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WhyError {
    /// There is no such event, or the log cannot be read.
    #[error(transparent)]
    Past(#[from] PastError),
    /// Nobody is called so.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The event cannot be decoded.
    #[error(transparent)]
    Unreadable(#[from] UnreadableError),
    /// Nobody is shown such an event.
    #[error("the event at position {0} is no post and no message ({1}): `bin/events show {0}` explains it")]
    NotShown(Position, String),
    /// A message is for whom it is when it is sent.
    #[error("--at is for posts, and position {0} is a message: it is for whom it was when it was sent; leave --at out")]
    MessageAt(Position),
    /// It was not there yet.
    #[error("the post at position {0} was not written yet at position {1}: give a later --at")]
    TooEarly(Position, Position),
}

impl From<DatabaseError> for WhyError {
    fn from(error: DatabaseError) -> Self {
        Self::Past(error.into())
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Who sees it, or not: a name or an id.
    pub user: &'a str,
    /// The post or message.
    pub position: Position,
    /// When a post is looked for; now, where nothing is said.
    pub at: Option<Position>,
    /// By which clock times are told.
    pub clock: Clock,
}

/// Answers it, and says which accounts have had that name, where they are several.
///
/// # Errors
/// Where there is no such user, post or message; where the log cannot be read.
pub async fn why(client: &Client, question: &Question<'_>) -> Result<(Answer, Option<String>), WhyError> {
    let raw = past::event_at(client, question.position).await?;
    let event = raw.decode()?.event;
    let end = high_water_mark(client).await?;
    let at = moment(question, &event, end)?;
    let lives = resolve::accounts(client, question.user).await?;
    let life = meant(&lives, at);
    let user = life.id;
    let streams = [user.0, raw.stream];
    let events = reader::of_streams(client, &streams, &KINDS, end).await?;
    let has_blocked = has_blocked(&events, user, raw.stream.into());
    let conditions = Conditions::gather(&events, at, |facts| required(facts, &event, user, has_blocked));
    let mut names = Names::default();
    names.learn_ids(client, raw.ids().into_iter().chain([user.0])).await?;
    names.learn(client, &conditions.events()).await?;
    let told = conditions.told(&names);
    let held = told.iter().all(|condition: &Condition| condition.held);
    let (for_them, mut also) = addressed(&event, user, &names);
    if event.is_message() && for_them && held {
        also.extend(delivery(client, &raw, user, &events, &names).await?);
    }
    let answer = Answer {
        user: names.account(user),
        account: user.0,
        event: lines(std::slice::from_ref(&raw), &names).remove(0),
        message: event.is_message(),
        at,
        sees: held && for_them,
        conditions: told,
        also,
    };
    Ok((answer, resolve::several(question.user, &lives, question.clock)))
}

/// As of which position it is answered.
fn moment(question: &Question<'_>, event: &Event, end: Position) -> Result<Position, WhyError> {
    let position = question.position;
    match (event, question.at) {
        (Event::Posted { .. }, Some(at)) if at < position => Err(WhyError::TooEarly(position, at)),
        (Event::Posted { .. }, at) => Ok(at.unwrap_or(end).min(end)),
        (event, Some(_)) if event.is_message() => Err(WhyError::MessageAt(position)),
        (event, None) if event.is_message() => Ok(position),
        (event, _) => Err(WhyError::NotShown(position, sentence(event, &Names::default()))),
    }
}

/// Of those who have had the name the one who had it then; else the last before, else the first after.
fn meant(lives: &[Life], at: Position) -> &Life {
    let before = lives.iter().rfind(|life| life.registered.0 <= at);
    before.unwrap_or(&lives[0])
}

/// Whether `user` ever blocked the other, now or then.
fn has_blocked(events: &[RawEvent], user: AccountId, other: AccountId) -> bool {
    let wanted = Event::Blocked { by: user, whom: other };
    let decoded = events.iter().filter_map(|event| event.decode().ok());
    decoded.into_iter().any(|recorded| recorded.event == wanted)
}

/// What it takes that `user` is shown it.
fn required(facts: &Facts, event: &Event, user: AccountId, has_blocked: bool) -> Vec<Precondition> {
    let look_up = Lookup(facts);
    let mut required = vec![look_up.account(user), look_up.logged_in(user)];
    match *event {
        Event::Posted { author, .. } if author != user => {
            required.extend([look_up.account(author), look_up.friends(user, author)]);
        }
        Event::GroupMessageSent { from, group, .. } => {
            required.push(look_up.member(user, group));
            // Of no interest where there never was one.
            required.extend(has_blocked.then(|| look_up.blocks_not(user, from)));
        }
        _ => {}
    }
    required
}

/// Whether it is meant for `user` at all, and what is to be said where it is not.
fn addressed(event: &Event, user: AccountId, names: &Names) -> (bool, Vec<String>) {
    let name = names.account(user);
    match event {
        Event::Posted { author, .. } if *author == user => {
            let own = format!("{name} wrote it: receive-post shows the posts of friends, not one's own");
            (false, vec![own])
        }
        Event::MessageSent { to, .. } if *to != user => {
            let other = format!("it was written to {}, and nobody else is shown it", names.account(*to));
            (false, vec![other])
        }
        _ => (true, Vec::new()),
    }
}
