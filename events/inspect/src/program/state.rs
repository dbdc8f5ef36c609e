//! `state [--at P|TIME] [--user U | --group G | --instance I] [--json]`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use uuid::Uuid;

use super::arguments::{PartArgument, StateArguments};
use super::failure::{Failure, say};
use super::history::{mended, position};
use super::output::{output, print_json};
use super::summary::Summary;
use crate::clock::Clock;
use crate::look_alike::Looks;
use crate::resolve;
use tenfold_core::escape::escaped;
use tenfold_replay::state::{self, MomentError, Part, Past, State};

/// How many sets of names that look alike are told.
const ALIKE: usize = 10;

pub(super) async fn run(
    client: &Client,
    home: &Path,
    arguments: &StateArguments,
    clock: Clock,
) -> Result<ExitCode, Failure> {
    let at = match arguments.at {
        Some(moment) => Some(position(client, moment, clock).await?),
        None => None,
    };
    match Subject::find(client, &arguments.part).await? {
        None => whole(client, home, at, arguments).await,
        Some(subject) => one(client, home, at, &subject, arguments.json).await,
    }
}

async fn whole(
    client: &Client,
    home: &Path,
    at: Option<Position>,
    arguments: &StateArguments,
) -> Result<ExitCode, Failure> {
    let (facts, position) = match at {
        None => state::facts_now(client).await?,
        Some(wanted) => {
            mended(client, home, async |progress| {
                let past = Past::at(client, home, wanted, progress).await?;
                let position = past.position();
                Ok((past.facts(client).await?, position))
            })
            .await?
        }
    };
    tell_names_alike(&facts);
    let mut out = output();
    if arguments.summary {
        let summary = Summary::of(&facts, position);
        if arguments.json {
            print_json(&mut out, &summary)?;
        } else {
            summary.write_text(&mut out)?;
        }
    } else {
        let state = State::of(&facts, position);
        drop(facts);
        if arguments.json {
            print_json(&mut out, &state)?;
        } else {
            state::write_text(&mut out, &state)?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Which of the living could be taken for one another.
fn tell_names_alike(facts: &Facts) {
    if facts.accounts().all(|account| account.name.is_ascii()) {
        return;
    }
    let mut looks = Looks::default();
    facts.accounts().for_each(|account| looks.add(&account.name));
    looks.sentences().iter().take(ALIKE).for_each(|sentence| say(sentence));
}

async fn one(
    client: &Client,
    home: &Path,
    at: Option<Position>,
    subject: &Subject,
    json: bool,
) -> Result<ExitCode, Failure> {
    let (part, position) = match at {
        None => {
            let (facts, position) = state::facts_now(client).await?;
            let part = subject.in_facts(&facts).and_then(|id| Part::of(&facts, id, position));
            (part, position)
        }
        Some(wanted) => {
            mended(client, home, async |progress| {
                subject.at(client, home, wanted, progress).await
            })
            .await?
        }
    };
    let Some(part) = part else {
        return Err(subject.absent(client, position).await?);
    };
    let mut out = output();
    if json {
        print_json(&mut out, &part)?;
    } else {
        part.write_text(&mut out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Whose or what state is wanted.
enum Subject {
    /// Whoever has that name at the position.
    UserNamed(String),
    /// An account, a group or an application server, and the word for it.
    Known(Uuid, String),
}

impl Subject {
    async fn find(client: &Client, part: &PartArgument) -> Result<Option<Subject>, Failure> {
        let word = |what, word: &str| format!("{what} {}", escaped(word));
        Ok(match part {
            PartArgument { user: Some(name), .. } => Some(Subject::UserNamed(name.clone())),
            PartArgument { group: Some(name), .. } => {
                let (id, name) = resolve::group(client, name).await?;
                Some(Subject::Known(id.0, word("group", &name)))
            }
            PartArgument { instance: Some(id), .. } => {
                let id = resolve::instance(client, id).await?;
                Some(Subject::Known(id.0, format!("application server {id}")))
            }
            _ => None,
        })
    }

    fn in_facts(&self, facts: &Facts) -> Option<Uuid> {
        match self {
            Subject::Known(id, _) => Some(*id),
            Subject::UserNamed(name) => {
                let named = facts.account_named(name).map(|account| account.id.0);
                let by_id = || {
                    facts
                        .accounts()
                        .map(|account| account.id.0)
                        .find(|id| resolve::is_id(*id, name))
                };
                named.or_else(by_id)
            }
        }
    }

    async fn at(
        &self,
        client: &Client,
        home: &Path,
        wanted: Position,
        progress: &tenfold_replay::history::Progress,
    ) -> Result<(Option<Part>, Position), MomentError> {
        let past = Past::at(client, home, wanted, progress).await?;
        let position = past.position();
        let id = match self {
            Subject::Known(id, _) => Some(*id),
            Subject::UserNamed(name) => match past.account_named(client, name).await? {
                Some(id) => Some(id),
                None => past.account_with_id(client, |id| resolve::is_id(id, name)).await?,
            },
        };
        let Some(id) = id else {
            return Ok((None, position));
        };
        let facts = past.facts_about(client, id).await?;
        Ok((Part::of(&facts, id, position), position))
    }

    async fn absent(&self, client: &Client, position: Position) -> Result<Failure, Failure> {
        Ok(Failure::Sentence(match self {
            Subject::UserNamed(name) => format!(
                "nobody is called {} at position {position} (names are case-sensitive){}: `bin/events state --at {position}` lists \
                 everybody",
                escaped(name),
                resolve::near(client, name).await?
            ),
            Subject::Known(_, word) => format!("there is no {word} yet at position {position}: give a later one"),
        }))
    }
}
