//! Ports on the command line.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Ports from the first to the last, none of them 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    /// The first.
    pub first: u16,
    /// The last, not below the first.
    pub last: u16,
}

impl PortRange {
    /// Each of them, ascending.
    pub fn each(self) -> RangeInclusive<u16> {
        self.first..=self.last
    }
}

impl FromStr for PortRange {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mend = "ports are written as 9001-9010, or 9001 where there is one";
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let port = |text: &str| text.parse().ok().filter(|port| *port > 0).ok_or(mend);
        let range = PortRange {
            first: port(first)?,
            last: port(last)?,
        };
        if range.first > range.last {
            return Err(mend);
        }
        Ok(range)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_a_range_or_one() {
        let range = |first, last| Ok(PortRange { first, last });
        assert_eq!("9001-9003".parse(), range(9001, 9003));
        assert_eq!("9001".parse(), range(9001, 9001));
        for wrong in ["", "9003-9001", "0-1", "1-", "x", "1-65536"] {
            assert!(wrong.parse::<PortRange>().is_err(), "{wrong}");
        }
    }
}
