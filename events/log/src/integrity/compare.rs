//! The log compared with its checkpoints, while it is read.

use std::collections::VecDeque;

use sha2::{Digest, Sha256};
use tenfold_core::ids::Position;

use super::checkpoint::Checkpoint;
use super::finding::Finding;
use super::mac::LogKey;

/// The checkpoints that are still ahead, and what was read since the last one.
pub(super) struct Comparison {
    checkpoints: VecDeque<Checkpoint>,
    before: Option<Checkpoint>,
    events: i64,
    digest: Sha256,
}

impl Comparison {
    /// With all checkpoints, in order.
    pub fn new(checkpoints: Vec<Checkpoint>) -> Comparison {
        Comparison {
            checkpoints: checkpoints.into(),
            before: None,
            events: 0,
            digest: Sha256::new(),
        }
    }

    /// Above which position every event has a MAC; none where nothing is signed.
    pub fn macs_after(&self) -> Option<i64> {
        let first = self.before.as_ref().or(self.checkpoints.front());
        first.map(|checkpoint| checkpoint.macs_after)
    }

    /// What is wrong before the event at `position`.
    pub fn up_to(&mut self, key: &LogKey, position: i64) -> Vec<Finding> {
        let mut findings = Vec::new();
        while let Some(next) = self.checkpoints.pop_front_if(|next| next.position.0 < position) {
            findings.extend(self.pass(key, &next));
            self.before = Some(next);
        }
        findings
    }

    /// Whether all checkpoints are behind.
    pub fn is_over(&self) -> bool {
        self.checkpoints.is_empty()
    }

    /// Takes an event in; `mac` is as [`super::rows::StoredEvent::digested`] gives it.
    pub fn add(&mut self, position: i64, mac: &[u8]) {
        self.events += 1;
        self.digest.update(position.to_be_bytes());
        self.digest.update(mac);
    }

    fn pass(&mut self, key: &LogKey, checkpoint: &Checkpoint) -> Option<Finding> {
        let (after, events, signature) = self.before.as_ref().map_or((Position::START, 0, &[][..]), |before| {
            (before.position, before.events, &before.signature)
        });
        let wanted = checkpoint.events - events;
        let found = std::mem::take(&mut self.events);
        let digest = std::mem::take(&mut self.digest).finalize();
        let until = checkpoint.position;
        let what = if checkpoint.signed(key, signature)[..] != checkpoint.signature {
            format!(
                "the checkpoint there was altered or forged, or one before it is missing: the signature of {} events does not fit",
                checkpoint.events
            )
        } else if found < wanted {
            format!(
                "events are missing: {found} are left of the {wanted} that a login server has signed between {after} and {until}"
            )
        } else if found > wanted {
            format!(
                "events were put in: there are {found}, and a login server has signed {wanted} between {after} and {until}"
            )
        } else if digest[..] != checkpoint.digest {
            format!(
                "events between {after} and {until} were altered, moved or exchanged since a login server signed them"
            )
        } else {
            return None;
        };
        Some(Finding {
            position: until,
            what,
            may_make_rows: true,
        })
    }
}
