//! How far users have been shown their messages, collected until it is written.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tenfold_core::ids::{Position, SessionId};
use tokio::sync::Notify;

/// At most so many sessions wait to be written. Only authentic ones get here, ten or so; the rest is for a database
/// that is away while clients come and go.
const MOST: usize = 10_000;

/// What is not yet written.
#[derive(Debug, Default)]
pub struct Acknowledgements {
    positions: Mutex<HashMap<SessionId, Position>>,
    noted: Notify,
}

impl Acknowledgements {
    /// The session has been shown everything up to there.
    pub fn note(&self, session: SessionId, shown: Position) {
        let mut positions = self.positions();
        if positions.len() >= MOST && !positions.contains_key(&session) {
            return;
        }
        let position = positions.entry(session).or_default();
        *position = shown.max(*position);
        drop(positions);
        self.noted.notify_one();
    }

    /// Ends when there is something to be written.
    pub async fn wanted(&self) {
        while self.positions().is_empty() {
            self.noted.notified().await;
        }
    }

    /// What is to be written now.
    pub fn take(&self) -> Vec<(SessionId, Position)> {
        std::mem::take(&mut *self.positions()).into_iter().collect()
    }

    /// It could not be written; it waits for another time.
    pub fn put_back(&self, positions: &[(SessionId, Position)]) {
        for (session, position) in positions {
            self.note(*session, *position);
        }
    }

    fn positions(&self) -> MutexGuard<'_, HashMap<SessionId, Position>> {
        self.positions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn positions_only_rise_and_many_become_one() {
        let acknowledgements = Acknowledgements::default();
        let session = SessionId(Uuid::nil());
        for position in [3, 9, 5] {
            acknowledgements.note(session, Position(position));
        }
        acknowledgements.wanted().await;
        let taken = acknowledgements.take();
        assert_eq!(taken, [(session, Position(9))]);
        acknowledgements.note(session, Position(12));
        acknowledgements.put_back(&taken);
        assert_eq!(acknowledgements.take(), [(session, Position(12))]);
        assert!(acknowledgements.take().is_empty());
    }
}
