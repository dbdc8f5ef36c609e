//! The program: what the command line asks for is set up, measured, printed, and ended again, also after a failure or
//! Ctrl-C.

use std::io::{self, Write};
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::arguments::{self, Arguments, Bench};
use crate::benches::{commands, fleet, memory, messages, reads, rebuild, scaleup, travel};
use crate::broker::Broker;
use crate::failure::Failure;
use crate::report::Report;
use crate::stage::Stage;

/// Runs the benchmark that the command line names; the exit status is 0, or 2 after a mistake.
pub fn run() -> ExitCode {
    let done = arguments::read().and_then(|arguments| {
        // One thread: what drives the load takes as little as it can from what is measured.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Failure::system("the program cannot begin"))?;
        let done = runtime.block_on(carry_out(arguments));
        // A simulation that was interrupted is not waited for.
        runtime.shutdown_background();
        done
    });
    match done.and_then(|report| print(&report)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&failure.to_string());
            ExitCode::from(failure.status())
        }
    }
}

/// Something for the person who waits, on standard error.
pub fn tell(sentence: &str) {
    let _ = writeln!(io::stderr(), "tenfold-bench: {sentence}");
}

fn print(report: &Report) -> Result<(), Failure> {
    match write!(io::stdout(), "{report}") {
        // Whoever stopped reading wants to hear no more.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(Failure::system("the result cannot be printed")),
    }
}

async fn carry_out(Arguments { bench, options }: Arguments) -> Result<Report, Failure> {
    let mut interruption = Interruption::watch()?;
    if let Bench::Fleet = bench {
        return interruption.unless(fleet::measure(&options)).await;
    }
    // Not interrupted: what is half set up could not be ended.
    let broker = match &bench {
        Bench::Messages {
            broker: Some(which), ..
        } => Some(Broker::set_up(which).await?),
        _ => None,
    };
    let stage = Stage::set_up(&options).await?;
    let measured = interruption.unless(async {
        match bench {
            Bench::Commands { users, identified, tls } => {
                let wire = commands::Wire {
                    identified,
                    secured: tls,
                };
                commands::measure(&stage, &options, users.into(), wire).await
            }
            Bench::Reads { users } => reads::measure(&stage, &options, users.into()).await,
            Bench::Rebuild { events } => rebuild::measure(&stage, &options, events).await,
            Bench::Messages { rate, .. } => messages::measure(&stage, &options, rate, broker.as_ref()).await,
            Bench::Scaleup => scaleup::measure(&stage, &options).await,
            Bench::Memory => memory::measure(&stage, &options).await,
            Bench::Travel { events } => travel::measure(&stage, &options, events).await,
            Bench::Fleet => unreachable!("it needs no stage"),
        }
    });
    let measured = measured.await;
    stage.tear_down().await;
    measured
}

/// Ctrl-C, or a polite request to end.
struct Interruption {
    interrupt: Signal,
    terminate: Signal,
}

impl Interruption {
    fn watch() -> Result<Interruption, Failure> {
        let watch = |kind| signal(kind).map_err(Failure::system("signals cannot be watched"));
        Ok(Interruption {
            interrupt: watch(SignalKind::interrupt())?,
            terminate: watch(SignalKind::terminate())?,
        })
    }

    /// Does the work unless it is interrupted; what it had started ends with it.
    async fn unless(&mut self, work: impl Future<Output = Result<Report, Failure>>) -> Result<Report, Failure> {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => Err(Failure::Interrupted(2)),
            _ = self.terminate.recv() => Err(Failure::Interrupted(15)),
            done = work => done,
        }
    }
}
