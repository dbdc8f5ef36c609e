//! Lines for whoever runs the tests.

use std::io::Write;

/// Prints a line. Whoever read it may have gone: the tests go on.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
