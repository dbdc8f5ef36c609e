//! A place in the log as people give it: a position, or a time.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};
use tenfold_core::ids::Position;
use tenfold_log::database::{Client, DatabaseError};
use tenfold_log::span::Span;

use crate::clock::{Clock, Day, NoSuchTimeError, TimeArgument};

/// What is said of a word that is neither.
const NEITHER: &str = "a position is a whole number from 0, and a time is written 2026-11-24T18:30:00Z, \
                       \"2026-11-24 18:30 UTC\", -2h, or by the clock of this machine (--utc: by UTC) \
                       \"2026-11-24 18:30\" or \"yesterday 18:30\"";
/// How far apart the order of times and the order of positions may be: appends under way at the same time.
const DISORDER: TimeDelta = TimeDelta::seconds(10);

/// A position, or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentArgument {
    /// The place itself.
    Position(Position),
    /// When events were recorded, by the database's clock.
    Time(TimeArgument),
}

impl MomentArgument {
    /// As it is said in a sentence.
    pub fn words(self, clock: Clock) -> String {
        match self {
            MomentArgument::Position(position) => format!("position {position}"),
            MomentArgument::Time(time) => match time.by(clock, Utc::now()) {
                Ok(time) => clock.shown(time),
                Err(error) => error.to_string(),
            },
        }
    }
}

/// What is said where nothing that was asked for is in that part of the log.
pub fn no_event_matches(
    span: Span,
    (from, to): (Option<MomentArgument>, Option<MomentArgument>),
    clock: Clock,
) -> String {
    let begin = from.map_or_else(|| format!("position {}", span.after.0 + 1), |from| from.words(clock));
    let end = to.map_or_else(
        || format!("the end of the log (position {})", span.until),
        |to| to.words(clock),
    );
    let is_of_this_machine =
        |moment: Option<MomentArgument>| matches!(moment, Some(MomentArgument::Time(TimeArgument::Wall(..))));
    let hint = match clock {
        Clock::Machine if is_of_this_machine(from) || is_of_this_machine(to) => {
            ": these times are by the clock of this machine, --utc takes them as UTC"
        }
        _ => "",
    };
    format!("no event matches between {begin} and {end}{hint}")
}

/// Why a moment is no place in this log.
#[derive(Debug, thiserror::Error)]
pub enum MomentArgumentError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// It lies before the first event.
    #[error("{time} is before the beginning of the log: give {first} or later")]
    BeforeBeginning {
        /// What was asked for.
        time: String,
        /// When the log begins.
        first: String,
    },
    /// It lies behind the last event.
    #[error("nothing has been recorded since {time}: the last event, at position {end}, is of {last}")]
    AfterEnd {
        /// What was asked for.
        time: String,
        /// The position of the last event.
        end: Position,
        /// When it was recorded.
        last: String,
    },
    /// There is nothing in it.
    #[error("the log is empty: no time is in it")]
    Empty,
    /// The clock was put forward.
    #[error(transparent)]
    NoSuchTime(#[from] NoSuchTimeError),
}

impl From<tokio_postgres::Error> for MomentArgumentError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Reads a position, for the command line.
///
/// # Errors
/// A sentence where it is none.
pub(crate) fn position(text: &str) -> Result<Position, String> {
    let number = text.parse().ok().filter(|number| *number >= 0);
    number
        .map(Position)
        .ok_or_else(|| "a position is a whole number from 0".into())
}

/// Reads a position or a time, for the command line.
///
/// # Errors
/// A sentence where it is neither.
pub fn moment(text: &str) -> Result<MomentArgument, String> {
    read(text, Utc::now())
}

/// [`moment`] with the time of now given.
///
/// # Errors
/// The same.
pub fn read(text: &str, now: DateTime<Utc>) -> Result<MomentArgument, String> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        let position = Some(Position(number)).filter(|position| *position >= Position::START);
        return position.map(MomentArgument::Position).ok_or_else(|| NEITHER.into());
    }
    if let Some(back) = text.strip_prefix('-') {
        let ago = humantime::parse_duration(back)
            .ok()
            .and_then(|ago| TimeDelta::from_std(ago).ok());
        let time = ago.and_then(|ago| now.checked_sub_signed(ago));
        let known = |time| MomentArgument::Time(TimeArgument::Known(time));
        return time.map(known).ok_or_else(|| NEITHER.into());
    }
    let (text, zone) = zone(text);
    let wall = wall(text).ok_or(NEITHER)?;
    let Some(zone) = zone else {
        return Ok(MomentArgument::Time(wall));
    };
    let time = wall.by(Clock::Fixed(zone), now).map_err(|_| NEITHER)?;
    Ok(MomentArgument::Time(TimeArgument::Known(time)))
}

/// A time, and the zone behind it where one is given: `Z`, `UTC` or `+05:30`.
fn zone(text: &str) -> (&str, Option<FixedOffset>) {
    if let Some(time) = text.strip_suffix("UTC").or_else(|| text.strip_suffix(['Z', 'z'])) {
        return (time.trim_end(), FixedOffset::east_opt(0));
    }
    let sign = text
        .rfind(['+', '-'])
        .filter(|sign| text[*sign..].len() == "+05:30".len());
    match sign.map(|sign| (&text[..sign], text[sign..].parse::<FixedOffset>())) {
        Some((time, Ok(offset))) => (time.trim_end(), Some(offset)),
        _ => (text, None),
    }
}

/// `2026-11-24 18:30`, `2026-11-24`, `18:30`, `yesterday 18:30`, `yesterday`, as a clock on the wall tells it.
fn wall(text: &str) -> Option<TimeArgument> {
    let (first, rest) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let day = match first {
        "today" => Some(Day::Today),
        "yesterday" => Some(Day::Yesterday),
        date => NaiveDate::parse_from_str(date, "%Y-%m-%d").ok().map(Day::Date),
    };
    let (day, time) = match day {
        Some(day) if rest.trim().is_empty() => (day, NaiveTime::MIN),
        Some(day) => (day, clock(rest.trim())?),
        None => (Day::Today, clock(text)?),
    };
    Some(TimeArgument::Wall(day, time))
}

fn clock(text: &str) -> Option<NaiveTime> {
    ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(text, format).ok())
}

/// The first position that is meant by "from then on". A time before the log began is its beginning.
///
/// # Errors
/// [`MomentArgumentError::AfterEnd`] where nothing has been recorded since; where the database fails.
pub async fn from(client: &Client, moment: MomentArgument, clock: Clock) -> Result<Position, MomentArgumentError> {
    let time = match moment {
        MomentArgument::Position(position) => return Ok(position),
        MomentArgument::Time(time) => time.by(clock, Utc::now())?,
    };
    match first_where(client, time, ">=").await? {
        Some(position) => Ok(position),
        None => Err(after_end(client, time, clock).await?),
    }
}

/// The last position that is meant by "up to then": the one before the first event that was recorded later.
///
/// # Errors
/// [`MomentArgumentError::BeforeBeginning`] where nothing had been recorded by then; where the database fails.
pub async fn up_to(client: &Client, moment: MomentArgument, clock: Clock) -> Result<Position, MomentArgumentError> {
    let time = match moment {
        MomentArgument::Position(position) => return Ok(position),
        MomentArgument::Time(time) => time.by(clock, Utc::now())?,
    };
    let later = first_where(client, time, ">").await?;
    let before = later.map_or(i64::MAX, |later| later.0 - 1);
    let last = "select position from event where position <= $1 order by position desc limit 1";
    if let Some(row) = client.query_opt(last, &[&before]).await? {
        return Ok(Position(row.get(0)));
    }
    let first = "select recorded_at from event order by position limit 1";
    Err(match client.query_opt(first, &[]).await? {
        Some(row) => MomentArgumentError::BeforeBeginning {
            time: clock.shown(time),
            first: clock.shown(row.get(0)),
        },
        None => MomentArgumentError::Empty,
    })
}

async fn after_end(
    client: &Client,
    time: DateTime<Utc>,
    clock: Clock,
) -> Result<MomentArgumentError, MomentArgumentError> {
    let last = "select position, recorded_at from event order by position desc limit 1";
    Ok(match client.query_opt(last, &[]).await? {
        Some(row) => MomentArgumentError::AfterEnd {
            time: clock.shown(time),
            end: Position(row.get(0)),
            last: clock.shown(row.get(1)),
        },
        None => MomentArgumentError::Empty,
    })
}

/// The first event whose time compares so. Times have no index, but their order is that of positions but for a little
/// disorder: a binary search comes near, and the rest is read.
async fn first_where(
    client: &Client,
    time: DateTime<Utc>,
    comparison: &str,
) -> Result<Option<Position>, MomentArgumentError> {
    let after = last_surely_before(client, time - DISORDER).await?;
    let first = format!(
        "select position from event where position > $1 and recorded_at {comparison} $2 order by position limit 1"
    );
    let row = client.query_opt(&first, &[&after.0, &time]).await?;
    Ok(row.map(|row| Position(row.get(0))))
}

async fn last_surely_before(client: &Client, time: DateTime<Utc>) -> Result<Position, MomentArgumentError> {
    let ends = "select coalesce(min(position), 0), coalesce(max(position), 0) from event";
    let row = client.query_one(ends, &[]).await?;
    let (mut low, mut high): (i64, i64) = (row.get::<_, i64>(0) - 1, row.get(1));
    let next = client
        .prepare("select position, recorded_at from event where position > $1 order by position limit 1")
        .await?;
    // What stands at or below `low` is before that time; what is behind `high` is not looked at.
    while low < high {
        let middle = low + (high - low) / 2;
        match client.query_opt(&next, &[&middle]).await? {
            Some(row) if row.get::<_, DateTime<Utc>>(1) < time => low = row.get(0),
            _ => high = middle,
        }
    }
    Ok(Position(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-25T08:00:00Z".parse().unwrap()
    }

    fn at(text: &str) -> Result<MomentArgument, String> {
        read(text, now())
    }

    /// In a zone that is an hour ahead.
    fn time(text: &str) -> DateTime<Utc> {
        match at(text).unwrap() {
            MomentArgument::Time(time) => time
                .by(Clock::Fixed(FixedOffset::east_opt(3600).unwrap()), now())
                .unwrap(),
            MomentArgument::Position(position) => panic!("{text} is position {position}"),
        }
    }

    #[test]
    fn times_are_read_in_every_way_people_write_them() {
        for (text, time) in [
            ("2026-11-24T18:30:00Z", "2026-11-24T18:30:00Z"),
            ("2026-11-24T18:30:00+02:00", "2026-11-24T16:30:00Z"),
            ("2026-11-24 18:30", "2026-11-24T17:30:00Z"),
            ("2026-11-24T18:30:05.250", "2026-11-24T17:30:05.250Z"),
            ("2026-11-24 18:30 UTC", "2026-11-24T18:30:00Z"),
            ("2026-11-24 18:30:05.250 -05:00", "2026-11-24T23:30:05.250Z"),
            ("yesterday 00:30 +01:00", "2026-11-23T23:30:00Z"),
            ("2026-11-24", "2026-11-23T23:00:00Z"),
            ("18:30", "2026-11-25T17:30:00Z"),
            ("yesterday 18:30", "2026-11-24T17:30:00Z"),
            ("-2h", "2026-11-25T06:00:00Z"),
            ("-1day 30m", "2026-11-24T07:30:00Z"),
        ] {
            assert_eq!(self::time(text), time.parse::<DateTime<Utc>>().unwrap(), "{text}");
        }
    }

    #[test]
    fn a_number_is_a_position() {
        assert_eq!(at("0"), Ok(MomentArgument::Position(Position(0))));
        assert_eq!(at("812"), Ok(MomentArgument::Position(Position(812))));
    }

    #[test]
    fn a_position_is_a_whole_number_from_zero() {
        assert_eq!(position("0"), Ok(Position(0)));
        for bad in ["-1", "1.5", "", "x", "99999999999999999999"] {
            assert!(position(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_neither_is_told_so() {
        for bad in [
            "",
            "-1",
            "-",
            "1.5",
            "soon",
            "2026-13-01",
            "25:00",
            "99999999999999999999",
            "yesterday noon",
            "2026-11-24 18:30 CET",
            "2026-11-24 +01:00 18:30",
        ] {
            assert_eq!(at(bad), Err(NEITHER.into()), "{bad}");
        }
    }
}
