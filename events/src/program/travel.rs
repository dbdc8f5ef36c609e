//! `travel [--at P|TIME]`.

use std::path::Path;
use std::process::ExitCode;

use tokio_postgres::Client;

use super::failure::Failure;
use crate::moment_argument::MomentArgument;

pub(super) async fn run(_client: &Client, _home: &Path, _at: Option<MomentArgument>) -> Result<ExitCode, Failure> {
    Ok(ExitCode::SUCCESS)
}
