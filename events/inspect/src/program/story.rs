//! `story`: the life of a user, a group or an application server in plain sentences.

use std::io::{BufWriter, Stdout, Write};
use std::process::ExitCode;

use clap::Args;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use uuid::Uuid;

use super::failure::Failure;
use super::output::output;
use crate::concerning;
use crate::moment_argument::{MomentArgument, moment, shown};
use crate::paint::Paint;
use crate::past;
use crate::tail::{Names, short};
use crate::who::{self, WhoError};
use crate::words::sentence;
use tenfold_core::escape::{escaped, escaped_json};
use tenfold_log::span::Span;

/// How many events are told at once.
const CHUNK: usize = 1000;

/// What `story` can be told.
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

/// Somebody or something whose story is told, and its heading.
struct Hero {
    id: Uuid,
    heading: String,
}

pub(super) async fn run(client: &Client, story: &Story) -> Result<ExitCode, Failure> {
    let heroes = heroes(client, &story.who).await?;
    let span = past::span(client, story.from, story.to).await.map_err(Failure::of)?;
    let mut out = output();
    let mut teller = Teller {
        client,
        names: Names::default(),
        json: story.json,
        paint: Paint::for_stdout(),
    };
    for (index, hero) in heroes.iter().enumerate() {
        if !story.json {
            let gap = if index > 0 { "\n" } else { "" };
            writeln!(out, "{gap}{}", teller.paint.bold(&hero.heading))?;
        }
        teller.tell(&mut out, hero, span).await?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

struct Teller<'a> {
    client: &'a Client,
    names: Names,
    json: bool,
    paint: Paint,
}

impl Teller<'_> {
    async fn tell(&mut self, out: &mut BufWriter<Stdout>, hero: &Hero, span: Span) -> Result<(), Failure> {
        let positions = concerning::positions(self.client, &[hero.id], span).await?;
        let positions: Vec<Position> = positions.into_iter().collect();
        for chunk in positions.chunks(CHUNK) {
            let events = concerning::read_at(self.client, chunk).await?;
            self.names.learn(self.client, &events).await?;
            for event in events {
                let sentence = match event.decode() {
                    Ok(recorded) => sentence(&recorded.event, &self.names),
                    Err(unreadable) => escaped(&unreadable.to_string()).into_owned(),
                };
                if self.json {
                    let line = serde_json::json!({
                        "id": hero.id, "position": event.position, "at": event.at, "kind": event.kind, "sentence": sentence,
                    });
                    writeln!(out, "{}", escaped_json(&line.to_string()))?;
                } else {
                    let at = self.paint.dim(&shown(event.at));
                    writeln!(out, "{:>9}  {at}  {sentence}", event.position.0)?;
                }
            }
        }
        Ok(())
    }
}

async fn heroes(client: &Client, who: &str) -> Result<Vec<Hero>, Failure> {
    let (kind, name) = match who.split_once(':') {
        Some((kind @ ("user" | "group" | "instance"), name)) => (kind, name),
        _ => ("", who),
    };
    let wanted = |this: &str| kind.is_empty() || kind == this;
    let mut found = Vec::new();
    let mut kinds = Vec::new();
    if wanted("user") {
        let users = users(client, name).await?;
        kinds.extend((!users.is_empty()).then_some("user"));
        found.extend(users);
    }
    if wanted("group") {
        let group = there(who::group(client, name).await)?;
        kinds.extend(group.as_ref().map(|_| "group"));
        found.extend(group.map(|(id, name)| Hero {
            id: id.0,
            heading: format!("The group {} ({})", escaped(&name), short(id.0)),
        }));
    }
    if wanted("instance") {
        let instance = there(who::instance(client, name).await)?;
        kinds.extend(instance.map(|_| "instance"));
        found.extend(instance.map(|id| Hero {
            id: id.0,
            heading: format!("The application server {id}"),
        }));
    }
    let name = escaped(name);
    match kinds.as_slice() {
        [] => Err(Failure::Sentence(format!(
            "there is no user, group or application server called {name}; upper and lower case are different"
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

async fn users(client: &Client, name: &str) -> Result<Vec<Hero>, Failure> {
    let lives = there(who::accounts(client, name).await)?.unwrap_or_default();
    let heroes = lives.iter().map(|life| Hero {
        id: life.id.0,
        heading: format!("{}, account {}", escaped(&life.name), life.words()),
    });
    Ok(heroes.collect())
}

/// Nobody is no mistake here: it may be something else that is meant.
fn there<T>(found: Result<T, WhoError>) -> Result<Option<T>, Failure> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(WhoError::NoAccount(_) | WhoError::Locked(_) | WhoError::NoGroup(_) | WhoError::NoInstance(_)) => Ok(None),
        Err(error) => Err(Failure::of(error)),
    }
}
