//! The variables of the environment that Tenfold's programs know: one that is misspelled is refused, not ignored.

use crate::usage::UsageError;

const PREFIX: &str = "TENFOLD_";
/// The tests' own.
const OF_TESTS: &str = "TENFOLD_TEST_";

/// Of all programs, for one environment often serves several of them.
const VARIABLES: [&str; 68] = [
    "TENFOLD_ALARM_TOPIC",
    "TENFOLD_APP_PORTS",
    "TENFOLD_ATTACHMENTS",
    "TENFOLD_AWS_ACCOUNT",
    "TENFOLD_BIN_DIR",
    "TENFOLD_BROKER",
    "TENFOLD_BYTES_PER_HOUR",
    "TENFOLD_CONNECTIONS_PER_ADDRESS",
    "TENFOLD_DATABASE",
    "TENFOLD_EC2_APP_LOG_GROUP",
    "TENFOLD_EC2_ENROLMENT_HOST",
    "TENFOLD_EC2_ENROLMENT_PORT",
    "TENFOLD_EC2_IMAGE",
    "TENFOLD_EC2_INSTANCE_PROFILE",
    "TENFOLD_EC2_INSTANCE_TYPES",
    "TENFOLD_EC2_LAUNCH_TEMPLATE",
    "TENFOLD_EC2_LAUNCH_TEMPLATE_VERSION",
    "TENFOLD_EC2_LIST_LAG",
    "TENFOLD_EC2_QUOTA_PAUSE",
    "TENFOLD_EC2_SECURITY_GROUPS",
    "TENFOLD_EC2_SPOT",
    "TENFOLD_EC2_SUBNETS",
    "TENFOLD_ENROLMENT_TOKEN",
    "TENFOLD_ENROL_FROM",
    "TENFOLD_ENVIRONMENT",
    "TENFOLD_FAILED_LOGINS_PER_ACCOUNT",
    "TENFOLD_FAILED_LOGINS_PER_ADDRESS",
    "TENFOLD_FIRST_LINE",
    "TENFOLD_FLEET",
    "TENFOLD_FLEET_KEY",
    "TENFOLD_FLEET_NAME",
    "TENFOLD_HOME",
    "TENFOLD_IDLE_CONNECTION",
    "TENFOLD_IDLE_GRACE",
    "TENFOLD_KEEP_OUTPUT",
    "TENFOLD_LAUNCH_DEADLINE",
    "TENFOLD_LOG",
    "TENFOLD_LOG_FILE",
    "TENFOLD_MASTER_KEY",
    "TENFOLD_MASTER_KEY_FILE",
    "TENFOLD_MAX_GROUPS_CREATED",
    "TENFOLD_MAX_GROUPS_JOINED",
    "TENFOLD_MAX_INSTANCES",
    "TENFOLD_MAX_LIST",
    "TENFOLD_MAX_TEXT",
    "TENFOLD_MESSAGES_PER_MINUTE",
    "TENFOLD_METRICS",
    "TENFOLD_METRICS_EVERY",
    "TENFOLD_MIN_PASSWORD",
    "TENFOLD_NEW_GOLDEN",
    "TENFOLD_NO_MOVES",
    "TENFOLD_PLACE",
    "TENFOLD_QUOTAS",
    "TENFOLD_REBUILD_KILLS",
    "TENFOLD_REGISTRATION",
    "TENFOLD_REGISTRATIONS_PER_ADDRESS",
    "TENFOLD_SEATS",
    "TENFOLD_SEAT_HOLD",
    "TENFOLD_SEAT_WAIT",
    "TENFOLD_SESSION_TTL",
    "TENFOLD_SPARE_SEATS",
    "TENFOLD_TLS",
    "TENFOLD_TLS_ALSO_PLAIN",
    "TENFOLD_TLS_CERT",
    "TENFOLD_TLS_KEY",
    "TENFOLD_TOKEN_KEY",
    "TENFOLD_TOKEN_KEY_FILE",
    "TENFOLD_WRITE_PICTURES",
];

/// Whether a program of Tenfold's knows the variable.
pub fn is_known(variable: &str) -> bool {
    VARIABLES.contains(&variable) || variable.starts_with(OF_TESTS)
}

/// Looks for variables that begin as ours do, in whatever case, and are none.
///
/// # Errors
/// A sentence that names the first of them.
pub fn check_environment() -> Result<(), UsageError> {
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    names.into_iter().try_for_each(|name| check(&name))
}

fn check(name: &str) -> Result<(), UsageError> {
    let is_ours = name.to_ascii_uppercase().starts_with(PREFIX);
    if !is_ours || is_known(name) {
        return Ok(());
    }
    let unset = "unset it";
    let mend = nearest(name).map_or(unset.to_owned(), |known| {
        format!("set {known} if that was meant, and {unset}")
    });
    Err(UsageError::new(format!(
        "{name} in the environment is none of Tenfold's variables: {mend}"
    )))
}

/// The known one that most likely was meant, where one is near enough.
fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_uppercase();
    let distance = |known: &&str| strsim::damerau_levenshtein(&name, known);
    let found = VARIABLES.into_iter().min_by_key(distance)?;
    (distance(&found) <= 4).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_variable_is_refused_with_the_nearest() {
        for (wrong, meant) in [
            ("TENFOLD_SEAT", "set TENFOLD_SEATS"),
            ("TENFOLD_SESSION_TTI", "set TENFOLD_SESSION_TTL"),
            ("tenfold_home", "set TENFOLD_HOME"),
            ("TENFOLD_BORKER", "set TENFOLD_BROKER"),
            ("TENFOLD_SOMETHING_ELSE_ALTOGETHER", ": unset it"),
        ] {
            let said = check(wrong).unwrap_err().to_string();
            assert!(said.starts_with(wrong) && said.contains(meant), "{said}");
        }
        for right in ["TENFOLD_SEATS", "TENFOLD_TEST_POSTGRES", "PATH", "MY_TENFOLD_X"] {
            assert_eq!(check(right), Ok(()), "{right}");
        }
    }
}
