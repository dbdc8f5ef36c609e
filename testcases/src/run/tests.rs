//! The tests themselves, by nextest or by cargo.

use std::num::NonZero;
use std::process::Command;
use std::sync::mpsc::Sender;

use super::output::{cargo, each_line, succeeds};
use super::report::Report;
use super::say::say;
use super::services::Services;

/// Crates whose tests need no database.
const WITHOUT_DATABASE: [&str; 8] = [
    "-p",
    "tenfold-core",
    "-p",
    "tenfold-service",
    "-p",
    "tenfold-client",
    "-p",
    "tenfold-broker",
];
/// All features, so that what was built is not built again.
const ALL: [&str; 3] = ["--locked", "--all-features", "--no-fail-fast"];

/// Runs all tests that can be run. `begun` gets a message when nothing is compiled any more.
pub fn run(services: &Services, report: &Report, begun: Sender<()>) {
    let packages: &[&str] = match services.is_without_database() {
        true => &WITHOUT_DATABASE,
        false => &["--workspace"],
    };
    let command = if succeeds(cargo(&["nextest", "--version"])) {
        by_nextest(services, packages)
    } else {
        by_cargo(services, packages)
    };
    counted(report, "tests", command, |line| {
        let line = line.trim_start();
        if line.starts_with("Starting ") || line.starts_with("Running ") {
            let _ = begun.send(());
        }
    });
}

/// Examples in documentation.
pub fn run_documentation(report: &Report) {
    let command = cargo(&[&["test", "--doc", "--workspace"], ALL.as_slice()].concat());
    counted(report, "documentation tests", command, |_| {});
}

fn by_nextest(services: &Services, packages: &[&str]) -> Command {
    // Most tests wait most of the time: for a server that starts, for one that is to be idle.
    let threads = 2 * std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.to_string();
    let options = [
        "--status-level",
        "skip",
        "--final-status-level",
        "slow",
        "--test-threads",
        &threads,
    ];
    let mut command = cargo(&[&["nextest", "run"], ALL.as_slice(), &options, packages].concat());
    if let Some(filter) = services.filter() {
        command.args(["-E", &filter]);
    }
    command.envs(services.variables());
    command
}

fn by_cargo(services: &Services, packages: &[&str]) -> Command {
    let targets = ["--lib", "--bins", "--tests", "--examples"];
    let mut command = cargo(&[&["test"], ALL.as_slice(), &targets, packages].concat());
    command.arg("--");
    services.skipped_words().for_each(|word| {
        command.args(["--skip", word]);
    });
    command.envs(services.variables());
    command
}

/// Runs a command that says itself how many tests passed.
fn counted(report: &Report, name: &str, command: Command, mut see: impl FnMut(&str)) {
    say(&format!("\n== {name}"));
    let mut output = String::new();
    let succeeded = each_line(command, |line| {
        say(line);
        see(line);
        output.extend([line, "\n"]);
    });
    report.add_summaries(name, &output, succeeded);
}
