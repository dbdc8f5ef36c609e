//! What the operator lets one person, address or connection have.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};
use tenfold_cli::{duration, size};
use tenfold_core::protocol::text;
use tenfold_core::quota::Quotas;

use crate::passwords::attempts::AtOnce;

/// What a server reads of a line, in bytes.
const LONGEST_LINE: u64 = text::LINE_LIMIT as u64;
/// Of JSON a text may take six times its bytes.
const SHORTEST_LIST: u64 = 8 * LONGEST_LINE;

/// The options.
#[derive(Args, Debug, Clone)]
pub struct LimitOptions {
    /// The most bytes of a post or a message
    #[arg(long, env = "TENFOLD_MAX_TEXT", default_value = "16KiB", value_parser = text_size, value_name = "SIZE")]
    pub max_text: u64,
    /// How many posts and messages an account may write in a minute
    #[arg(long, env = "TENFOLD_MESSAGES_PER_MINUTE", default_value_t = 3000, value_parser = at_least_one::<u32>(), value_name = "N")]
    pub messages_per_minute: u32,
    /// How many bytes of posts and messages an account may write in an hour
    #[arg(long, env = "TENFOLD_BYTES_PER_HOUR", default_value = "64MiB", value_parser = size, value_name = "SIZE")]
    pub bytes_per_hour: u64,
    /// How many groups an account may make
    #[arg(long, env = "TENFOLD_MAX_GROUPS_CREATED", default_value_t = 100, value_name = "N")]
    pub max_groups_created: u32,
    /// How many groups an account may be in
    #[arg(long, env = "TENFOLD_MAX_GROUPS_JOINED", default_value_t = 1000, value_name = "N")]
    pub max_groups_joined: u32,
    /// The most bytes of a list, behind which it is cut
    #[arg(long, env = "TENFOLD_MAX_LIST", default_value = "8MiB", value_parser = list_size, value_name = "SIZE")]
    pub max_list: u64,
    /// How many connections one address may have to a server
    #[arg(
        long,
        env = "TENFOLD_CONNECTIONS_PER_ADDRESS",
        value_parser = at_least_one::<usize>(), default_value_t = 1000,
        value_name = "N"
    )]
    pub connections_per_address: usize,
    /// How long a connection may take to its first command
    #[arg(long, env = "TENFOLD_FIRST_LINE", default_value = "60s", value_parser = a_second_or_more, value_name = "DURATION")]
    pub first_line: Duration,
    /// How long a connection may be idle on which nobody is logged in
    #[arg(long, env = "TENFOLD_IDLE_CONNECTION", default_value = "1h", value_parser = a_second_or_more, value_name = "DURATION")]
    pub idle_connection: Duration,
    /// How many connections one session may have
    #[arg(long, env = "TENFOLD_ATTACHMENTS", value_parser = at_least_one::<usize>(), default_value_t = 64, value_name = "N")]
    pub attachments: usize,
    /// How many failed logins one address has at once; five a second come back
    #[arg(
        long,
        env = "TENFOLD_FAILED_LOGINS_PER_ADDRESS",
        value_parser = at_least_one::<u32>(), default_value_t = 200,
        value_name = "N"
    )]
    pub failed_logins_per_address: u32,
    /// How many failed logins one account has at once; one in two seconds comes back
    #[arg(
        long,
        env = "TENFOLD_FAILED_LOGINS_PER_ACCOUNT",
        value_parser = at_least_one::<u32>(), default_value_t = 20,
        value_name = "N"
    )]
    pub failed_logins_per_account: u32,
    /// How many registrations one address has at once; one a second comes back
    #[arg(
        long,
        env = "TENFOLD_REGISTRATIONS_PER_ADDRESS",
        value_parser = at_least_one::<u32>(), default_value_t = 1000,
        value_name = "N"
    )]
    pub registrations_per_address: u32,
    /// Who may make an account at this login server
    #[arg(long, env = "TENFOLD_REGISTRATION", value_enum, default_value_t = Registration::Open, value_name = "WHO")]
    pub registration: Registration,
    /// The fewest characters of a new password, 1 to 256
    #[arg(long, env = "TENFOLD_MIN_PASSWORD", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256), value_name = "N")]
    pub min_password: u16,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Registration {
    /// Whoever reaches the server.
    Open,
    /// Nobody.
    Closed,
}

/// With none at all a server would be of no use.
fn at_least_one<T: TryFrom<u64> + Clone + Send + Sync + 'static>() -> RangedU64ValueParser<T>
where
    <T as TryFrom<u64>>::Error: std::error::Error + Send + Sync + 'static,
{
    RangedU64ValueParser::new().range(1..)
}

/// No longer than a line.
fn text_size(text: &str) -> Result<u64, String> {
    size(text).and_then(|bytes| match bytes {
        1..=LONGEST_LINE => Ok(bytes),
        _ => Err("a text has 1 byte to 64KiB, which is the longest line".into()),
    })
}

/// Long enough for one text of any length.
fn list_size(text: &str) -> Result<u64, String> {
    size(text).and_then(|bytes| match bytes {
        SHORTEST_LIST.. => Ok(bytes),
        _ => Err("a list has 512KiB at least, so that one post of any kind is within it".into()),
    })
}

fn a_second_or_more(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|duration| match duration >= Duration::from_secs(1) {
        true => Ok(duration),
        false => Err("this is too short for anybody: give 1s or more".into()),
    })
}

impl LimitOptions {
    /// What holds on every server.
    pub fn quotas(&self) -> Quotas {
        let bytes = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
        Quotas {
            text: bytes(self.max_text),
            messages_per_minute: self.messages_per_minute,
            bytes_per_hour: self.bytes_per_hour,
            groups_created: self.max_groups_created,
            groups_joined: self.max_groups_joined,
            list: bytes(self.max_list),
            connections_per_address: self.connections_per_address,
            first_line: self.first_line,
            idle: self.idle_connection,
            attachments: self.attachments,
        }
    }

    /// What holds on a login server.
    pub fn at_once(&self) -> AtOnce {
        AtOnce {
            failed_of_address: self.failed_logins_per_address,
            failed_of_account: self.failed_logins_per_account,
            registrations: self.registrations_per_address,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Options {
        #[command(flatten)]
        limits: LimitOptions,
    }

    #[test]
    fn the_usual_ones_are_those_of_the_core() {
        let usual = Options::parse_from(["x"]).limits;
        assert_eq!(usual.quotas(), Quotas::default());
        assert_eq!(usual.at_once(), AtOnce::default());
    }
}
