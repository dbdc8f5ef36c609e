//! Why a call to CloudWatch failed, told apart by what is to be done about it. Each is a sentence with the mend.

use std::error::Error;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};

/// Codes by which AWS says that too much was asked in too short a time.
const THROTTLED: [&str; 2] = ["Throttl", "LimitExceeded"];
/// Codes by which it says that it does not know us, or does not let us.
const DENIED: [&str; 8] = [
    "AccessDenied",
    "Unauthorized",
    "ClientToken",
    "UnrecognizedClient",
    "Signature",
    "AuthenticationToken",
    "Expired",
    "OptInRequired",
];
/// Codes of a fault of its own.
const FAULTS: [&str; 2] = ["Internal", "ServiceUnavailable"];
/// What AWS says may be long.
const MOST_WORDS: usize = 300;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloudWatchError {
    /// Nobody said who we are.
    #[error(
        "no AWS credentials were found: give the machine a role, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in again by `aws sso login`"
    )]
    NoCredentials,
    /// We are not known, or may not do this.
    #[error("AWS does not let us use {call} ({code}): see the credentials, and the policy of their role or user")]
    Denied {
        /// Of CloudWatch, such as `PutMetricData`.
        call: &'static str,
        /// AWS's name of the error.
        code: String,
    },
    /// Too often.
    #[error("CloudWatch was asked too often ({0}); it is asked again later")]
    Throttled(String),
    /// It would be refused again.
    #[error("CloudWatch refuses {call} ({said})")]
    Refused {
        /// Of CloudWatch.
        call: &'static str,
        /// AWS's name of the error and what it says of it.
        said: String,
    },
    /// There is no such thing.
    #[error("CloudWatch has no such thing ({0})")]
    NotThere(String),
    /// Nothing was sent.
    #[error("nobody answers where CloudWatch should be ({0}): see the network, and whether AWS_REGION is right")]
    Unreachable(String),
    /// Nobody knows whether it was done.
    #[error("CloudWatch did not say whether {call} was done ({cause})")]
    NoAnswer {
        /// Of CloudWatch.
        call: &'static str,
        /// What was seen of it.
        cause: String,
    },
}

impl CloudWatchError {
    pub(super) fn of<E, R>(call: &'static str, error: &SdkError<E, R>) -> CloudWatchError
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        match error.as_service_error().map(|said| (said.code(), said.message())) {
            Some((Some(code), message)) => CloudWatchError::of_code(call, code, message.unwrap_or_default()),
            _ => CloudWatchError::without_an_answer(call, error),
        }
    }

    fn of_code(call: &'static str, code: &str, message: &str) -> CloudWatchError {
        // Older protocols say `AccessDenied`, newer ones `AccessDeniedException`, and some put a namespace before it.
        let code = code.rsplit(['#', ':']).next().unwrap_or(code);
        let short = || short(code);
        let is_one_of = |codes: &[&str]| codes.iter().any(|part| code.contains(part));
        match code {
            _ if is_one_of(&THROTTLED) => CloudWatchError::Throttled(short()),
            _ if is_one_of(&DENIED) => CloudWatchError::Denied { call, code: short() },
            _ if is_one_of(&FAULTS) => CloudWatchError::NoAnswer { call, cause: short() },
            // AWS says it in the code, an emulator in words.
            code if code.contains("NotFound") || message.contains("does not exist") => {
                CloudWatchError::NotThere(short())
            }
            _ => CloudWatchError::Refused {
                call,
                said: self::short(&format!("{code}: {message}")),
            },
        }
    }

    fn without_an_answer(call: &'static str, error: &(dyn Error + 'static)) -> CloudWatchError {
        if chain(error).any(|cause| cause.is::<CredentialsError>()) {
            return CloudWatchError::NoCredentials;
        }
        let refused = chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
        match refused.map(io::Error::kind).find(is_before_sending) {
            Some(kind) => CloudWatchError::Unreachable(kind.to_string()),
            None => CloudWatchError::NoAnswer {
                call,
                // The deepest one says what was seen; those above say where.
                cause: short(&chain(error).last().map(ToString::to_string).unwrap_or_default()),
            },
        }
    }

    /// Whether the same would be refused again, whoever asks and whenever.
    pub fn is_final(&self) -> bool {
        matches!(self, CloudWatchError::Refused { .. })
    }
}

/// An error and its causes.
fn chain<'error>(error: &'error (dyn Error + 'static)) -> impl Iterator<Item = &'error (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Whether there was no connection on which anything could have been sent.
fn is_before_sending(kind: &io::ErrorKind) -> bool {
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    [ConnectionRefused, HostUnreachable, NetworkUnreachable, AddrNotAvailable].contains(kind)
}

/// Without control characters, and not too long.
fn short(said: &str) -> String {
    let plain = said
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character });
    plain.take(MOST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_code(code: &str) -> CloudWatchError {
        CloudWatchError::of_code("PutMetricData", code, "so it is")
    }

    #[test]
    fn codes_are_told_apart_by_what_is_to_be_done() {
        assert!(matches!(of_code("Throttling"), CloudWatchError::Throttled(_)));
        assert!(matches!(
            of_code("com.amazon#ThrottlingException"),
            CloudWatchError::Throttled(_)
        ));
        assert!(matches!(of_code("AccessDenied"), CloudWatchError::Denied { .. }));
        assert!(matches!(of_code("ResourceNotFound"), CloudWatchError::NotThere(_)));
        assert!(of_code("InvalidParameterValue").is_final());
        assert!(!of_code("Throttling").is_final());
    }

    #[test]
    fn what_aws_says_stays_short_and_plain() {
        let said = CloudWatchError::of_code("PutMetricData", "Strange", &"x\u{1b}[31m\n".repeat(1000)).to_string();
        assert!(said.len() < 400 && !said.contains(['\u{1b}', '\n']), "{said}");
    }
}
