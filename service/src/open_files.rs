//! How many files, and so how many connections, this process may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Kept for everything that is no client: the database, the log, the listener.
const KEPT: u64 = 200;

/// Raises the limit as far as this user may, and answers how many connections fit under it.
pub fn raise_limit() -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return 800;
    };
    let raised = setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    let limit = if raised { hard } else { soft };
    usize::try_from(limit.saturating_sub(KEPT).max(16)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    #[test]
    fn some_connections_always_fit() {
        assert!(super::raise_limit() >= 16);
    }
}
