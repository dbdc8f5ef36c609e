//! The signals that end the server.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that fires at SIGINT or SIGTERM. Needs a Tokio runtime.
///
/// # Errors
/// The system's, where it lets this process handle no signals.
pub fn on_signals() -> io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stopping = CancellationToken::new();
    let fired = stopping.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => tracing::info!("interrupted; finishing what is under way"),
            _ = terminate.recv() => tracing::info!("asked to end; finishing what is under way"),
        }
        fired.cancel();
    });
    Ok(stopping)
}
