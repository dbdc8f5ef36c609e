//! Installing Postgres where we may: as root on a system with `apt-get`. Anywhere else a person is told the command.

use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::geteuid;

use super::error::PrivatePostgresError;
use super::notice::notice;

/// The same script serves `bin/test`.
const SCRIPT: &str = include_str!("install_postgres.sh");

/// The command that installs Postgres on a machine like this one.
pub(super) fn hint() -> &'static str {
    if cfg!(target_os = "macos") {
        "brew install postgresql@15"
    } else if Path::new("/usr/bin/dnf").exists() {
        "sudo dnf install postgresql-server"
    } else {
        "sudo apt-get install postgresql"
    }
}

/// Installs it, with the package manager's progress on standard error, or says who must.
pub(super) fn install() -> Result<(), PrivatePostgresError> {
    if !geteuid().is_root() || !Path::new("/usr/bin/apt-get").exists() {
        return Err(PrivatePostgresError::NotInstalled { hint: hint() });
    }
    notice("PostgreSQL is not installed; installing it with apt-get");
    let failed = |reason: String| PrivatePostgresError::InstallFailed { reason };
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(SCRIPT).stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.status().map_err(|error| failed(error.to_string()))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(format!("apt-get ended with {status}")))
    }
}
