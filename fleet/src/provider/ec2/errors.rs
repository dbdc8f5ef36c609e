//! What AWS says when it does not do what it is asked, told apart by what is to be done about it.

use std::error::Error;

use aws_sdk_ec2::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use tenfold_core::launch_failure::LaunchFailure;

use crate::provider::ProviderError;

/// No machine of that type there, now or ever: another pool may have one.
const CAPACITY: [&str; 6] = [
    "InsufficientInstanceCapacity",
    "InsufficientHostCapacity",
    "InsufficientReservedInstanceCapacity",
    "InsufficientCapacity",
    "InsufficientFreeAddressesInSubnet",
    // The type is not offered in that zone.
    "Unsupported",
];
/// The account may have no more.
const QUOTA: [&str; 6] = [
    "VcpuLimitExceeded",
    "InstanceLimitExceeded",
    "MaxSpotInstanceCountExceeded",
    "VolumeLimitExceeded",
    "NetworkInterfaceLimitExceeded",
    "AddressLimitExceeded",
];
/// Too much was asked in too short a time.
const THROTTLED: [&str; 6] = [
    "RequestLimitExceeded",
    "RequestThrottled",
    "Throttling",
    "ThrottlingException",
    "EC2ThrottledException",
    "SlowDown",
];
/// AWS does not know us, or does not let us.
const CREDENTIALS: [&str; 13] = [
    "UnauthorizedOperation",
    "UnauthorizedException",
    "AuthFailure",
    "AccessDenied",
    "AccessDeniedException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "MissingAuthenticationToken",
    "ExpiredToken",
    "RequestExpired",
    "OptInRequired",
    "PendingVerification",
];
/// AWS has a fault of its own: whether it did what it was asked nobody knows.
const UNKNOWN: [&str; 5] = [
    "InternalError",
    "InternalFailure",
    "ServerInternal",
    "ServiceUnavailable",
    "Unavailable",
];
/// The same token was used with other parameters: the first request may have gone through.
const TOKEN_REUSED: &str = "IdempotentParameterMismatch";

/// The kind of trouble that AWS's code for an error is.
pub(super) fn reason_of(code: &str) -> LaunchFailure {
    let kinds: [(&[&str], LaunchFailure); 5] = [
        (&CAPACITY, LaunchFailure::Capacity),
        (&QUOTA, LaunchFailure::Quota),
        (&THROTTLED, LaunchFailure::Throttled),
        (&CREDENTIALS, LaunchFailure::Credentials),
        (&UNKNOWN, LaunchFailure::Timeout),
    ];
    let found = kinds.into_iter().find(|(codes, _)| codes.contains(&code));
    match found {
        Some((_, reason)) => reason,
        None if code == TOKEN_REUSED => LaunchFailure::Timeout,
        None => LaunchFailure::Other,
    }
}

/// What went wrong with `call` (`RunInstances`). The words are ours, since AWS's may be long and hold what is none of the
/// log's business; AWS's own are kept for the operator.
pub(super) fn trouble<E, R>(call: &str, error: &SdkError<E, R>) -> ProviderError
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug,
{
    let (reason, words) = match (error.code(), is_without_credentials(error)) {
        (Some(code), _) if is_beyond_free_plan(error.message()) => (
            LaunchFailure::Capacity,
            format!("this AWS account's free plan does not have that type of machine ({})", plain(code)),
        ),
        (Some(code), _) => (reason_of(code), sentence(call, code)),
        (None, true) => (
            LaunchFailure::Credentials,
            "no AWS credentials were found: give the machine a role, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in again by `aws sso login`"
                .into(),
        ),
        (None, false) => (LaunchFailure::Timeout, format!("EC2 did not answer {call}")),
    };
    let detail = match error.message() {
        Some(message) => message.to_owned(),
        None => DisplayErrorContext(error).to_string(),
    };
    ProviderError {
        reason,
        words,
        detail: Some(detail),
    }
}

/// An account on the free plan gets some types only, and is told so under a code that means anything.
fn is_beyond_free_plan(message: Option<&str>) -> bool {
    message.is_some_and(|message| message.to_ascii_lowercase().contains("free tier"))
}

fn sentence(call: &str, code: &str) -> String {
    match reason_of(code) {
        LaunchFailure::Capacity => format!("EC2 has no machine for {call} there now ({code})"),
        LaunchFailure::Quota => {
            format!("this AWS account may have no more ({code}): ask for a higher limit under Service Quotas")
        }
        LaunchFailure::Throttled => format!("EC2 was asked too often ({code})"),
        LaunchFailure::Credentials => {
            format!("AWS does not let this server use {call} ({code}): see its credentials and its role's policy")
        }
        LaunchFailure::Timeout => format!("EC2 could not say whether {call} was done ({code})"),
        LaunchFailure::NotReady | LaunchFailure::Other => format!("EC2 refused {call} ({})", plain(code)),
    }
}

/// A code that nobody has heard of is repeated only as far as it looks like one.
fn plain(code: &str) -> String {
    let is_plain = |character: &char| character.is_ascii_alphanumeric() || ".-_".contains(*character);
    code.chars().filter(is_plain).take(80).collect()
}

fn is_without_credentials<E, R>(error: &SdkError<E, R>) -> bool
where
    E: Error + 'static,
    R: std::fmt::Debug,
{
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        if error.is::<aws_credential_types::provider::error::CredentialsError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart_by_what_is_to_be_done() {
        for (code, reason) in [
            ("InsufficientInstanceCapacity", LaunchFailure::Capacity),
            ("Unsupported", LaunchFailure::Capacity),
            ("VcpuLimitExceeded", LaunchFailure::Quota),
            ("InstanceLimitExceeded", LaunchFailure::Quota),
            ("RequestLimitExceeded", LaunchFailure::Throttled),
            ("UnauthorizedOperation", LaunchFailure::Credentials),
            ("AuthFailure", LaunchFailure::Credentials),
            ("InternalError", LaunchFailure::Timeout),
            ("IdempotentParameterMismatch", LaunchFailure::Timeout),
            ("InvalidParameterValue", LaunchFailure::Other),
        ] {
            assert_eq!(reason_of(code), reason, "{code}");
        }
    }

    #[test]
    fn a_strange_code_stays_short_and_plain() {
        let said = sentence("RunInstances", &"x\u{1b}[31m y".repeat(100));
        assert!(said.len() < 200 && !said.contains('\u{1b}'), "{said}");
    }
}
