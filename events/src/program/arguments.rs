//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use tenfold_core::ids::Position;

use super::failure::{MISTAKE, say};

/// The log's own tool: looks at the events, tells the state at any position, checks and mends the projections.
#[derive(Debug, Parser)]
#[command(name = "tenfold-events", bin_name = "bin/events", version)]
pub(super) struct Arguments {
    /// The Postgres database (postgres://USER:PASSWORD@HOST:PORT/NAME); also DATABASE_URL. Without one, the private
    /// Postgres under --home.
    #[arg(
        long,
        value_name = "URL",
        env = "TENFOLD_DATABASE",
        hide_env_values = true,
        global = true
    )]
    pub(super) database: Option<String>,
    /// Where the private Postgres and the master key are. The key may also be given as TENFOLD_MASTER_KEY, or its file as
    /// TENFOLD_MASTER_KEY_FILE; without it names and texts are shown as (sealed).
    #[arg(
        long,
        value_name = "DIR",
        env = "TENFOLD_HOME",
        default_value = ".tenfold",
        global = true
    )]
    pub(super) home: PathBuf,
    #[command(subcommand)]
    pub(super) task: Task,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Task {
    /// Print the events in their order.
    Tail {
        /// Begin at this position instead of at the first event.
        #[arg(long, value_name = "P", value_parser = position, allow_hyphen_values = true)]
        from: Option<Position>,
        /// Go on with those that come, until interrupted.
        #[arg(long)]
        follow: bool,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Print the state of the whole service.
    State {
        /// As it was after the event at this position, instead of now.
        #[arg(long, value_name = "P", value_parser = position, allow_hyphen_values = true)]
        at: Option<Position>,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Fold the whole log and compare it with the live projections; exit status 1 where they differ.
    Verify,
    /// Make all projections anew from the log, while commands go on.
    Rebuild {
        /// Before that, record that accounts are deleted whose keys are missing. For a log from a backup that is older than
        /// the keys; while no server runs.
        #[arg(long)]
        delete_keyless: bool,
    },
}

fn position(text: &str) -> Result<Position, String> {
    let number = text.parse().ok().filter(|number| *number >= 0);
    number
        .map(Position)
        .ok_or_else(|| "a position is a whole number from 0".into())
}

/// Reads the command line, or says what is wrong with it and answers with the status to end with.
pub(super) fn read() -> Result<Arguments, ExitCode> {
    let mut arguments = Arguments::try_parse().map_err(|error| tell(&error))?;
    let set = |url: &String| !url.is_empty();
    arguments.database = arguments
        .database
        .filter(set)
        .or_else(|| std::env::var("DATABASE_URL").ok())
        .filter(set);
    Ok(arguments)
}

/// Help is printed as it is; a mistake becomes one sentence.
fn tell(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(MISTAKE));
        }
        _ => {}
    }
    let text = error.render().to_string();
    let sentence = text
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .trim_start_matches("error: ");
    let sentence: Vec<&str> = sentence.split_whitespace().collect();
    say(&format!(
        "{}; `bin/events --help` tells what there is",
        sentence.join(" ")
    ));
    ExitCode::from(MISTAKE)
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
    fn a_position_is_a_whole_number_from_zero() {
        assert_eq!(position("0"), Ok(Position(0)));
        for bad in ["-1", "1.5", "", "x", "99999999999999999999"] {
            assert!(position(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn options_may_stand_behind_the_task() {
        let words = ["events", "state", "--json", "--at", "7", "--database", "postgres://h/d"];
        let arguments = Arguments::try_parse_from(words).unwrap();
        assert!(matches!(
            arguments.task,
            Task::State {
                at: Some(Position(7)),
                json: true
            }
        ));
        assert_eq!(arguments.database.as_deref(), Some("postgres://h/d"));
    }
}
