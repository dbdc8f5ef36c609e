//! `tenfold-app`: one application server. A login server starts it.

use std::process::ExitCode;

use clap::Parser;
use tenfold_app::arguments::Arguments;
use tenfold_app::server::{self, ServerError};

fn main() -> ExitCode {
    tenfold_service::program::exit("tenfold-app", run())
}

#[cfg(feature = "enrol")]
fn run() -> Result<(), ServerError> {
    use tenfold_app::enrol::EnrolArguments;

    let mut words = std::env::args_os().peekable();
    let program = words.next();
    if words.peek().is_some_and(|word| word == "enrol") {
        let rest = program.into_iter().chain(words.skip(1));
        return server::run_enrolled(&EnrolArguments::parse_from(rest));
    }
    server::run(&Arguments::parse())
}

#[cfg(not(feature = "enrol"))]
fn run() -> Result<(), ServerError> {
    server::run(&Arguments::parse())
}
