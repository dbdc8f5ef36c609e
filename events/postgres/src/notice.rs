//! What a person should know about while the database is set up, on standard error.

/// Says `text` on standard error; whatever became of that is no reason to fail, or to wait.
pub(super) fn notice(text: &str) {
    tenfold_cli::tell(&format!("tenfold: {text}"));
}
