//! Who was served since the last heartbeat: a user who gives commands is present, attached or not.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use tenfold_core::ids::SessionId;

/// The sessions whose commands were carried out here.
#[derive(Debug, Default)]
pub struct Served(Mutex<HashSet<SessionId>>);

impl Served {
    /// This session was.
    pub fn note(&self, session: SessionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(session);
    }

    /// Those since the last call.
    pub fn take(&self) -> HashSet<SessionId> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
