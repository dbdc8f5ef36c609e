//! Why TLS did not come about, in a sentence.

use std::error::Error as _;

use chrono::DateTime;
use rustls::pki_types::UnixTime;
use rustls::{CertificateError, Error, OtherError};
use tokio_postgres::config::Host;
use tokio_postgres::{Config, Error as PostgresError};

use super::options::SslMode;
use super::roots::Source;
use crate::database::error::{DatabaseError, in_words};

/// What the driver says where the server answered that it has no TLS.
const NO_TLS: &str = "server does not support TLS";

/// What was wrong with TLS to this host, which is shown as `endpoint`; nothing where the failure is of another kind.
pub(super) fn explain(
    mode: SslMode,
    source: Option<&Source>,
    host: &Config,
    endpoint: String,
    error: &PostgresError,
) -> Option<DatabaseError> {
    if error.source().is_some_and(|cause| cause.to_string() == NO_TLS) {
        let mode = mode.name();
        return Some(DatabaseError::NoTls { endpoint, mode });
    }
    match of_tls(error) {
        Some(Error::InvalidCertificate(certificate)) => {
            let (fault, mend) = distrust(certificate, source, host);
            Some(DatabaseError::Certificate { endpoint, fault, mend })
        }
        None if !is_of_handshake(error) => None,
        _ => {
            let cause = in_words(error);
            Some(DatabaseError::Handshake { endpoint, cause })
        }
    }
}

/// Whether no TLS came about, for whatever reason.
pub(super) fn is_of_handshake(error: &PostgresError) -> bool {
    // Its kind cannot be asked for; its words can.
    error.to_string().starts_with("error performing TLS handshake")
}

fn of_tls(error: &PostgresError) -> Option<&Error> {
    let cause = error.source()?.downcast_ref::<std::io::Error>()?;
    cause.get_ref()?.downcast_ref::<Error>()
}

/// What is wrong with a certificate, and what to do about it.
fn distrust(error: &CertificateError, source: Option<&Source>, host: &Config) -> (String, String) {
    let renew = || "give Postgres a new one".to_owned();
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => signed_by_nobody(source),
        CertificateError::ExpiredContext { not_after, .. } => (format!("ran out on {}", day(*not_after)), renew()),
        CertificateError::Expired => ("has run out".into(), renew()),
        CertificateError::NotValidYetContext { not_before, .. } => (
            format!("holds from {} on only", day(*not_before)),
            "set the clocks of both machines right".into(),
        ),
        CertificateError::NotValidForNameContext { presented, .. } => other_name(presented, host),
        CertificateError::NotValidForName => other_name(&[], host),
        CertificateError::Other(OtherError(cause)) if format!("{cause:?}") == "CaUsedAsEndEntity" => (
            "is an authority's (CA:TRUE), which is none for a server".into(),
            "give Postgres one of its own, signed by that authority".into(),
        ),
        CertificateError::Other(OtherError(cause)) if format!("{cause:?}") == "UnsupportedCertVersion" => (
            "is of an old version of X.509, in which it can name no host".into(),
            "give Postgres one of version 3, with its host as subjectAltName".into(),
        ),
        other => (format!("is not to be trusted ({other})"), renew()),
    }
}

fn signed_by_nobody(source: Option<&Source>) -> (String, String) {
    let mend = "name the file with its authority's certificate by sslrootcert=FILE, or give Postgres one that is signed by a trusted authority";
    let whom = match source {
        Some(Source::File { name, .. }) => format!("is signed by nobody in {name}"),
        _ => "is signed by no authority that this machine trusts".into(),
    };
    (whom, mend.into())
}

fn other_name(presented: &[String], host: &Config) -> (String, String) {
    let wanted = match host.get_hosts().first() {
        Some(Host::Tcp(name)) => name.as_str(),
        _ => "this host",
    };
    let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
    let fault = match names.is_empty() {
        true => format!("names no host (as subjectAltName), so it is not for {wanted}"),
        false => format!("is for {}, not for {wanted}", names.join(" and ")),
    };
    let mend = format!("name Postgres by a host that it is for, or give Postgres one that is for {wanted}");
    (fault, mend)
}

/// `DnsName("a")` and `IpAddress(::1)` as people write them.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

fn day(time: UnixTime) -> String {
    let time = i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    time.map_or_else(
        || "a day that there is not".into(),
        |time| time.format("%Y-%m-%d").to_string(),
    )
}
