//! The signals that end the server.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that fires at every signal that would end this process, so that it ends in good order: with its children, and
/// with what it has begun. SIGHUP is not among them where it means to take a certificate anew. Needs a Tokio runtime.
///
/// # Errors
/// The system's, where it lets this process handle no signals.
pub fn on_signals(hangup_ends: bool) -> io::Result<CancellationToken> {
    let stopping = CancellationToken::new();
    let hangup = SignalKind::hangup().as_raw_value();
    let numbers = tenfold_cli::ending_signals();
    for number in numbers.into_iter().filter(|number| hangup_ends || *number != hangup) {
        let received = signal(SignalKind::from_raw(number))?;
        tokio::spawn(stop_at(received, number, stopping.clone()));
    }
    Ok(stopping)
}

async fn stop_at(mut received: Signal, number: i32, stopping: CancellationToken) {
    while received.recv().await.is_some() {
        let is_first = !stopping.is_cancelled();
        // First what was asked for, then the word about it.
        stopping.cancel();
        if is_first {
            let signal = tenfold_cli::signal_name(number);
            tracing::info!(%signal, "asked to end; finishing what is under way");
        }
    }
}
