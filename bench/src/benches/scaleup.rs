//! A login that needs a new application server, against starting the bare process.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::arguments::Options;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::people::log_in;
use crate::program::tell;
use crate::programs::{self, APP};
use crate::report::{Report, Summary, Table, figure};
use crate::service::Service;
use crate::stage::Stage;
use crate::statistics::Times;

const USER: &str = "user1";

/// What was measured.
#[derive(Debug, Default)]
struct Measured {
    /// Logins that needed a server.
    new_server: Times,
    /// Logins of somebody whose server is there: password and log alone.
    old_server: Times,
    /// The bare process.
    process: Times,
}

/// Logs in, out, waits until the fleet is empty, and again.
///
/// # Errors
/// Where something cannot be started, or does not do its part.
pub async fn measure(stage: &Stage, options: &Options) -> Result<Report, Failure> {
    let service = Service::start(stage, &["--idle-grace", "0s"]).await?;
    let mut door = Connection::open(service.address).await?;
    door.succeed(&format!("register {USER} password")).await?;
    round(&service, &mut door, &mut Measured::default()).await?;
    let mut measured = Measured::default();
    let (until, most) = (
        Instant::now() + Duration::from_secs(options.seconds),
        if options.quick { 2 } else { 100 },
    );
    tell("logging in and out, with an empty fleet each time");
    while measured.new_server.count() < 2 || (Instant::now() < until && measured.new_server.count() < most) {
        round(&service, &mut door, &mut measured).await?;
    }
    Ok(report(&measured))
}

async fn round(service: &Service, door: &mut Connection, measured: &mut Measured) -> Result<(), Failure> {
    service.wait_for_apps(0).await?;
    measured.process.add(start_bare_process().await?);
    let asked = Instant::now();
    door.succeed(&format!("login {USER} password")).await?;
    measured.new_server.add(asked.elapsed());
    let asked = Instant::now();
    let person = log_in(door, USER).await?;
    measured.old_server.add(asked.elapsed());
    door.succeed(&person.line("logout")).await?;
    Ok(())
}

/// From the call to the end of a process that says its version and does nothing else.
async fn start_bare_process() -> Result<Duration, Failure> {
    let mut command = programs::command(APP)?;
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let status = command
        .status()
        .await
        .map_err(Failure::system("tenfold-app cannot be started"))?;
    let took = started.elapsed();
    if status.success() {
        Ok(took)
    } else {
        Err(Failure::Program {
            name: APP,
            said: format!("`--version` ended with {status}"),
        })
    }
}

fn report(measured: &Measured) -> Report {
    let mut table = Table::new(&["milliseconds", "p50", "p90", "longest", "times"]);
    for (name, times) in [
        ("login that needs a new server", &measured.new_server),
        ("login where the server is there", &measured.old_server),
        ("tenfold-app --version, from spawn to end", &measured.process),
    ] {
        let shares = [0.5, 0.9, 1.0].map(|share| figure(times.percentile(share)));
        table.row(
            [name.to_owned()]
                .into_iter()
                .chain(shares)
                .chain([times.count().to_string()]),
        );
    }
    Report {
        title: "scaleup: from sending `login` to its reply, when no application server runs".into(),
        table,
        notes: vec![
            "Both logins verify the password (Argon2id); the second shows what is not the new server's.".into(),
        ],
        summary: Summary::of(
            "scaleup",
            measured.new_server.percentile(0.5),
            measured.process.percentile(0.5),
            "ms",
        ),
    }
}
