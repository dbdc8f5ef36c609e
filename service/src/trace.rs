//! The server's log of its own doings, on standard error or in a file. Whatever becomes of that, the server goes on.

use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing_subscriber::EnvFilter;

use crate::log_file::LogFile;
use crate::log_lines::LogLines;

/// Whoever asks for a connection of the pool's says what a lost one means; the pool itself says it for each of them. What
/// speaks to AWS would write down its requests, and with them what only a machine may read.
const QUIET: &str = "deadpool=error,aws_config=warn,aws_runtime=warn,aws_sigv4=warn,aws_smithy_runtime=warn,\
    aws_smithy_runtime_api=warn,aws_smithy_http_client=warn,hyper=warn,hyper_util=warn,rustls=warn";

/// There is no log to be had.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The words after `--log` are no filter.
    #[error(
        "--log {filter} is not understood ({reason}): give a level (error, warn, info, debug, trace) or module=level"
    )]
    Filter {
        /// As given.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file cannot be written.
    #[error("the log file {} cannot be opened ({error}): change its rights, or name another with --log-file", path.display())]
    File {
        /// As given.
        path: PathBuf,
        /// The system's.
        error: io::Error,
    },
    /// The system gives nothing more.
    #[error("the operating system gives no thread for the log ({0}): let this user have more processes")]
    Thread(io::Error),
}

/// The log, to be kept until the end: dropping it waits a moment for the last lines.
pub struct Log(Arc<LogLines>);

impl Drop for Log {
    fn drop(&mut self) {
        self.0.flush();
    }
}

/// Starts writing trace lines that pass `filter`, such as `info` or `warn,tenfold_login=debug`, to `file`, or else to
/// standard error. A panic is a line of the log, too.
///
/// # Errors
/// [`LogError`], a sentence.
pub fn start(filter: &str, file: Option<&Path>) -> Result<Log, LogError> {
    let bad = |reason: String| LogError::Filter {
        filter: filter.into(),
        reason,
    };
    EnvFilter::try_new(filter).map_err(|error| bad(error.to_string()))?;
    let parsed = EnvFilter::try_new(format!("{QUIET},{filter}")).map_err(|error| bad(error.to_string()))?;
    let lines = match file {
        None => LogLines::start(io::stderr()),
        Some(path) => LogLines::start(LogFile::open(path).map_err(|error| LogError::File {
            path: path.into(),
            error,
        })?),
    };
    let lines = Arc::new(lines.map_err(LogError::Thread)?);
    let started = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(Arc::clone(&lines))
        .with_ansi(file.is_none() && io::stderr().is_terminal())
        // They would go to standard error by a macro that panics where that is closed.
        .log_internal_errors(false)
        .try_init();
    if started.is_err() {
        tracing::debug!("trace lines were already being written");
    }
    let panics = Arc::clone(&lines);
    std::panic::set_hook(Box::new(move |panic| log_panic(&panics, panic)));
    Ok(Log(lines))
}

/// Whatever the filter says.
fn log_panic(mut lines: &LogLines, panic: &PanicHookInfo<'_>) {
    let trace = std::backtrace::Backtrace::capture();
    let _ = writeln!(lines, "{}", format_args!("tenfold: {panic}; report this\n{trace}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_filter_is_refused_in_a_sentence_that_says_what_to_do() {
        let said = start("info,=,=", None).err().unwrap().to_string();
        assert!(said.starts_with("--log info,=,= is not understood"), "{said}");
        assert!(said.contains("give a level"), "{said}");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_said() {
        let said = start("info", Some(Path::new("/nowhere/app.log")))
            .err()
            .unwrap()
            .to_string();
        assert!(
            said.contains("/nowhere/app.log") && said.contains("--log-file"),
            "{said}"
        );
    }
}
