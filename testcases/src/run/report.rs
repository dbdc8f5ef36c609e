//! What passed, failed and was skipped.

use super::say::say;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The count of a test run, which several threads add to.
#[derive(Debug, Default)]
pub struct Report(Mutex<Counts>);

/// So many of each, and the names of those that need looking at.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
    failures: Vec<String>,
    skips: Vec<String>,
}

impl Report {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One check has passed, or failed.
    pub fn check(&self, name: &str, passed: bool) {
        if passed {
            self.counts().passed += 1;
        } else {
            self.fail(name, 1);
        }
    }

    /// So many have failed.
    pub fn fail(&self, name: &str, many: usize) {
        let mut counts = self.counts();
        counts.failed += many;
        counts.failures.push(name.to_owned());
        say(&format!("FAILED: {name}"));
    }

    /// One check cannot be run here, and why.
    pub fn skip(&self, why: &str) {
        self.counts().skipped += 1;
        self.name_skip(why);
    }

    /// Why tests are left out, which nextest or cargo counts itself.
    pub fn name_skip(&self, why: &str) {
        self.counts().skips.push(why.to_owned());
        say(&format!("SKIPPED: {why}"));
    }

    /// Adds what is said in the summaries of tests: nextest's, cargo's, or `shell tests: N passed, …`.
    pub fn add_summaries(&self, name: &str, output: &str, succeeded: bool) {
        // A test that fails under nextest shows its own output, in which libtest counts that one test once more.
        let by_nextest = output.lines().any(is_nextest_summary);
        let counts = |line: &&str| is_summary(line) && (!by_nextest || is_nextest_summary(line));
        let summaries = || output.lines().filter(counts);
        let sum = |words: &[&str]| -> usize {
            let of_line = |line| words.iter().map(|word| before(line, word)).sum::<usize>();
            summaries().map(of_line).sum()
        };
        let failed = sum(&["failed", "timed out", "exec failed"]);
        let skipped = sum(&["skipped", "ignored", "filtered out"]);
        let mut counts = self.counts();
        counts.passed += sum(&["passed"]);
        counts.skipped += skipped;
        if skipped > 0 {
            counts.skips.push(format!("{name}: {skipped}, named above"));
        }
        drop(counts);
        match (failed, succeeded) {
            (0, true) => {}
            (0, false) => self.fail(&format!("{name} did not run to their end"), 1),
            (failed, _) => self.fail(&format!("{name}: {failed}"), failed),
        }
    }

    /// Prints everything, the count last.
    pub fn print(&self) -> ExitCode {
        let counts = self.counts();
        say("\n== result");
        counts.failures.iter().for_each(|name| say(&format!("failed: {name}")));
        counts.skips.iter().for_each(|why| say(&format!("skipped: {why}")));
        say(&format!(
            "{} passed, {} failed, {} skipped",
            counts.passed, counts.failed, counts.skipped
        ));
        ExitCode::from(u8::from(counts.failed > 0))
    }
}

fn is_nextest_summary(line: &str) -> bool {
    line.trim_start().starts_with("Summary [")
}

fn is_summary(line: &str) -> bool {
    let line = line.trim_start();
    ["Summary [", "test result:", "shell tests:"]
        .iter()
        .any(|beginning| line.starts_with(beginning))
}

/// The number that stands before `word`, as in `3 failed`; 0 where there is none.
fn before(line: &str, word: &str) -> usize {
    let is_end = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric());
    let found = line
        .match_indices(word)
        .filter(|(at, _)| is_end(&line[at + word.len()..]));
    let numbers = found.filter_map(|(at, _)| {
        line[..at]
            .strip_suffix(' ')?
            .rsplit([' ', ':'])
            .next()?
            .parse::<usize>()
            .ok()
    });
    numbers.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(output: &str, succeeded: bool) -> (usize, usize, usize) {
        let report = Report::default();
        report.add_summaries("tests", output, succeeded);
        let counts = report.counts();
        (counts.passed, counts.failed, counts.skipped)
    }

    #[test]
    fn every_kind_of_summary_is_counted() {
        let nextest = "    Starting 9 tests\n     Summary [  25.266s] 20 tests run: 16 passed (1 slow), 2 failed, 1 timed out, 1 exec failed, 3 skipped";
        assert_eq!(counted(nextest, false), (16, 4, 3));
        let shown =
            format!("    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 11 filtered out\n{nextest}");
        assert_eq!(
            counted(&shown, false),
            (16, 4, 3),
            "a failing test's own output is not counted again"
        );
        let cargo = "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.00s\n";
        assert_eq!(counted(&cargo.repeat(2), true), (4, 0, 10));
        assert_eq!(counted("shell tests: 4 passed, 0 failed, 1 skipped", true), (4, 0, 1));
    }

    #[test]
    fn a_run_that_did_not_come_to_its_summary_has_failed() {
        assert_eq!(counted("error: could not compile", false), (0, 1, 0));
    }

    #[test]
    fn numbers_elsewhere_are_not_counted() {
        assert_eq!(counted("test has 9 passed ... ok\n3 failed attempts", true), (0, 0, 0));
        assert_eq!(before("test result: 12 passedly", "passed"), 0);
    }

    #[test]
    fn what_failed_is_named() {
        let report = Report::default();
        report.check("fmt", true);
        report.check("clippy", false);
        report.skip("deny: not installed");
        let counts = report.counts();
        assert_eq!((counts.passed, counts.failed, counts.skipped), (1, 1, 1));
        assert_eq!(counts.failures, ["clippy"]);
    }
}
