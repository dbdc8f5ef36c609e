//! Why a launch gave no server: a closed set, so that it can be counted, alarmed on and told without reading sentences.

use serde::{Deserialize, Serialize};

/// What was in the way of a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaunchFailure {
    /// The provider has no machine of that kind there now.
    Capacity,
    /// The account may have no more.
    Quota,
    /// The provider was asked too often.
    Throttled,
    /// The provider does not know us, or does not let us.
    Credentials,
    /// The provider did not answer.
    Timeout,
    /// A machine was started and did not serve before the launch deadline.
    NotReady,
    /// Anything else.
    Other,
}

impl LaunchFailure {
    /// All, `Other` last.
    pub const ALL: [LaunchFailure; 7] = [
        LaunchFailure::Capacity,
        LaunchFailure::Quota,
        LaunchFailure::Throttled,
        LaunchFailure::Credentials,
        LaunchFailure::Timeout,
        LaunchFailure::NotReady,
        LaunchFailure::Other,
    ];

    /// As the log, the database and the metric's dimension have it.
    pub fn name(self) -> &'static str {
        match self {
            LaunchFailure::Capacity => "capacity",
            LaunchFailure::Quota => "quota",
            LaunchFailure::Throttled => "throttled",
            LaunchFailure::Credentials => "credentials",
            LaunchFailure::Timeout => "timeout",
            LaunchFailure::NotReady => "not-ready",
            LaunchFailure::Other => "other",
        }
    }

    /// The failure of that name.
    pub fn from_name(name: &str) -> Option<LaunchFailure> {
        LaunchFailure::ALL.into_iter().find(|failure| failure.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_the_log_has() {
        for failure in LaunchFailure::ALL {
            assert_eq!(LaunchFailure::from_name(failure.name()), Some(failure));
            let written = serde_json::to_string(&failure).unwrap();
            assert_eq!(written, format!("\"{}\"", failure.name()));
        }
        assert_eq!(LaunchFailure::from_name("weather"), None);
    }
}
