//! How a server's program ends: quietly, or with one sentence that says what is wrong and what to do.

use std::fmt::Display;
use std::process::ExitCode;

use crate::tell::tell;

/// The exit status of a program that could not begin, or could not go on.
const FAILED: u8 = 2;
/// Exit status of a program that a signal ended, as shells tell it: this and the signal's number.
const SIGNALLED: u8 = 128;

/// Turns what became of `program` into its exit status: 0, or 2 with the error on standard error.
pub fn exit(program: &str, result: Result<(), impl Display>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("{program}: {error}"));
            ExitCode::from(FAILED)
        }
    }
}

/// The exit status of a program that ended because of the signal of this number, as shells tell it.
pub fn status_of_signal(number: u8) -> u8 {
    SIGNALLED.saturating_add(number)
}
