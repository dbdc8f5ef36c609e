//! Why a launch gave no server, in few words that never grow in number.

/// What was in the way of a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
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

/// What stands before the provider's own words in an event.
const NOT_LAUNCHED: &str = "it could not be launched: ";
/// What the events of today say of it.
const NOT_READY_IN_TIME: &str = "it was not ready before the launch deadline";
const NO_ANSWER: &str = "the provider does not answer";

impl Reason {
    /// All, `Other` last.
    pub const ALL: [Reason; 7] = [
        Reason::Capacity,
        Reason::Quota,
        Reason::Throttled,
        Reason::Credentials,
        Reason::Timeout,
        Reason::NotReady,
        Reason::Other,
    ];

    /// As the dimension `Reason` has it.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Capacity => "capacity",
            Reason::Quota => "quota",
            Reason::Throttled => "throttled",
            Reason::Credentials => "credentials",
            Reason::Timeout => "timeout",
            Reason::NotReady => "not-ready",
            Reason::Other => "other",
        }
    }

    /// The reason of that name.
    pub fn from_name(name: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// From the words in an instance's last event. A provider that knows the reason says its name first: `capacity: no
    /// t4g.small in eu-central-1a`. What is not understood is [`Reason::Other`], never a new value.
    pub fn of_words(words: &str) -> Reason {
        let words = words.strip_prefix(NOT_LAUNCHED).unwrap_or(words);
        if words == NOT_READY_IN_TIME {
            return Reason::NotReady;
        }
        if words == NO_ANSWER {
            return Reason::Timeout;
        }
        let first = words.split(':').next().unwrap_or_default();
        Reason::from_name(first).unwrap_or(Reason::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_or_are_other() {
        let cases = [
            ("it was not ready before the launch deadline", Reason::NotReady),
            (
                "it could not be launched: the provider does not answer",
                Reason::Timeout,
            ),
            (
                "it could not be launched: capacity: none in eu-central-1a",
                Reason::Capacity,
            ),
            ("quota: 32 vCPUs are the most this account may have", Reason::Quota),
            ("it could not be launched: no such file: capacity", Reason::Other),
            ("it stopped answering", Reason::Other),
            ("", Reason::Other),
        ];
        for (words, reason) in cases {
            assert_eq!(Reason::of_words(words), reason, "{words}");
        }
    }
}
