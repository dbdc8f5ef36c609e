//! `diff P Q [--json]`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use tenfold_log::database::Client;
use tenfold_log::sealing;

use super::failure::{Failure, not_compared, say};
use super::history::{mended, position};
use super::output::{output, print_json};
use crate::clock::Clock;
use crate::moment_argument::MomentArgument;
use tenfold_replay::state::{Diff, Past, State};

pub(super) async fn run(
    client: &Client,
    home: &Path,
    (from, to): (MomentArgument, MomentArgument),
    clock: Clock,
    json: bool,
) -> Result<ExitCode, Failure> {
    if sealing::is_locked(client).await? {
        say(&not_compared("whether names and texts differ"));
    }
    let (from, to) = (position(client, from, clock).await?, position(client, to, clock).await?);
    let diff = mended(client, home, async |progress| {
        let before = Past::at(client, home, from, progress).await?;
        let after = Past::at(client, home, to, progress).await?;
        let (from, to) = (before.position(), after.position());
        let [before, after] = before.facts_of_both(after, client).await?;
        Ok(Diff::between(&State::of(&before, from), &State::of(&after, to)))
    })
    .await?;
    let mut out = output();
    if json {
        print_json(&mut out, &diff)?;
    } else {
        diff.write_text(&mut out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
