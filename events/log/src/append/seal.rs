//! A decided batch as the log's columns: every event gets its id, and its personal part is sealed under it.

use tenfold_core::event::Encoded;
use uuid::Uuid;

use super::batch::{Decided, Entry};
use crate::sealing::{DataKey, Keys, Place, Unsealable};

/// An event as it is written.
pub(super) struct Written {
    pub id: Uuid,
    pub encoded: Encoded,
    pub sealed: Option<Vec<u8>>,
}

/// A batch as it is written.
#[derive(Default)]
pub(super) struct Sealed {
    /// One for each of the batch's entries.
    pub events: Vec<Written>,
    /// Accounts that had no key, and the wrapped keys they have got.
    pub new_keys: (Vec<Uuid>, Vec<Vec<u8>>),
}

/// Seals what `decided` has to be recorded. An account that has no key gets one: one that is just being registered, or one
/// whose key is in no backup that was brought back.
///
/// # Errors
/// [`Unsealable`] where a key cannot be unwrapped; nothing may be written then.
pub(super) fn seal(decided: &Decided, keys: &mut Keys) -> Result<Sealed, Unsealable> {
    let mut sealed = Sealed::default();
    for entry in &decided.entries {
        let written = sealed.write(entry, keys)?;
        sealed.events.push(written);
    }
    Ok(sealed)
}

impl Sealed {
    fn write(&mut self, entry: &Entry, keys: &mut Keys) -> Result<Written, Unsealable> {
        let (id, stream) = (Uuid::now_v7(), entry.event.stream().id());
        let mut encoded = entry.event.encode();
        let place = Place {
            id,
            stream,
            kind: encoded.kind,
        };
        let sealed = match encoded.personal.take() {
            Some(personal) => Some(self.key(stream, keys)?.seal(place, &personal)),
            None => None,
        };
        Ok(Written { id, encoded, sealed })
    }

    fn key<'k>(&mut self, account: Uuid, keys: &'k mut Keys) -> Result<&'k DataKey, Unsealable> {
        if keys.get(account)?.is_none() {
            let wrapped = keys.generate(account)?;
            self.new_keys.0.push(account);
            self.new_keys.1.push(wrapped);
        }
        keys.get(account)?.ok_or(Unsealable { account })
    }
}
