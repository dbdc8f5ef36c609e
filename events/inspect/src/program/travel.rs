//! `travel [--at P|TIME]`.

use std::path::Path;
use std::process::ExitCode;

use tenfold_core::ids::Position;

use super::failure::Failure;
use super::history::{position, tell_of_changes, watched};
use crate::clock::Clock;
use crate::moment_argument::MomentArgument;
use crate::travel::{TravelError, Traveller, is_there, on_terminal};
use tenfold_log::database::Database;
use tenfold_replay::history::{History, HistoryError, Progress};
use tenfold_replay::state::reached;

pub(super) async fn run(
    database: &Database,
    home: &Path,
    at: Option<MomentArgument>,
    clock: Clock,
) -> Result<ExitCode, Failure> {
    if !is_there() {
        return Err(Failure::Sentence(
            "travel needs a terminal as standard input and output: `bin/events state --at P` prints the state at a \
             position, and `bin/events diff P Q` what changed"
                .into(),
        ));
    }
    let client = database.connect("read").await?;
    let wanted = match at {
        None => None,
        Some(moment) => {
            let wanted = position(&client, moment, clock).await?;
            reached(&client, wanted).await?;
            Some(wanted)
        }
    };
    match session(database, home, wanted, clock).await {
        // The index is rebuilt, and travel begins again.
        Err(TravelError::History(HistoryError::Damaged { .. })) => {
            History::discard(&client, home).await?;
            session(database, home, wanted, clock).await
        }
        done => done,
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn session(database: &Database, home: &Path, wanted: Option<Position>, clock: Clock) -> Result<(), TravelError> {
    let client = database.connect("travel").await?;
    let progress = Progress::default();
    let history = watched(&progress, History::open(&client, home, &progress)).await?;
    tell_of_changes(&progress);
    let begin = wanted.unwrap_or(history.end());
    on_terminal(Traveller::new(client, home, history, begin, clock)?).await
}
