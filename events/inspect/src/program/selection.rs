//! Which events are wanted: the options that `tail` and `count` share.

use clap::Args;
use clap::builder::PossibleValuesParser;
use tenfold_core::event::KINDS;
use tenfold_log::database::Client;
use uuid::Uuid;

use super::failure::{Failure, say};
use crate::clock::Clock;
use crate::resolve;
use crate::tail::Filter;

/// What an event must be, in every respect that is given.
#[derive(Debug, Default, Args)]
pub(super) struct Selection {
    /// What this user did, and what was done to them; a name or an id.
    #[arg(long, value_name = "NAME")]
    user: Vec<String>,
    /// What happened in this group.
    #[arg(long, value_name = "NAME")]
    group: Vec<String>,
    /// What happened to this application server, and who sat there; the beginning or the end of its id.
    #[arg(long, value_name = "ID")]
    instance: Vec<String>,
    /// Only what this user did themselves.
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only the events of this stream.
    #[arg(long, value_name = "UUID")]
    stream: Option<Uuid>,
    /// Only the events of this command; its id, or the beginning or the end of it, as logs and `show` print it.
    #[arg(long, value_name = "ID")]
    command: Option<String>,
    /// Only this kind of event; may be given several times.
    #[arg(long = "type", value_name = "KIND", value_parser = PossibleValuesParser::new(KINDS), hide_possible_values = true)]
    kinds: Vec<String>,
    /// Only commands that were refused.
    #[arg(long, conflicts_with = "kinds")]
    refused: bool,
}

impl Selection {
    /// The same by ids.
    pub(super) async fn filter(&self, client: &Client, clock: Clock) -> Result<Filter, Failure> {
        let mut filter = Filter {
            stream: self.stream,
            ..Filter::default()
        };
        for user in &self.user {
            filter.about.push(accounts(client, user, clock).await?);
        }
        for group in &self.group {
            let (id, _) = resolve::group(client, group).await?;
            filter.about.push(vec![id.0]);
        }
        for instance in &self.instance {
            let id = resolve::instance(client, instance).await?;
            filter.about.push(vec![id.0]);
        }
        if let Some(actor) = &self.actor {
            filter.actors = Some(accounts(client, actor, clock).await?);
        }
        if let Some(command) = &self.command {
            filter.command = Some(resolve::command(client, command).await?);
        }
        let refused = self.refused.then(|| vec!["CommandRefused".to_owned()]);
        filter.kinds = refused.or_else(|| Some(self.kinds.clone()).filter(|kinds| !kinds.is_empty()));
        Ok(filter)
    }
}

/// All accounts that have had that name; where they are several, it is said which.
pub(super) async fn accounts(client: &Client, name: &str, clock: Clock) -> Result<Vec<Uuid>, Failure> {
    let lives = resolve::accounts(client, name).await?;
    if let Some(sentence) = resolve::several(name, &lives, clock) {
        say(&sentence);
    }
    Ok(lives.iter().map(|life| life.id.0).collect())
}
