//! A place in the log as people give it: a position, or a time.

use std::fmt;

use chrono::{DateTime, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use tenfold_log::database::DatabaseError;

/// What is said of a word that is neither.
const NEITHER: &str = "a position is a whole number from 0, and a time is written 2026-11-24T18:30:00Z, \
                       \"2026-11-24 18:30\" (local), \"yesterday 18:30\" or -2h";
/// How far apart the order of times and the order of positions may be: appends under way at the same time.
const DISORDER: TimeDelta = TimeDelta::seconds(10);

/// A position, or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentArgument {
    /// The place itself.
    Position(Position),
    /// When events were recorded, by the database's clock.
    Time(DateTime<Utc>),
}

impl fmt::Display for MomentArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MomentArgument::Position(position) => write!(f, "position {position}"),
            MomentArgument::Time(time) => f.write_str(&shown(*time)),
        }
    }
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

/// Reads a position or a time, with the machine's clock and time zone; for the command line.
///
/// # Errors
/// A sentence where it is neither.
pub fn moment(text: &str) -> Result<MomentArgument, String> {
    read(text, Utc::now(), &Local)
}

/// [`moment`] with a clock and a time zone given.
///
/// # Errors
/// The same.
pub fn read<Z: TimeZone>(text: &str, now: DateTime<Utc>, zone: &Z) -> Result<MomentArgument, String> {
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
        return time.map(MomentArgument::Time).ok_or_else(|| NEITHER.into());
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(MomentArgument::Time(time.to_utc()));
    }
    let local = local(text, now.with_timezone(zone).date_naive()).ok_or(NEITHER)?;
    // Where a clock is put back an hour comes twice: the first of the two. Where it is put forward, one is missing.
    let time = zone.from_local_datetime(&local).earliest();
    let time =
        time.ok_or_else(|| format!("{local} does not exist in this time zone: the clock was put forward then"))?;
    Ok(MomentArgument::Time(time.to_utc()))
}

/// `2026-11-24 18:30`, `2026-11-24`, `18:30`, `yesterday 18:30`, `yesterday`, as a clock on the wall tells it.
fn local(text: &str, today: NaiveDate) -> Option<NaiveDateTime> {
    let (first, rest) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let day = match first {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        date => NaiveDate::parse_from_str(date, "%Y-%m-%d").ok(),
    };
    match day {
        Some(day) if rest.trim().is_empty() => Some(day.and_time(NaiveTime::MIN)),
        Some(day) => Some(day.and_time(clock(rest.trim())?)),
        None => Some(today.and_time(clock(text)?)),
    }
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
pub async fn from(client: &Client, moment: MomentArgument) -> Result<Position, MomentArgumentError> {
    match moment {
        MomentArgument::Position(position) => Ok(position),
        MomentArgument::Time(time) => match first_where(client, time, ">=").await? {
            Some(position) => Ok(position),
            None => Err(after_end(client, time).await?),
        },
    }
}

/// The last position that is meant by "up to then": the one before the first event that was recorded later.
///
/// # Errors
/// [`MomentArgumentError::BeforeBeginning`] where nothing had been recorded by then; where the database fails.
pub async fn up_to(client: &Client, moment: MomentArgument) -> Result<Position, MomentArgumentError> {
    let time = match moment {
        MomentArgument::Position(position) => return Ok(position),
        MomentArgument::Time(time) => time,
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
            time: shown(time),
            first: shown(row.get(0)),
        },
        None => MomentArgumentError::Empty,
    })
}

async fn after_end(client: &Client, time: DateTime<Utc>) -> Result<MomentArgumentError, MomentArgumentError> {
    let last = "select position, recorded_at from event order by position desc limit 1";
    Ok(match client.query_opt(last, &[]).await? {
        Some(row) => MomentArgumentError::AfterEnd {
            time: shown(time),
            end: Position(row.get(0)),
            last: shown(row.get(1)),
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

/// A time as people read it.
pub fn shown(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::FixedOffset;

    use super::*;

    fn at(text: &str) -> Result<MomentArgument, String> {
        let now = "2026-11-25T08:00:00Z".parse().unwrap();
        read(text, now, &FixedOffset::east_opt(3600).unwrap())
    }

    #[test]
    fn times_are_read_in_every_way_people_write_them() {
        for (text, time) in [
            ("2026-11-24T18:30:00Z", "2026-11-24T18:30:00Z"),
            ("2026-11-24T18:30:00+02:00", "2026-11-24T16:30:00Z"),
            ("2026-11-24 18:30", "2026-11-24T17:30:00Z"),
            ("2026-11-24T18:30:05.250", "2026-11-24T17:30:05.250Z"),
            ("2026-11-24", "2026-11-23T23:00:00Z"),
            ("18:30", "2026-11-25T17:30:00Z"),
            ("yesterday 18:30", "2026-11-24T17:30:00Z"),
            ("-2h", "2026-11-25T06:00:00Z"),
            ("-1day 30m", "2026-11-24T07:30:00Z"),
        ] {
            assert_eq!(at(text), Ok(MomentArgument::Time(time.parse().unwrap())), "{text}");
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
        ] {
            assert_eq!(at(bad), Err(NEITHER.into()), "{bad}");
        }
    }
}
