//! `story`: the life of a user, a group or an application server in plain sentences.

use std::io::{BufWriter, Stdout, Write};
use std::process::ExitCode;

use clap::Args;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use uuid::Uuid;

use super::failure::{Failure, say};
use super::output::output;
use crate::clock::Clock;
use crate::event_kinds::sentence;
use crate::moment_argument::{MomentArgument, moment, no_event_matches};
use crate::names::{Names, short};
use crate::paint::Paint;
use crate::past;
use crate::raw_event::in_json;
use crate::reader;
use crate::resolve::{self, ResolveError};
use tenfold_core::escape::{escaped, escaped_json};
use tenfold_log::sealing::{self, LockedError};
use tenfold_log::span::Span;

/// How many events are read at once.
const CHUNK: usize = 1000;

/// The arguments of `story`.
#[derive(Debug, Args)]
pub(super) struct Story {
    /// A user, a group or an application server: a name or an id. Where it could be several: user:NAME, group:NAME,
    /// instance:ID.
    #[arg(value_name = "NAME|ID")]
    who: String,
    /// Begin at this position or time.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    from: Option<MomentArgument>,
    /// End at this position or time.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    to: Option<MomentArgument>,
    /// One JSON object an event.
    #[arg(long)]
    json: bool,
}

/// A user, a group or an application server, and its heading.
struct Subject {
    id: Uuid,
    heading: String,
}

pub(super) async fn run(client: &Client, story: &Story, clock: Clock) -> Result<ExitCode, Failure> {
    let subjects = subjects(client, &story.who, clock).await?;
    let span = past::span(client, story.from, story.to, clock).await?;
    let mut out = output();
    let mut narrator = Narrator {
        client,
        names: Names::default(),
        clock,
        json: story.json,
        paint: Paint::for_stdout(),
    };
    for (index, subject) in subjects.iter().enumerate() {
        if !story.json {
            let gap = if index > 0 { "\n" } else { "" };
            writeln!(out, "{gap}{}", narrator.paint.bold(&subject.heading))?;
        }
        if !narrator.write(&mut out, subject, span).await? {
            out.flush()?;
            say(&no_event_matches(span, (story.from, story.to), clock));
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

struct Narrator<'a> {
    client: &'a Client,
    names: Names,
    clock: Clock,
    json: bool,
    paint: Paint,
}

impl Narrator<'_> {
    /// Whether there was anything to tell.
    async fn write(&mut self, out: &mut BufWriter<Stdout>, subject: &Subject, span: Span) -> Result<bool, Failure> {
        let positions = reader::positions(self.client, &[subject.id], span).await?;
        let positions: Vec<Position> = positions.into_iter().collect();
        for chunk in positions.chunks(CHUNK) {
            let events = reader::read_at(self.client, chunk).await?;
            self.names.learn(self.client, &events).await?;
            for event in events {
                let sentence = match event.decode() {
                    Ok(recorded) => sentence(&recorded.event, &self.names),
                    Err(unreadable) => unreadable.sentence(),
                };
                if self.json {
                    let line = serde_json::json!({
                        "subject": subject.id, "position": event.position, "at": in_json(event.at), "kind": event.kind, "sentence": sentence,
                    });
                    writeln!(out, "{}", escaped_json(&line.to_string()))?;
                } else {
                    let at = self.paint.dim(&self.clock.shown(event.at));
                    writeln!(out, "{:>9}  {at}  {sentence}", event.position.0)?;
                }
            }
        }
        Ok(!positions.is_empty())
    }
}

async fn subjects(client: &Client, who: &str, clock: Clock) -> Result<Vec<Subject>, Failure> {
    let (kind, name) = match who.split_once(':') {
        Some((kind @ ("user" | "group" | "instance"), name)) => (kind, name),
        _ => ("", who),
    };
    let wanted = |this: &str| kind.is_empty() || kind == this;
    let mut found = Vec::new();
    let mut kinds = Vec::new();
    if wanted("user") {
        let users = users(client, name, clock).await?;
        kinds.extend((!users.is_empty()).then_some("user"));
        found.extend(users);
    }
    if wanted("group") {
        let group = there(resolve::group(client, name).await)?;
        kinds.extend(group.as_ref().map(|_| "group"));
        found.extend(group.map(|(id, name)| Subject {
            id: id.0,
            heading: format!("The group {} ({})", escaped(&name), short(id.0)),
        }));
    }
    if wanted("instance") {
        let instance = there(resolve::instance(client, name).await)?;
        kinds.extend(instance.map(|_| "instance"));
        found.extend(instance.map(|id| Subject {
            id: id.0,
            heading: format!("The application server {id}"),
        }));
    }
    if kinds.is_empty() && sealing::is_locked(client).await? {
        return Err(LockedError.into());
    }
    let near = match kinds.as_slice() {
        [] => resolve::near(client, name).await?,
        _ => String::new(),
    };
    let name = escaped(name);
    match kinds.as_slice() {
        [] => Err(Failure::Sentence(format!(
            "there is no user, group or application server called {name} (names are case-sensitive){near}"
        ))),
        [_] => Ok(found),
        several => {
            let each: Vec<String> = several.iter().map(|kind| format!("{kind}:{name}")).collect();
            Err(Failure::Sentence(format!(
                "{name} is the name of several things; write {}",
                each.join(" or ")
            )))
        }
    }
}

async fn users(client: &Client, name: &str, clock: Clock) -> Result<Vec<Subject>, Failure> {
    let lives = there(resolve::accounts(client, name).await)?.unwrap_or_default();
    let subjects = lives.iter().map(|life| Subject {
        id: life.id.0,
        heading: format!("{}, account {}", escaped(&life.name), life.words(clock)),
    });
    Ok(subjects.collect())
}

/// Nobody is no mistake here: it may be something else that is meant.
fn there<T>(found: Result<T, ResolveError>) -> Result<Option<T>, Failure> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(
            ResolveError::NoAccount(..)
            | ResolveError::Locked(_)
            | ResolveError::NoGroup(..)
            | ResolveError::NoInstance(_),
        ) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
