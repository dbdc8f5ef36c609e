//! `tail`: the events one after the other, all or those that are asked for.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use tenfold_core::event::KINDS;
use tenfold_log::database::Client;
use uuid::Uuid;

use super::failure::{Failure, say};
use super::output::{is_closed, output};
use crate::moment_argument::{self, MomentArgument, moment};
use crate::paint::Paint;
use crate::past;
use crate::resolve;
use crate::tail::{Filter, PrintError, Printer, Reading};
use tenfold_core::ids::Position;
use tenfold_log::span::{Span, head, high_water_mark};

/// How often new events are looked for.
const POLL: Duration = Duration::from_millis(100);

/// The arguments of `tail`.
#[derive(Debug, Args)]
pub(super) struct Tail {
    /// Begin at this position or time instead of at the first event.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    from: Option<MomentArgument>,
    /// End at this position or time.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true, conflicts_with = "follow")]
    to: Option<MomentArgument>,
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
    /// Only this kind of event; may be given several times.
    #[arg(long = "type", value_name = "KIND", value_parser = PossibleValuesParser::new(KINDS), hide_possible_values = true)]
    kinds: Vec<String>,
    /// Only commands that were refused.
    #[arg(long, conflicts_with = "kinds")]
    refused: bool,
    /// Go on with those that come, until interrupted.
    #[arg(long)]
    pub(super) follow: bool,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(client: &Client, tail: &Tail) -> Result<ExitCode, Failure> {
    let mut printer = if tail.json {
        Printer::Json
    } else {
        Printer::for_people(Paint::for_stdout())
    };
    let filter = tail.filter(client).await?;
    let mut reading = Reading::begin(client, filter, tail.span(client).await?).await?;
    let mut out = output();
    loop {
        while let Some(events) = reading.next(client).await? {
            printer.print(&mut out, client, &events).await.map_err(failure)?;
        }
        out.flush()?;
        if !tail.follow {
            return Ok(ExitCode::SUCCESS);
        }
        if is_closed() {
            return Err(Failure::OutputClosed);
        }
        tokio::time::sleep(POLL).await;
        // Never beyond what is complete, or an event that becomes visible late would be skipped.
        reading.go_on(high_water_mark(client).await?);
    }
}

impl Tail {
    async fn span(&self, client: &Client) -> Result<Span, Failure> {
        let next = Position(head(client).await?.0 + 1);
        let span = match self.from {
            // One place behind the end is where the next event will be.
            Some(MomentArgument::Position(from)) if from == next => Span {
                after: Position(from.0 - 1),
                until: high_water_mark(client).await?,
            },
            // What has not come yet can be waited for.
            Some(time @ MomentArgument::Time(_)) if self.follow => match moment_argument::from(client, time).await {
                Ok(from) => Span {
                    after: Position(from.0 - 1),
                    until: high_water_mark(client).await?,
                },
                Err(_) => Span {
                    after: high_water_mark(client).await?,
                    until: high_water_mark(client).await?,
                },
            },
            from => past::span(client, from, self.to).await?,
        };
        Ok(span)
    }

    async fn filter(&self, client: &Client) -> Result<Filter, Failure> {
        let mut filter = Filter {
            stream: self.stream,
            ..Filter::default()
        };
        for user in &self.user {
            filter.about.push(accounts(client, user).await?);
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
            filter.actors = Some(accounts(client, actor).await?);
        }
        let refused = self.refused.then(|| vec!["CommandRefused".to_owned()]);
        filter.kinds = refused.or_else(|| Some(self.kinds.clone()).filter(|kinds| !kinds.is_empty()));
        Ok(filter)
    }
}

/// All accounts that have had that name; where they are several, it is said which.
pub(super) async fn accounts(client: &Client, name: &str) -> Result<Vec<Uuid>, Failure> {
    let lives = resolve::accounts(client, name).await?;
    if let Some(sentence) = resolve::several(name, &lives) {
        say(&sentence);
    }
    Ok(lives.iter().map(|life| life.id.0).collect())
}

fn failure(error: PrintError) -> Failure {
    match error {
        PrintError::Database(error) => error.into(),
        PrintError::Output(error) => error.into(),
    }
}
