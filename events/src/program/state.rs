//! `state [--at P] [--json]`.

use std::io::Write;
use std::process::ExitCode;

use tenfold_core::ids::Position;
use tokio_postgres::Client;

use super::failure::Failure;
use super::output::output;
use crate::escape::escaped_json;
use crate::state;

pub(super) async fn run(client: &Client, at: Option<Position>, json: bool) -> Result<ExitCode, Failure> {
    let state = match at {
        Some(position) => state::at(client, position).await,
        None => state::now(client).await,
    };
    let state = state.map_err(Failure::of)?;
    let mut out = output();
    if json {
        let line = serde_json::to_string(&state).map_err(std::io::Error::from)?;
        writeln!(out, "{}", escaped_json(&line))?;
    } else {
        state::write_text(&mut out, &state)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
