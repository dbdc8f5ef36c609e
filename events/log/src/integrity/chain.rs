//! The MACs of events that are about to be appended.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::mac::{EventColumns, LogKey, TAG, Tag};

/// Makes MACs, each upon that of the last event of its stream.
pub struct Chain {
    key: Option<Arc<LogKey>>,
    heads: HashMap<Uuid, Tag>,
}

impl Chain {
    /// No stream is known yet. Without a key no MACs are made.
    pub fn new(key: Option<&Arc<LogKey>>) -> Chain {
        Chain {
            key: key.cloned(),
            heads: HashMap::new(),
        }
    }

    /// Tells the tag of a stream's last event: the first bytes of its MAC, where it has one.
    pub fn put(&mut self, stream: Uuid, tag: Option<&[u8]>) {
        if let Some(tag) = tag.and_then(|tag| tag.get(..TAG)?.try_into().ok()) {
            self.heads.insert(stream, tag);
        }
    }

    /// The tag of a stream's last event; none where it has none, or there is none.
    pub fn tag(&self, stream: Uuid) -> Option<&Tag> {
        self.heads.get(&stream)
    }

    /// The MAC of its stream's next event, as the append functions take it.
    pub fn next(&mut self, columns: &EventColumns<'_>) -> Option<[u8; 32]> {
        let made = self.key.as_ref()?.event(self.tag(columns.stream), columns);
        self.put(columns.stream, Some(&made));
        Some(made)
    }
}
