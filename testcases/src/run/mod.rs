//! A whole test run, for `bin/test`: the checks of the sources, the servers that tests share, the tests, and the count at the end.
//!
//! Compilers and tests share the machine: most tests wait for something most of the time, so what else must be compiled (clippy, the build
//! without features) is compiled while they run.

mod checks;
mod leftovers;
mod output;
mod report;
mod say;
mod services;
mod tests;

use std::process::{Command, ExitCode};
use std::sync::mpsc;

use report::Report;
pub use say::say;
use services::Services;

/// Runs everything and prints the count, `N passed, N failed, N skipped`, as the last line.
pub fn everything() -> ExitCode {
    let report = &Report::default();
    let (begun, tests_have_begun) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            checks::of_the_sources(report);
            // Cargo compiles one thing at a time: the tests come first. An error means that they are over already.
            let _ = tests_have_begun.recv();
            checks::that_compile(report);
        });
        let services = Services::start(report);
        tests::run(&services, report, begun);
    });
    tests::run_documentation(report);
    checks::that_boot(report);
    leftovers::check(report);
    report.print()
}

/// Runs one command, its environment naming the servers that tests share: for a part of the tests, run by hand.
pub fn command(words: &[String]) -> ExitCode {
    let services = Services::start(&Report::default());
    let (program, arguments) = words.split_first().expect("a command has a program");
    let status = Command::new(program)
        .args(arguments)
        .envs(services.variables())
        .status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("tenfold-test-run: {program} cannot be started: {error}"));
            ExitCode::from(2)
        }
    }
}
