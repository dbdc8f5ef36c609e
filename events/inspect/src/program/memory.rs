//! How much memory it took.

use nix::sys::resource::{UsageWho, getrusage};

/// The most that this process has had at once, in MiB; nothing where the system does not tell.
pub(super) fn peak() -> Option<u64> {
    let most = u64::try_from(getrusage(UsageWho::RUSAGE_SELF).ok()?.max_rss()).ok()?;
    // In KiB, but on macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1024 * 1024 } else { 1024 };
    Some(most / unit).filter(|most| *most > 0)
}
