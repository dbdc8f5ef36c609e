//! The command line.

use clap::{Args, Parser, Subcommand};

use super::bisect::Bisect;
use super::count::Counting;
use super::export::Export;
use super::failure::Failure;
use super::fork::Fork;
use super::import::{Import, Rehearse};
use super::refused::Refused;
use super::replay_bundle::ReplayBundle;
use super::show::Show;
use super::story::Story;
use super::tail::Tail;
use super::target::TargetArguments;
use super::why::Why;
use crate::clock::Clock;
use crate::moment_argument::{MomentArgument, moment};

/// The log's own tool: shows events, and the state at any position; checks and rebuilds the projections.
#[derive(Debug, Parser)]
#[command(name = "tenfold-events", bin_name = "bin/events", version)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) target: TargetArguments,
    /// What to log on standard error, where somebody looks for a fault: a level, or module=level, separated by commas.
    #[arg(long, env = "TENFOLD_LOG", default_value = "error", value_parser = tenfold_cli::log_filter, value_name = "FILTER",
        hide = true, global = true)]
    pub(super) log: String,
    /// Read times that are given without a zone as UTC, and print all times in UTC, instead of by the clock of this machine.
    #[arg(long, global = true)]
    utc: bool,
    #[command(subcommand)]
    pub(super) task: Task,
}

impl Arguments {
    /// By which clock times are read and printed.
    pub(super) fn clock(&self) -> Clock {
        if self.utc { Clock::utc() } else { Clock::Machine }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Task {
    /// Print the events in their order, all or some.
    Tail(Tail),
    /// Count the events by type, by why commands were refused or by who did it, and over time.
    Count(Counting),
    /// Print the logins that were refused lately, with their reasons and addresses.
    Refused(Refused),
    /// Explain why somebody sees a post or a message, or does not: what is missing, and which event ended it.
    Why(Why),
    /// Explain one event: what it changed, its preconditions and what it caused.
    Show(Show),
    /// Print the history of a user, a group or an application server in sentences.
    Story(Story),
    /// Find the event after which a condition holds, or breaks.
    Bisect(Bisect),
    /// Try what would have become of the log with other events in it; never touches the log itself.
    Fork(Fork),
    /// Write the events that a question is about to a file that stands by itself.
    Export(Export),
    /// Make a sandbox of such a file.
    Import(Import),
    /// Check that this build makes of such files what they say.
    ReplayBundle(ReplayBundle),
    /// Make a sandbox with the log of a script of what people type.
    Rehearse(Rehearse),
    /// Print the state of the whole service, or of a part of it.
    State(StateArguments),
    /// Print what differs between the states at two positions or times.
    Diff {
        /// The first, a position or a time as with `state --at`.
        #[arg(value_name = "P", value_parser = moment, allow_hyphen_values = true)]
        from: MomentArgument,
        /// The second.
        #[arg(value_name = "Q", value_parser = moment, allow_hyphen_values = true)]
        to: MomentArgument,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Step through the log, forward and back, on the whole screen: the event, and all projections around it.
    Travel {
        /// Begin at this position or time instead of at the end.
        #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
        at: Option<MomentArgument>,
    },
    /// Fold the whole log and compare it with the live projections; exit status 1 where they differ.
    Verify,
    /// Rebuild all projections from the log, while commands go on.
    Rebuild {
        /// Before that, record that accounts are deleted whose keys are missing. For a log from a backup that is older than
        /// the keys; while no server runs.
        #[arg(long)]
        delete_keyless: bool,
        /// Go on although the log is damaged: what cannot be read is left out, and what was deleted or forged stays so. Restore a
        /// backup instead where there is one.
        #[arg(long)]
        despite_damage: bool,
    },
}

impl Task {
    /// Whether it shows what is in the log, and so leaves out what stands behind its end. `verify` and `rebuild` judge that themselves.
    pub(super) fn reads_log(&self) -> bool {
        match self {
            Task::Fork(fork) => fork.task.is_none(),
            Task::Refused(_)
            | Task::Import(_)
            | Task::Rehearse(_)
            | Task::ReplayBundle(_)
            | Task::Verify
            | Task::Rebuild { .. } => false,
            _ => true,
        }
    }
}

/// The arguments of `state`.
#[derive(Debug, Args)]
pub(super) struct StateArguments {
    /// As it was after the event at this position, or at this time (2026-11-24T18:30:00Z, "2026-11-24 18:30" by the
    /// clock of this machine or with --utc by UTC, -2h), instead of now. At a time means: before the first event recorded after it.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    pub(super) at: Option<MomentArgument>,
    #[command(flatten)]
    pub(super) part: PartArgument,
    /// Only how many there are of everything.
    #[arg(long, conflicts_with = "PartArgument")]
    pub(super) summary: bool,
    /// One JSON object.
    #[arg(long)]
    pub(super) json: bool,
}

/// Of what the state is wanted.
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
pub(super) struct PartArgument {
    /// Only this user: friends, invites, groups, posts, the posts they see, where they are served.
    #[arg(long, value_name = "NAME|ID")]
    pub(super) user: Option<String>,
    /// Only this group.
    #[arg(long, value_name = "NAME|ID")]
    pub(super) group: Option<String>,
    /// Only this application server, by its id or enough of its beginning or end.
    #[arg(long, value_name = "ID")]
    pub(super) instance: Option<String>,
}

/// Reads the command line and the environment.
pub(super) fn read() -> Result<Arguments, Failure> {
    let mut arguments: Arguments =
        tenfold_cli::parse().map_err(|wrong| Failure::Sentence(format!("{wrong}; see `bin/events --help`")))?;
    let set = |url: &String| !url.is_empty();
    arguments.target.database = arguments
        .target
        .database
        .filter(set)
        .or_else(|| std::env::var("DATABASE_URL").ok())
        .filter(set);
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use tenfold_core::ids::Position;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_may_stand_behind_the_task() {
        let words = ["events", "state", "--json", "--at", "7", "--database", "postgres://h/d"];
        let arguments = Arguments::try_parse_from(words).unwrap();
        assert!(matches!(
            arguments.task,
            Task::State(StateArguments {
                at: Some(MomentArgument::Position(Position(7))),
                json: true,
                ..
            })
        ));
        assert_eq!(arguments.target.database.as_deref(), Some("postgres://h/d"));
    }
}
