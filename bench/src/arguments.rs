//! The command line.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::failure::Failure;

/// Measures Tenfold against something else on the same machine, in the same run.
///
/// Standard output gets a table for people and, as its last line, one of JSON:
/// {"bench":NAME,"value":…,"against":…,"ratio":…,"unit":…}. Everything else goes to standard error.
#[derive(Debug, Parser)]
#[command(name = "tenfold-bench", bin_name = "bin/bench", version)]
pub struct Arguments {
    /// Which benchmark
    #[command(subcommand)]
    pub bench: Bench,
    /// How it is run
    #[command(flatten)]
    pub options: Options,
}

/// What every benchmark takes.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// A Postgres server to measure on, as postgres://USER:PASSWORD@HOST:PORT/DATABASE; a database is created there and
    /// dropped afterwards [default: a private one in a temporary folder]
    #[arg(long, value_name = "URL", global = true)]
    pub database: Option<String>,
    /// For how many seconds each side is measured, all rounds together
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3600), global = true)]
    pub seconds: u64,
    /// Only see whether it works: a few seconds, and figures that mean little
    #[arg(long, global = true)]
    pub quick: bool,
}

/// The benchmarks.
#[derive(Debug, Clone, Subcommand)]
pub enum Bench {
    /// Durable commands a second: users post, each waiting for its reply; against pgbench inserting the same event
    Commands {
        /// How many users
        #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=250))]
        users: u16,
        /// Begin every request with a command id of its own, as bin/client does
        #[arg(long)]
        identified: bool,
        /// Over TLS, with a certificate of the server's own; and how long a handshake takes
        #[arg(long)]
        tls: bool,
    },
    /// List commands a second: users list their friends; against pgbench with `select 1`
    Reads {
        /// How many users
        #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(8..=250))]
        users: u16,
    },
    /// Events a second when every projection is made anew from the log; against COPY … TO STDOUT (FORMAT binary)
    Rebuild {
        /// How many events [default: 1000000, or 20000 with --quick]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1000..=50_000_000))]
        events: Option<u64>,
    },
    /// From the sender's `Success!` to the recipient's line, in milliseconds; against NOTIFY to LISTEN, or the broker by
    /// itself
    Messages {
        /// The broker that messages go through: rabbitmq or activemq for a private one, or the URL of one that runs, as
        /// bin/server takes it [default: none, messages are delivered through Postgres]
        #[arg(long, value_name = "BROKER")]
        broker: Option<String>,
        /// Messages a second
        #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        rate: u32,
    },
    /// A login that needs a new application server, in milliseconds; against starting the bare process
    Scaleup,
    /// Servers over time against the least that could have served the users, in simulated days; against 1
    Fleet,
    /// Memory of an idle application server, in MiB; against 20
    Memory,
    /// The service at any position of a long log, in milliseconds; against one second
    Travel {
        /// How many events [default: 10000000, or 60000 with --quick]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1000..=50_000_000))]
        events: Option<u64>,
    },
}

impl Options {
    /// How often the two sides take turns. Odd, so that the median is a measured round.
    pub fn rounds(&self) -> u32 {
        if self.quick { 1 } else { 5 }
    }

    /// How long one side is measured in one round.
    pub fn round(&self) -> Duration {
        if self.quick {
            Duration::from_secs(1)
        } else {
            Duration::from_secs(self.seconds.div_ceil(u64::from(self.rounds())))
        }
    }
}

/// Reads the command line. Help and version are printed and end the program.
///
/// # Errors
/// [`Failure::Arguments`].
pub fn read() -> Result<Arguments, Failure> {
    tenfold_cli::parse().map_err(|error| Failure::Arguments(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_may_stand_behind_the_name() {
        let arguments = Arguments::try_parse_from(["bench", "commands", "--users", "1", "--quick"]).unwrap();
        assert!(matches!(arguments.bench, Bench::Commands { users: 1, .. }));
        assert_eq!(arguments.options.rounds(), 1);
    }

    #[test]
    fn a_broker_is_named_for_messages_alone() {
        let arguments = Arguments::try_parse_from(["bench", "messages", "--broker", "rabbitmq"]).unwrap();
        assert!(matches!(arguments.bench, Bench::Messages { broker: Some(_), .. }));
        assert!(Arguments::try_parse_from(["bench", "reads", "--broker", "rabbitmq"]).is_err());
    }

    #[test]
    fn the_rounds_share_the_seconds() {
        let arguments = Arguments::try_parse_from(["bench", "reads", "--seconds", "30"]).unwrap();
        assert_eq!(arguments.options.round(), Duration::from_secs(6));
    }

    #[test]
    fn a_mistake_is_told_in_one_line() {
        for wrong in [
            &["bench", "speed"][..],
            &["bench", "commands", "--users", "0"],
            &["bench", "fleet", "--seconds", "x"],
        ] {
            let sentence = tenfold_cli::parse_from::<Arguments>(wrong).unwrap_err().to_string();
            assert!(!sentence.contains('\n') && !sentence.is_empty(), "{sentence}");
        }
    }
}
