//! What a failed statement means for whoever sent it: every SQLSTATE is sorted here and nowhere else.
//!
//! What is not known by its code drops the connection: another one, perhaps to another server, is asked the same again.

use tokio_postgres::error::SqlState;

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Somebody else was faster, or this waited too long: ask again, over the same connection.
    Conflict,
    /// This connection, or this server, is of no use now: drop the connection and ask again over a new one. Also where
    /// nothing was answered.
    Elsewhere,
    /// The statement itself is refused, and would be everywhere.
    Permanent,
}

/// Those that are answered better over the same connection.
const CONFLICTS: [SqlState; 6] = [
    SqlState::UNIQUE_VIOLATION,
    SqlState::CHECK_VIOLATION,
    SqlState::T_R_SERIALIZATION_FAILURE,
    SqlState::T_R_DEADLOCK_DETECTED,
    SqlState::LOCK_NOT_AVAILABLE,
    SqlState::QUERY_CANCELED,
];

/// What the server lacks, a full disk say: whoever waits is told so at once, and the next one may have more luck.
const EXHAUSTED: [SqlState; 3] = [
    SqlState::DISK_FULL,
    SqlState::OUT_OF_MEMORY,
    SqlState::CONFIGURATION_LIMIT_EXCEEDED,
];

/// Classes of codes that speak of the statement and its values: data, integrity, syntax and rights, limits of the program.
const PERMANENT_CLASSES: [&str; 5] = ["21", "22", "23", "42", "54"];

/// Of those classes, what another connection may not meet: statements that it has not prepared, or prepared before the
/// tables changed.
const OF_THE_CONNECTION: [SqlState; 1] = [SqlState::DUPLICATE_PSTATEMENT];

impl Failure {
    /// What an error of Postgres, or of the connection, means.
    pub fn of(error: &tokio_postgres::Error) -> Failure {
        error.code().map_or(Failure::Elsewhere, Failure::of_code)
    }

    fn of_code(code: &SqlState) -> Failure {
        if CONFLICTS.contains(code) {
            return Failure::Conflict;
        }
        let is_of_the_statement = PERMANENT_CLASSES.iter().any(|class| code.code().starts_with(class));
        if EXHAUSTED.contains(code) || is_of_the_statement && !OF_THE_CONNECTION.contains(code) {
            Failure::Permanent
        } else {
            Failure::Elsewhere
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_code_has_its_answer() {
        for (codes, expected) in [
            (
                &["23505", "23514", "40001", "40P01", "55P03", "57014"][..],
                Failure::Conflict,
            ),
            // A standby, a server that goes down, no connection left, a statement that another prepared, a plan
            // that is stale, a transaction whose end is unknown, and codes of which nobody has heard.
            (
                &[
                    "25006", "57P01", "57P02", "57P03", "57P05", "25P03", "53300", "26000", "42P05", "0A000", "40003",
                    "08006", "25P02", "XX000", "ZZ999",
                ],
                Failure::Elsewhere,
            ),
            (
                &[
                    "22001", "22P05", "23502", "23503", "42501", "42601", "42P01", "42703", "54000", "53100", "53200",
                ],
                Failure::Permanent,
            ),
        ] {
            for code in codes {
                assert_eq!(Failure::of_code(&SqlState::from_code(code)), expected, "{code}");
            }
        }
    }
}
