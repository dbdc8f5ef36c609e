//! The clock by which times are read and printed: that of this machine, or UTC. Every time that is printed names its zone, and can
//! be typed again as it was printed.

use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveTime, Offset, TimeZone, Utc};

/// By which clock times without a zone are read, and all times are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The clock of this machine, in its time zone.
    #[default]
    Machine,
    /// A clock that is always so far from UTC.
    Fixed(FixedOffset),
}

/// A time as somebody gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeArgument {
    /// With a zone, or counted back from now.
    Known(DateTime<Utc>),
    /// Without a zone, as a clock on the wall tells it.
    Wall(Day, NaiveTime),
}

/// A day as people name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// That of now, by the clock that is meant.
    Today,
    /// The one before.
    Yesterday,
    /// Any other.
    Date(NaiveDate),
}

impl Clock {
    /// UTC.
    pub fn utc() -> Clock {
        Clock::Fixed(Utc.fix())
    }

    /// How far it is from UTC at that time.
    pub fn offset_at(self, time: DateTime<Utc>) -> FixedOffset {
        match self {
            Clock::Machine => Local.offset_from_utc_datetime(&time.naive_utc()).fix(),
            Clock::Fixed(offset) => offset,
        }
    }

    /// A time as people read it, to the second.
    pub fn shown(self, time: DateTime<Utc>) -> String {
        self.formatted(time, "%Y-%m-%d %H:%M:%S")
    }

    /// [`Clock::shown`], to the millisecond.
    pub fn shown_finely(self, time: DateTime<Utc>) -> String {
        self.formatted(time, "%Y-%m-%d %H:%M:%S%.3f")
    }

    fn formatted(self, time: DateTime<Utc>, format: &str) -> String {
        let offset = self.offset_at(time);
        let time = time.with_timezone(&offset);
        let zone = match offset.local_minus_utc() {
            0 => "UTC".to_owned(),
            _ => offset.to_string(),
        };
        format!("{} {zone}", time.format(format))
    }

    /// When it tells that. Where it is put back an hour comes twice: the first of the two. Where it is put forward one is missing:
    /// nothing.
    fn time_of(self, day: Day, time: NaiveTime, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = now.with_timezone(&self.offset_at(now)).date_naive();
        let date = match day {
            Day::Today => today,
            Day::Yesterday => today.pred_opt()?,
            Day::Date(date) => date,
        };
        let local = date.and_time(time);
        let time = match self {
            Clock::Machine => Local.from_local_datetime(&local).earliest()?.to_utc(),
            Clock::Fixed(offset) => offset.from_local_datetime(&local).earliest()?.to_utc(),
        };
        Some(time)
    }
}

/// A time that the clock never tells.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0} does not exist on that day by the clock of this machine, which was put forward then: give another time, or one with --utc"
)]
pub struct NoSuchTimeError(NaiveTime);

impl TimeArgument {
    /// Which time that is by this clock, where it is `now`.
    ///
    /// # Errors
    /// [`NoSuchTimeError`] where the clock was put forward.
    pub fn by(self, clock: Clock, now: DateTime<Utc>) -> Result<DateTime<Utc>, NoSuchTimeError> {
        match self {
            TimeArgument::Known(time) => Ok(time),
            TimeArgument::Wall(day, time) => clock.time_of(day, time, now).ok_or(NoSuchTimeError(time)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_that_is_printed_names_its_zone() {
        let time = "2026-11-24T18:30:05.250Z".parse().unwrap();
        assert_eq!(Clock::utc().shown(time), "2026-11-24 18:30:05 UTC");
        let kolkata = Clock::Fixed(FixedOffset::east_opt(19_800).unwrap());
        assert_eq!(kolkata.shown_finely(time), "2026-11-25 00:00:05.250 +05:30");
    }
}
