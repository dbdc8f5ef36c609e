//! The sentences that servers and the client share, so that a person reads the same whoever finds the fault.

/// The most bytes a line may have, its end not counted.
pub const LINE_LIMIT: usize = 64 * 1024;

/// A line over [`LINE_LIMIT`].
pub const LINE_TOO_LONG: &str = "The line is too long: at most 65536 bytes fit; shorten the message";
/// A line that is no UTF-8 text, or has a NUL in it.
pub const NOT_TEXT: &str = "The line is not text: send UTF-8 without NUL bytes";
/// Check 2.
pub const NOT_LOGIN_YET: &str = "Not login yet";
/// Success of most commands.
pub const SUCCESS: &str = "Success!";
/// Success of a logout.
pub const BYE: &str = "Bye!";
/// A wrong name or a wrong password; which, nobody is told.
pub const BAD_LOGIN: &str = "No such user or password error";
/// Nobody may make an account here.
pub const REGISTRATION_CLOSED: &str = "Registration is closed here; ask the operator for an account";
/// No seat was to be had.
pub const NO_SERVER: &str = "No server is free; try again later";
/// A session that is served by another application server, or by none.
pub const SERVED_ELSEWHERE: &str = "This session is served elsewhere";
/// A command id that was used for something else.
pub const ID_REUSED: &str = "This command id was already used for another command; use a new one";

/// Check 1.
pub fn unknown_command(word: &str) -> String {
    format!("Unknown command {}", crate::name::shortened(word))
}
