//! What is checked beside the tests.

use std::path::Path;
use std::process::Command;

use super::output::{cargo, command, each_line, print_block, succeeds, target};
use super::report::Report;
use super::say::say;
use crate::aws;

/// What needs no compiler: the sources' form, their dependencies, the deployment, and the programs in `bin/`.
pub fn of_the_sources(report: &Report) {
    with_component(report, "fmt", "rustfmt", &["--all", "--check"]);
    dependencies(report);
    deployment(report);
    emulator(report);
    let mut output = String::new();
    let succeeded = each_line(command("bash", &["testcases/shell_tests.sh"]), |line| {
        output.extend([line, "\n"]);
    });
    print_block("shell tests", &output);
    report.add_summaries("shell tests", &output, succeeded);
}

/// What has a compiler look at everything once more: lints, and a build without the features that tests are built with.
pub fn that_compile(report: &Report) {
    let lints = [
        "--locked",
        "--workspace",
        "--all-features",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    with_component(report, "clippy", "clippy", &lints);
    let without = [
        "check",
        "--locked",
        "-p",
        "tenfold-broker",
        "-p",
        "tenfold-login",
        "-p",
        "tenfold-app",
    ];
    run(report, "cargo check without TLS and AWS", cargo(&without));
}

/// Machines that really boot, where they do so fast and their image is there: it takes minutes to make, and a gigabyte.
pub fn that_boot(report: &Report) {
    const NAME: &str = "machines that boot";
    let image = target().join("boot");
    let missing = [Path::new("/dev/kvm"), &image.join("vmlinuz"), &image.join("initrd.img")];
    if let Some(missing) = missing.into_iter().find(|path| !path.exists()) {
        report.skip(&format!(
            "{NAME}: there is no {} (`testcases/boot/image.sh` makes the image; by hand, without KVM too: `testcases/boot/boot.py`)",
            missing.display()
        ));
        return;
    }
    let (output, passed) = output_of(command("testcases/boot/boot.py", &["--only-kvm"]));
    print_block(NAME, &output);
    match output.lines().find_map(|line| line.strip_prefix("skipped: ")) {
        Some(why) if passed => report.skip(&format!("{NAME}: {why}")),
        _ => report.check(NAME, passed),
    }
}

fn run(report: &Report, name: &str, command: Command) {
    let (output, passed) = output_of(command);
    print_block(name, &output);
    report.check(name, passed);
}

fn output_of(command: Command) -> (String, bool) {
    let mut output = String::new();
    let passed = each_line(command, |line| output.extend([line, "\n"]));
    (output, passed)
}

/// A check by a part of Rust that may be missing.
fn with_component(report: &Report, name: &str, component: &str, arguments: &[&str]) {
    let title = format!("cargo {name}");
    if succeeds(cargo(&[name, "--version"])) {
        run(report, &title, cargo(&[&[name], arguments].concat()));
    } else {
        report.skip(&format!(
            "{title}: {component} is not installed (`rustup component add {component}`)"
        ));
    }
}

/// Licences, banned crates and where crates come from, as deny.toml has it; known weaknesses too, where their list can be fetched.
fn dependencies(report: &Report) {
    let installed = target().join("check-tools/bin/cargo-deny");
    let deny = |arguments: &[&str]| match installed.is_file() {
        true => command(&installed, arguments),
        false => cargo(&[&["deny"], arguments].concat()),
    };
    if !succeeds(deny(&["--version"])) {
        report.skip("cargo deny: it could not be installed from PyPI; the reason stands above");
        return;
    }
    let mut kinds = vec!["--locked", "check", "licenses", "bans", "sources"];
    if succeeds(deny(&["fetch", "db"])) {
        kinds.push("advisories");
    } else {
        say("Known weaknesses of dependencies are not looked for: RustSec's list of them cannot be fetched here.");
    }
    run(report, "cargo deny", deny(&kinds));
}

/// Neither needs AWS: one asks whether CloudFormation would understand the template, the other whether it keeps our own rules.
fn deployment(report: &Report) {
    let programs = target().join("deploy-checks/bin");
    let tests = ["-B", "-m", "unittest", "discover", "--start-directory", "deploy/tests"];
    let checks: [(&str, &str, &[&str]); 2] = [
        ("cfn-lint of deploy/tenfold.yaml", "cfn-lint", &["deploy/tenfold.yaml"]),
        ("rules of the deployment", "python", &tests),
    ];
    for (name, program, arguments) in checks {
        if Path::new(&programs).join("cfn-lint").is_file() {
            run(report, name, command(programs.join(program), arguments));
        } else {
            report.skip(&format!(
                "{name}: cfn-lint could not be installed from PyPI; the reason stands above"
            ));
        }
    }
}

/// What looks at the programs' calls of AWS notices what it is there for.
fn emulator(report: &Report) {
    let name = "checks of calls of AWS";
    let tests = ["-B", "-m", "unittest", "discover", "--start-directory", "testcases/aws"];
    if aws::is_installed() {
        run(report, name, command(aws::python(), &tests));
    } else {
        report.skip(&format!(
            "{name}: LocalStack could not be installed from PyPI; the reason stands above"
        ));
    }
}
