//! How CloudWatch is reached: the SDK's own configuration (environment, profile, the machine's role), over rustls on ring, with
//! a deadline for every call.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::Builder;
use aws_sdk_cloudwatch::config::retry::RetryConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

const CONNECT: Duration = Duration::from_secs(3);
/// One call, which takes CloudWatch some hundredths of a second on a good day.
const CALL: Duration = Duration::from_secs(10);

/// Neither the caller nor the environment names a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no AWS region is named: set AWS_REGION, such as eu-central-1")]
pub struct NoRegion;

/// A client for `region`, or else for the region that the environment names. It tries each call once: when to try again is for the
/// caller to know. Credentials are looked for when they are needed.
pub async fn connect(region: Option<String>) -> Result<Client, NoRegion> {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_timeout(CALL)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .timeout_config(timeouts)
        // A call has a megabyte at most and a few hundred bytes as a rule; compressed ones cannot be read by whoever looks on, such as
        // the emulator.
        .disable_request_compression(true);
    if let Some(region) = region {
        loader = loader.region(Region::new(region));
    }
    let config = loader.load().await;
    if config.region().is_none() {
        return Err(NoRegion);
    }
    let once = Builder::from(&config).retry_config(RetryConfig::disabled());
    Ok(Client::from_conf(once.build()))
}
