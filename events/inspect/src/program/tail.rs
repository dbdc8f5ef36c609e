//! `tail`: the events one after the other, all or those that are asked for.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tenfold_log::database::Client;

use super::connection::Connection;
use super::failure::{Failure, say};
use super::output::{is_closed, output};
use super::selection::Selection;
use crate::clock::Clock;
use crate::moment_argument::{self, MomentArgument, moment, no_event_matches};
use crate::paint::Paint;
use crate::past;
use crate::raw_event::RawEvent;
use crate::tail::{Filter, Latest, PrintError, Printer, Reading, last};
use tenfold_core::ids::Position;
use tenfold_log::sealing::{self, LockedError};
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
    #[command(flatten)]
    selection: Selection,
    /// Only events with this in a text, a name or a reason, in small letters or large ones.
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Only the last N of them.
    #[arg(short = 'n', long, value_name = "N")]
    last: Option<u64>,
    /// The newest first.
    #[arg(long, conflicts_with = "follow")]
    reverse: bool,
    /// Go on with those that come, until interrupted; also after the database was away.
    #[arg(long)]
    pub(super) follow: bool,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(mut connection: Connection<'_>, tail: &Tail, clock: Clock) -> Result<ExitCode, Failure> {
    let client = connection.client();
    let filter = tail.filter(client, clock).await?;
    let wanted = tail.span(client, clock).await?;
    let mut printer = tail.printer(clock);
    let mut span = wanted;
    if tail.reverse {
        let printed = backward(client, &filter, span, tail.last, &mut printer).await?;
        tail.tell(printed, span, clock);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(count) = tail.last {
        span = last(client, &filter, span, count).await?;
    }
    let reading = Reading::begin(client, filter, span).await?;
    let mut stream = Stream {
        reading,
        printer,
        unprinted: Vec::new(),
        printed: 0,
    };
    loop {
        match stream.pour(connection.client(), tail.follow).await {
            Ok(()) if !tail.follow => {
                tail.tell(stream.printed, wanted, clock);
                return Ok(ExitCode::SUCCESS);
            }
            Ok(()) if is_closed() => return Err(Failure::OutputClosed),
            Ok(()) => tokio::time::sleep(POLL).await,
            Err(failure) => connection.again(failure, tail.follow).await?,
        }
    }
}

/// What is read and not printed yet, so that nothing is lost or told twice where the database goes away in between.
struct Stream {
    reading: Reading,
    printer: Printer,
    unprinted: Vec<RawEvent>,
    /// How many events were printed.
    printed: usize,
}

impl Stream {
    /// Prints what there is; where it is followed, also what has come since.
    async fn pour(&mut self, client: &Client, follow: bool) -> Result<(), Failure> {
        let mut out = output();
        self.print(&mut out, client).await?;
        self.read(&mut out, client).await?;
        if follow {
            // Never beyond what is complete, or an event that becomes visible late would be skipped.
            self.reading.go_on(high_water_mark(client).await?);
            self.read(&mut out, client).await?;
        }
        Ok(out.flush()?)
    }

    async fn read(&mut self, out: &mut impl Write, client: &Client) -> Result<(), Failure> {
        while let Some(events) = self.reading.next(client).await? {
            self.unprinted = events;
            self.print(out, client).await?;
        }
        Ok(())
    }

    async fn print(&mut self, out: &mut impl Write, client: &Client) -> Result<(), Failure> {
        self.printer
            .print(out, client, &self.unprinted)
            .await
            .map_err(failure)?;
        self.printed += self.unprinted.len();
        self.unprinted.clear();
        Ok(())
    }
}

/// Prints the newest first, at most `count` where that is given; how many there were.
async fn backward(
    client: &Client,
    filter: &Filter,
    span: Span,
    count: Option<u64>,
    printer: &mut Printer,
) -> Result<usize, Failure> {
    let mut printed = 0;
    let mut left = count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
    let mut latest = Latest::begin(client, filter, span).await?;
    let mut out = output();
    while left > 0
        && let Some(mut events) = latest.next(client).await?
    {
        events.truncate(left);
        left -= events.len();
        printed += events.len();
        printer.print(&mut out, client, &events).await.map_err(failure)?;
    }
    out.flush()?;
    Ok(printed)
}

impl Tail {
    /// Nothing at all is told, so that nobody takes it for a fault of the program.
    fn tell(&self, printed: usize, span: Span, clock: Clock) {
        if printed == 0 && self.last != Some(0) {
            say(&no_event_matches(span, (self.from, self.to), clock));
        }
    }

    fn printer(&self, clock: Clock) -> Printer {
        if self.json {
            Printer::Json
        } else {
            Printer::for_people(clock, Paint::for_stdout())
        }
    }

    async fn filter(&self, client: &Client, clock: Clock) -> Result<Filter, Failure> {
        if self.text.is_some() && sealing::is_locked(client).await? {
            return Err(LockedError.into());
        }
        let mut filter = self.selection.filter(client, clock).await?;
        filter.text.clone_from(&self.text);
        Ok(filter)
    }

    async fn span(&self, client: &Client, clock: Clock) -> Result<Span, Failure> {
        let next = Position(head(client).await?.0 + 1);
        let span = match self.from {
            // One place behind the end is where the next event will be.
            Some(MomentArgument::Position(from)) if from == next => Span {
                after: Position(from.0 - 1),
                until: high_water_mark(client).await?,
            },
            // What has not come yet can be waited for.
            Some(time @ MomentArgument::Time(_)) if self.follow => {
                match moment_argument::from(client, time, clock).await {
                    Ok(from) => Span {
                        after: Position(from.0 - 1),
                        until: high_water_mark(client).await?,
                    },
                    Err(_) => Span {
                        after: high_water_mark(client).await?,
                        until: high_water_mark(client).await?,
                    },
                }
            }
            from => past::span(client, from, self.to, clock).await?,
        };
        Ok(span)
    }
}

fn failure(error: PrintError) -> Failure {
    match error {
        PrintError::Database(error) => error.into(),
        PrintError::Output(error) => error.into(),
    }
}
