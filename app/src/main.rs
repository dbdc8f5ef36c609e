//! `tenfold-app`: one application server. A login server starts it.

use std::process::ExitCode;

use tenfold_app::arguments::Arguments;
use tenfold_app::server::{self, ServerError};

fn main() -> ExitCode {
    tenfold_cli::exit("tenfold-app", run())
}

#[cfg(feature = "enrol")]
fn run() -> Result<(), ServerError> {
    use tenfold_app::enrol::EnrolArguments;

    let mut words = std::env::args_os().peekable();
    let program = words.next();
    if words.peek().is_some_and(|word| word == "enrol") {
        let rest = program.into_iter().chain(words.skip(1));
        tenfold_cli::check_environment()?;
        return server::run_enrolled(&tenfold_cli::parse_from::<EnrolArguments>(rest)?);
    }
    server::run(&tenfold_cli::parse::<Arguments>()?)
}

#[cfg(not(feature = "enrol"))]
fn run() -> Result<(), ServerError> {
    server::run(&tenfold_cli::parse::<Arguments>()?)
}
