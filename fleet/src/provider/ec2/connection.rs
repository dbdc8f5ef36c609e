//! How AWS is reached: the kit's own configuration (environment, profile, the machine's role), over rustls on ring, with a
//! deadline for every call.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_types::sdk_config::SharedHttpClient;

const CONNECT: Duration = Duration::from_secs(3);
/// One attempt of a call. RunInstances takes one to three seconds on a good day.
const ATTEMPT: Duration = Duration::from_secs(10);

/// There is no way to AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoConnection {
    /// Nobody said where.
    #[error("no AWS region is named: set AWS_REGION, such as eu-central-1")]
    NoRegion,
}

/// What every client of AWS is made from. Credentials are looked for when they are needed.
///
/// # Errors
/// [`NoConnection`].
pub async fn connection() -> Result<SdkConfig, NoConnection> {
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http())
        .timeout_config(timeouts())
        .load()
        .await;
    match config.region() {
        Some(_) => Ok(config),
        None => Err(NoConnection::NoRegion),
    }
}

/// HTTP over rustls on ring.
pub(super) fn http() -> SharedHttpClient {
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// No call waits for ever.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .build()
}
