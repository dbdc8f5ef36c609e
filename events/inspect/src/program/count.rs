//! `count`: how many events there were, by type, code or actor, and when.

use std::io::Write;
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use tenfold_log::database::Client;
use uuid::Uuid;

use super::failure::{Failure, say};
use super::output::output;
use super::selection::Selection;
use crate::clock::Clock;
use crate::count::{By, Count, count, sparkline};
use crate::moment_argument::{MomentArgument, moment, no_event_matches};
use crate::names::Names;
use crate::past;
use crate::raw_event;
use tenfold_core::escape::{escaped, escaped_json};

/// The most bars of a line.
const WIDTH: usize = 60;
/// How long an interval is where nobody says.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The arguments of `count`.
#[derive(Debug, Args)]
pub(super) struct Counting {
    /// By what happened, by why commands were refused (only those are counted then), or by who did it.
    #[arg(
        long,
        value_enum,
        value_name = "type|code|actor",
        default_value = "type",
        hide_possible_values = true
    )]
    by: ByArgument,
    /// The length of an interval: 1m, 1h, 1day.
    #[arg(long, value_name = "DURATION", value_parser = interval)]
    every: Option<Duration>,
    /// Only the N most frequent.
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Begin at this position or time instead of at the first event.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    from: Option<MomentArgument>,
    /// End at this position or time.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    to: Option<MomentArgument>,
    #[command(flatten)]
    selection: Selection,
    /// One JSON object a line, with every interval that has events.
    #[arg(long)]
    json: bool,
}

/// By what, as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ByArgument {
    Type,
    Code,
    Actor,
}

impl From<ByArgument> for By {
    fn from(argument: ByArgument) -> By {
        match argument {
            ByArgument::Type => By::Type,
            ByArgument::Code => By::Code,
            ByArgument::Actor => By::Actor,
        }
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| format!("{error}; write 1m, 1h or 1day"))?;
    if duration.as_secs() == 0 || duration.subsec_nanos() > 0 || duration.as_secs() > u64::from(u32::MAX) {
        return Err("an interval is a whole number of seconds, at least one".into());
    }
    Ok(duration)
}

pub(super) async fn run(client: &Client, arguments: &Counting, clock: Clock) -> Result<ExitCode, Failure> {
    let span = past::span(client, arguments.from, arguments.to, clock).await?;
    let filter = arguments.selection.filter(client, clock).await?;
    let every = arguments.every.unwrap_or(DAY).as_secs() as i64;
    let by = By::from(arguments.by);
    let ahead = i64::from(clock.offset_at(Utc::now()).local_minus_utc());
    let counts = count(client, &filter, span, by, every, ahead).await?;
    let begin = move |interval: i64| begin(interval, every, ahead);
    let mut names = Names::default();
    let top = &counts[..counts.len().min(arguments.top)];
    if by == By::Actor {
        names.learn_ids(client, top.iter().filter_map(id)).await?;
    }
    let mut out = output();
    if arguments.json {
        for count in top {
            writeln!(
                out,
                "{}",
                escaped_json(&in_json(count, by, &names, every, begin).to_string())
            )?;
        }
    } else if let Some(range) = range(&counts) {
        write_text(
            &mut out,
            &counts,
            top,
            |count| word(count, by, &names),
            range,
            |interval| clock.shown(begin(interval)),
            arguments,
        )?;
    } else {
        say(&no_event_matches(span, (arguments.from, arguments.to), clock));
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn id(count: &Count) -> Option<Uuid> {
    count.key.as_ref()?.parse().ok()
}

/// What is counted in a line, for people.
fn word(count: &Count, by: By, names: &Names) -> String {
    match (&count.key, by) {
        (None, By::Actor) => "(fleet)".into(),
        (_, By::Actor) => id(count).map_or_else(String::new, |id| names.show(id)),
        (key, _) => escaped(key.as_deref().unwrap_or("(none)")).into_owned(),
    }
}

/// From the first interval that has events to the last.
fn range(counts: &[Count]) -> Option<RangeInclusive<i64>> {
    let first = counts.iter().filter_map(|count| count.intervals.keys().next()).min()?;
    let last = counts.iter().filter_map(|count| count.intervals.keys().last()).max()?;
    Some(*first..=*last)
}

fn begin(interval: i64, every: i64, ahead: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(interval.saturating_mul(every).saturating_sub(ahead), 0).unwrap_or_default()
}

fn write_text(
    out: &mut impl Write,
    counts: &[Count],
    top: &[Count],
    word: impl Fn(&Count) -> String,
    range: RangeInclusive<i64>,
    begin: impl Fn(i64) -> String,
    arguments: &Counting,
) -> Result<(), Failure> {
    let by = By::from(arguments.by).name();
    let Some(every) = arguments.every else {
        writeln!(out, "{:>9}  {by}", "events")?;
        for count in top {
            writeln!(out, "{:>9}  {}", count.total(), word(count))?;
        }
        return Ok(write_rest(out, counts, top)?);
    };
    let bars = sparkline(&counts[0].intervals, range.clone(), WIDTH).chars().count();
    writeln!(
        out,
        "{} to {}: {} intervals of {}",
        begin(*range.start()),
        begin(range.end() + 1),
        range.end() - range.start() + 1,
        humantime::format_duration(every)
    )?;
    let title = format!("{:<1$}", "when", bars + 2);
    writeln!(out, "{:>9}  {:>9}  {title}  {by}", "events", "most")?;
    for count in top {
        let line = sparkline(&count.intervals, range.clone(), WIDTH);
        let (total, most) = (count.total(), count.most());
        writeln!(out, "{total:>9}  {most:>9}  │{line}│  {}", word(count))?;
    }
    Ok(write_rest(out, counts, top)?)
}

fn write_rest(out: &mut impl Write, counts: &[Count], top: &[Count]) -> std::io::Result<()> {
    let rest = &counts[top.len()..];
    if rest.is_empty() {
        return Ok(());
    }
    let events: i64 = rest.iter().map(Count::total).sum();
    writeln!(out, "{events:>9}  in {} more; --top N shows them", rest.len())
}

fn in_json(count: &Count, by: By, names: &Names, every: i64, begin: impl Fn(i64) -> DateTime<Utc>) -> Value {
    // As in every other line of JSON: what happened is the kind.
    let field = if by == By::Type { "kind" } else { by.name() };
    let at = |interval: &i64| raw_event::in_json(begin(*interval));
    let intervals = count.intervals.iter();
    let intervals: Vec<Value> = intervals
        .map(|(interval, events)| json!({"at": at(interval), "events": events}))
        .collect();
    let mut line = Map::new();
    line.insert(field.into(), json!(count.key));
    if let Some(id) = id(count).filter(|_| by == By::Actor) {
        line.insert("name".into(), json!(names.name(id)));
    }
    line.insert("events".into(), json!(count.total()));
    line.insert("every".into(), json!(every));
    line.insert("intervals".into(), json!(intervals));
    Value::Object(line)
}
