//! The MAC of an event, byte by byte.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::database::Client;
use crate::sealing::MasterKey;

/// The half of a MAC that is made of the event's columns alone; the next event of the stream has it in its own MAC.
pub type Tag = [u8; TAG];
/// Bytes of a [`Tag`].
pub(super) const TAG: usize = 16;

/// What its server knows of an event before it is appended, as it is stored: all columns but position and time.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // the columns are those of the table
pub struct EventColumns<'a> {
    pub id: Uuid,
    pub stream: Uuid,
    pub version: i64,
    pub kind: &'a str,
    pub kind_version: i16,
    pub command: Uuid,
    pub ordinal: i16,
    pub digest: Option<i64>,
    pub actor: Option<Uuid>,
    pub recipient: Option<Uuid>,
    pub data: &'a str,
    pub personal: Option<&'a str>,
    pub sealed: Option<&'a [u8]>,
}

/// The keys of MACs and checkpoints, which are derived from the master key.
#[derive(Clone)]
pub struct LogKey {
    events: Hmac<Sha256>,
    checkpoints: Hmac<Sha256>,
}

impl LogKey {
    /// Those of that master key.
    pub fn new(master: &MasterKey) -> LogKey {
        let derived = |purpose| {
            let key = master.derive(purpose);
            Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes keys of any length")
        };
        LogKey {
            events: derived(b"tenfold event mac"),
            checkpoints: derived(b"tenfold log checkpoint"),
        }
    }

    /// Those of the master key of a connection, where it has one.
    pub fn of(client: &Client) -> Option<LogKey> {
        client.master_key().map(|master| LogKey::new(master))
    }

    /// HMAC-SHA-256 over the event's columns and the tag of the event before it in its stream, where that has one. The first [`TAG`] bytes are
    /// the event's own tag. The rest is known to nobody who has not the key: see [`placed`].
    pub fn event(&self, before: Option<&Tag>, columns: &EventColumns<'_>) -> [u8; 32] {
        let mut mac = self.events.clone();
        mac.update(&bytes(before, columns));
        mac.finalize().into_bytes().into()
    }

    /// HMAC-SHA-256 over the parts of a checkpoint, each behind its length.
    pub(super) fn checkpoint(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.checkpoints.clone();
        for part in parts {
            mac.update(&(part.len() as u32).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// No byte of a field can be taken for another's: each stands behind its length, and behind whether it is there.
fn bytes(before: Option<&Tag>, columns: &EventColumns<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256 + columns.data.len() + columns.sealed.map_or(0, <[u8]>::len));
    let mut field = |value: Option<&[u8]>| match value {
        None => bytes.push(0),
        Some(value) => {
            bytes.push(1);
            bytes.extend((value.len() as u32).to_be_bytes());
            bytes.extend(value);
        }
    };
    field(before.map(Tag::as_slice));
    field(Some(columns.id.as_bytes()));
    field(Some(columns.stream.as_bytes()));
    field(Some(&columns.version.to_be_bytes()));
    field(Some(columns.kind.as_bytes()));
    field(Some(&columns.kind_version.to_be_bytes()));
    field(Some(columns.command.as_bytes()));
    field(Some(&columns.ordinal.to_be_bytes()));
    field(columns.digest.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
    field(columns.actor.as_ref().map(|id| id.as_bytes().as_slice()));
    field(columns.recipient.as_ref().map(|id| id.as_bytes().as_slice()));
    field(Some(columns.data.as_bytes()));
    field(columns.personal.map(str::as_bytes));
    field(columns.sealed);
    bytes
}

/// A MAC as it is kept: the tag, and what binds the event to its position and its time (in microseconds since 2000). As `placed_mac` in V17.
pub(super) fn placed(made: &[u8; 32], position: i64, at: i64) -> [u8; 32] {
    let place = Sha256::new()
        .chain_update(made)
        .chain_update(position.to_be_bytes())
        .chain_update(at.to_be_bytes())
        .finalize();
    let mut mac = *made;
    mac[TAG..].copy_from_slice(&place[..TAG]);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: EventColumns<'static> = EventColumns {
        id: Uuid::from_u128(1),
        stream: Uuid::from_u128(2),
        version: 3,
        kind: "Posted",
        kind_version: 1,
        command: Uuid::from_u128(4),
        ordinal: 0,
        digest: None,
        actor: None,
        recipient: None,
        data: "{}",
        personal: None,
        sealed: None,
    };

    #[test]
    fn every_column_and_the_event_before_change_the_mac() {
        let other = Uuid::from_u128(9);
        let changed = [
            EventColumns { id: other, ..BASE },
            EventColumns { stream: other, ..BASE },
            EventColumns { version: 4, ..BASE },
            EventColumns { kind: "Poste", ..BASE },
            EventColumns {
                kind_version: 2,
                ..BASE
            },
            EventColumns { command: other, ..BASE },
            EventColumns { ordinal: 1, ..BASE },
            EventColumns {
                digest: Some(0),
                ..BASE
            },
            EventColumns {
                actor: Some(other),
                ..BASE
            },
            EventColumns {
                recipient: Some(other),
                ..BASE
            },
            EventColumns { data: "{ }", ..BASE },
            EventColumns {
                personal: Some(""),
                ..BASE
            },
            EventColumns {
                sealed: Some(b""),
                ..BASE
            },
        ];
        let key = LogKey::new(&MasterKey::new([1; 32]));
        let mut seen = vec![key.event(None, &BASE), key.event(Some(&[0; TAG]), &BASE)];
        seen.extend(changed.iter().map(|columns| key.event(None, columns)));
        seen.push(LogKey::new(&MasterKey::new([2; 32])).event(None, &BASE));
        for (index, one) in seen.iter().enumerate() {
            assert!(!seen[..index].contains(one), "{index}");
        }
    }

    #[test]
    fn a_mac_is_for_one_place_and_does_not_show_what_it_was_made_with() {
        let made = [7; 32];
        let mac = placed(&made, 1, 2);
        assert_ne!(mac, placed(&made, 2, 2));
        assert_ne!(mac, placed(&made, 1, 3));
        assert_eq!(mac[..TAG], made[..TAG]);
        assert_ne!(mac[TAG..], made[TAG..]);
    }
}
