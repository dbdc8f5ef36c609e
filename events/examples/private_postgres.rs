//! Brings up the private Postgres of a home and prints whether it had to be started, and its URL; with `--wait` it then waits for
//! the end of its input. The tests run it where they need another process or another user.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use tenfold_events::private_postgres::{PrivatePostgres, PrivatePostgresError};

#[tokio::main]
async fn main() -> ExitCode {
    let Some(home) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("Usage: private_postgres HOME [--wait | --stop]");
        return ExitCode::from(2);
    };
    match run(&home, std::env::args().nth(2).as_deref()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tenfold: {error}");
            ExitCode::from(PrivatePostgresError::EXIT_STATUS)
        }
    }
}

async fn run(home: &std::path::Path, then: Option<&str>) -> Result<(), PrivatePostgresError> {
    let postgres = PrivatePostgres::ensure_running(home).await?;
    println!(
        "{} {}",
        if postgres.started_here() { "started" } else { "found" },
        postgres.url()
    );
    match then {
        Some("--wait") => {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            Ok(())
        }
        Some("--stop") => postgres.stop().await,
        _ => Ok(()),
    }
}
