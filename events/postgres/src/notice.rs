//! What a person should know about while the database is set up, on standard error.

use std::io::Write;

/// Says `text` on standard error; a closed standard error is no reason to fail.
pub(super) fn notice(text: &str) {
    let _ = writeln!(std::io::stderr(), "tenfold: {text}");
}
