//! As process 1, of a container: what is orphaned there becomes a child of this process, and stays a zombie unless it is
//! waited for.

use std::io;
use std::process::{Command, ExitCode};

use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// Where this is process 1, runs the program in a child, hands signals on to it, and waits for everything that ends, until the
/// child has: then the answer is its exit status. The child itself cannot do so, for it must not be deprived of its own children.
///
/// # Errors
/// The system's, where it gives no process.
pub fn stand_in() -> io::Result<Option<ExitCode>> {
    if std::process::id() != 1 {
        // Whoever started it may have blocked some, as the one that stands in has.
        SigSet::empty().thread_set_mask()?;
        return Ok(None);
    }
    let mut signals = SigSet::empty();
    let ending = tenfold_cli::ending_signals();
    let named = ending.into_iter().filter_map(|number| Signal::try_from(number).ok());
    named.chain([Signal::SIGCHLD]).for_each(|signal| signals.add(signal));
    signals.thread_block()?;
    let mut program = Command::new(std::env::current_exe()?);
    let child = program.args(std::env::args_os().skip(1)).spawn()?;
    let child = Pid::from_raw(child.id().cast_signed());
    loop {
        match signals.wait()? {
            Signal::SIGCHLD => {
                if let Some(status) = reap(child) {
                    return Ok(Some(ExitCode::from(status)));
                }
            }
            // It may have ended just now.
            signal => drop(kill(child, signal)),
        }
    }
}

/// Waits for all that have ended; the exit status of `child`, where it is among them.
fn reap(child: Pid) -> Option<u8> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, status)) if pid == child => {
                return Some(u8::try_from(status).unwrap_or(u8::MAX));
            }
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                return Some(tenfold_cli::status_of_signal(signal as u8));
            }
            Ok(WaitStatus::StillAlive) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}
