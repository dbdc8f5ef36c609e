//! `tenfold-login HOST PORT [options]`: runs a login server and its fleet of application servers.

use std::io::Write;
use std::process::ExitCode;

use tenfold_login::configuration::Arguments;
use tenfold_login::init;
use tenfold_login::server::Server;
use tenfold_service::{shutdown, trace};
use tokio::signal::unix::{SignalKind, signal};

/// What somebody reads who could not start the server.
type Sentence = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match init::stand_in() {
        Ok(Some(status)) => status,
        Ok(None) => tenfold_cli::exit("tenfold-login", serve()),
        Err(error) => tenfold_cli::exit("tenfold-login", Err(error)),
    }
}

#[tokio::main]
async fn serve() -> Result<(), Sentence> {
    run().await
}

async fn run() -> Result<(), Sentence> {
    let arguments = Arguments::read()?;
    let _log = trace::start(&arguments.log, None)?;
    end_at_once_when_told_twice()?;
    let stopping = shutdown::on_signals()?;
    // Not cut short by an interrupt, for then a private Postgres that it has just started would be left running.
    let server = Server::prepare(&arguments, stopping.clone()).await?;
    if !stopping.is_cancelled() {
        announce(&server.endpoint(&arguments));
    }
    Ok(server.run().await?)
}

/// Whoever reads this may have gone; the server serves nevertheless.
fn announce(endpoint: &str) {
    let mut output = std::io::stdout();
    let _ = writeln!(output, "tenfold: listening on {endpoint}").and_then(|()| output.flush());
}

/// The first interrupt ends the server in good order, the second at once.
fn end_at_once_when_told_twice() -> std::io::Result<()> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        interrupted.recv().await;
        interrupted.recv().await;
        tenfold_cli::tell("tenfold-login: interrupted twice, ending at once");
        std::process::exit(130);
    });
    Ok(())
}
