//! The signals that would end a program, so that one that keeps something can put it away first.

use std::io;

use futures_util::future::select_all;
use nix::libc;
use nix::sys::signal::Signal;
use tokio::signal::unix::{self, SignalKind, signal};

/// Those with names. Missing are those that cannot be handled (KILL, STOP), those of a fault in the program itself (ILL,
/// FPE, SEGV, BUS), and PIPE, which Rust's programs ignore.
const NAMED: [Signal; 14] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGTRAP,
    Signal::SIGABRT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGVTALRM,
    Signal::SIGPROF,
    Signal::SIGXCPU,
    Signal::SIGXFSZ,
    Signal::SIGSYS,
];

/// The numbers of all signals that would end this process and can be handled. SIGHUP is not among them where whoever started the
/// program has it ignored, as `nohup` does.
pub fn ending_signals() -> Vec<i32> {
    let mut numbers: Vec<i32> = NAMED.iter().map(|signal| *signal as i32).collect();
    #[cfg(target_os = "linux")]
    {
        numbers.extend([Signal::SIGIO as i32, Signal::SIGPWR as i32, Signal::SIGSTKFLT as i32]);
        numbers.extend(libc::SIGRTMIN()..=libc::SIGRTMAX());
    }
    numbers.retain(|number| *number != libc::SIGHUP || !is_ignored(*number));
    numbers
}

/// The number of the first of them that comes. Needs a Tokio runtime.
///
/// # Errors
/// The system's, where it lets this process handle no signals.
pub fn first_signal() -> io::Result<impl Future<Output = u8>> {
    let streams = ending_signals()
        .into_iter()
        .map(|number| Ok((number, signal(SignalKind::from_raw(number))?)))
        .collect::<io::Result<Vec<_>>>()?;
    let arrivals: Vec<_> = streams
        .into_iter()
        .map(|(number, stream)| Box::pin(arrival(number, stream)))
        .collect();
    Ok(async { select_all(arrivals).await.0 })
}

async fn arrival(number: i32, mut stream: unix::Signal) -> u8 {
    stream.recv().await;
    u8::try_from(number).unwrap_or(0)
}

/// What a person calls it, such as `SIGHUP`.
pub fn signal_name(number: i32) -> String {
    Signal::try_from(number).map_or_else(|_| format!("signal {number}"), |signal| signal.to_string())
}

fn is_ignored(number: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_ignored_where_the_system_says_so() {
        // Rust's programs ignore it from their start.
        assert!(is_ignored(libc::SIGPIPE));
        assert!(!is_ignored(libc::SIGTERM));
        let numbers = ending_signals();
        assert!(
            numbers.contains(&libc::SIGQUIT) && !numbers.contains(&libc::SIGCHLD),
            "{numbers:?}"
        );
        assert_eq!(
            (signal_name(1).as_str(), signal_name(40).as_str()),
            ("SIGHUP", "signal 40")
        );
    }
}
