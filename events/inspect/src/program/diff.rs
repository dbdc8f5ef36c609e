//! `diff P Q [--json]`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use tenfold_log::database::Client;

use super::failure::Failure;
use super::history::{mended, position};
use super::output::{output, print_json};
use crate::moment_argument::MomentArgument;
use tenfold_replay::state::{Diff, Past, State};

pub(super) async fn run(
    client: &Client,
    home: &Path,
    from: MomentArgument,
    to: MomentArgument,
    json: bool,
) -> Result<ExitCode, Failure> {
    let (from, to) = (position(client, from).await?, position(client, to).await?);
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
