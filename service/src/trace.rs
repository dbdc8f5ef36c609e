//! The server's log of its own doings, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Whoever asks for a connection of the pool's says what a lost one means; the pool itself says it for each of them. What
/// speaks to AWS would write down its requests, and with them what only a machine may read.
const QUIET: &str = "deadpool=error,aws_config=warn,aws_runtime=warn,aws_sigv4=warn,aws_smithy_runtime=warn,\
    aws_smithy_runtime_api=warn,aws_smithy_http_client=warn,hyper=warn,hyper_util=warn,rustls=warn";

/// The words after `--log` are no filter.
#[derive(Debug, thiserror::Error)]
#[error("--log {filter} is not understood ({reason}): give a level (error, warn, info, debug, trace) or module=level")]
pub struct FilterError {
    filter: String,
    reason: String,
}

/// Starts writing trace lines that pass `filter`, such as `info` or `warn,tenfold_login=debug`, to standard error. A
/// second call changes nothing.
pub fn start(filter: &str) -> Result<(), FilterError> {
    let bad = |reason: String| FilterError {
        filter: filter.into(),
        reason,
    };
    EnvFilter::try_new(filter).map_err(|error| bad(error.to_string()))?;
    let parsed = EnvFilter::try_new(format!("{QUIET},{filter}")).map_err(|error| bad(error.to_string()))?;
    let started = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
    if started.is_err() {
        tracing::debug!("trace lines were already being written");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_filter_is_refused_in_a_sentence_that_says_what_to_do() {
        let said = start("info,=,=").unwrap_err().to_string();
        assert!(said.starts_with("--log info,=,= is not understood"), "{said}");
        assert!(said.contains("give a level"), "{said}");
    }
}
