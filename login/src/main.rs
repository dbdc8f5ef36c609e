//! `tenfold-login HOST PORT [options]`: runs a login server and its fleet of application servers.

use std::io::Write;
use std::process::ExitCode;

use sd_notify::NotifyState;
use tenfold_login::client_tls;
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
    let stopping = shutdown::on_signals(!arguments.tls.is_wanted())?;
    // Not cut short by an interrupt, for then a private Postgres that it has just started would be left running.
    let server = Server::prepare(&arguments, stopping.clone()).await?;
    if arguments.end_fleet {
        server.end_fleet().await?;
        tenfold_cli::tell("tenfold-login: no application server of this fleet is left");
        return Ok(());
    }
    if !stopping.is_cancelled() {
        tell_of_tls(&arguments);
        announce(&server.endpoint(&arguments));
        tell_systemd(NotifyState::Ready);
        tokio::spawn(async move {
            stopping.cancelled().await;
            tell_systemd(NotifyState::Stopping);
        });
    }
    Ok(server.run().await?)
}

/// What whoever connects has to know, and what the operator has to.
fn tell_of_tls(arguments: &Arguments) {
    if arguments.tls.tls.is_some() {
        let pin = client_tls::pin_of(&arguments.home.join("tls.crt"));
        let pin = pin.unwrap_or_else(|error| format!("({error})"));
        tenfold_cli::tell(&format!(
            "tenfold: TLS with a certificate of our own; clients know it by its SHA-256: bin/client HOST PORT --pin {pin}"
        ));
    } else if !arguments.tls.is_wanted() && !arguments.is_here_alone() {
        tracing::warn!(
            "passwords and messages cross the network in clear: give --tls-cert and --tls-key, or --tls self-signed for a first day"
        );
    }
}

/// Whoever reads this may have gone; the server serves nevertheless.
fn announce(endpoint: &str) {
    let mut output = std::io::stdout();
    let _ = writeln!(output, "tenfold: listening on {endpoint}").and_then(|()| output.flush());
}

/// Where systemd started it, as a unit of `Type=notify`, that waits until it serves.
fn tell_systemd(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd could not be told");
    }
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
