//! The key of one account, with which all is sealed that its person writes or is called.

use rand::RngExt;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::envelope;

/// The key of one account. It is kept wrapped, and destroyed with the account. Its bytes are never shown.
#[derive(Clone)]
pub struct DataKey(pub(super) Zeroizing<[u8; 32]>);

/// Which event a personal part belongs to, sealed together with it: moved to another event it does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealContext<'a> {
    /// The event's own id.
    pub id: Uuid,
    /// Its stream, which is the account's id.
    pub stream: Uuid,
    /// Its kind, as it was written.
    pub kind: &'a str,
}

impl SealContext<'_> {
    fn bytes(self) -> Vec<u8> {
        let SealContext { id, stream, kind } = self;
        [
            b"tenfold event",
            &id.as_bytes()[..],
            &stream.as_bytes()[..],
            kind.as_bytes(),
        ]
        .concat()
    }
}

impl DataKey {
    /// A new one.
    pub fn generate() -> DataKey {
        DataKey(Zeroizing::new(rand::rng().random()))
    }

    /// Seals the personal part of the event that `context` names.
    pub fn seal(&self, context: SealContext<'_>, personal: &str) -> Vec<u8> {
        envelope::seal(&self.0, &context.bytes(), personal.as_bytes())
    }

    /// The personal part of the event that `context` names; nothing where it was sealed with another key or for another event.
    pub fn open(&self, context: SealContext<'_>, sealed: &[u8]) -> Option<String> {
        let opened = envelope::open(&self.0, &context.bytes(), sealed)?;
        String::from_utf8(opened).ok()
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_was_moved_to_another_event_does_not_open() {
        let key = DataKey::generate();
        let context = SealContext {
            id: Uuid::from_u128(1),
            stream: Uuid::from_u128(2),
            kind: "Posted",
        };
        let sealed = key.seal(context, "{}");
        assert_eq!(key.open(context, &sealed).as_deref(), Some("{}"));
        let (id, stream, kind) = (Uuid::from_u128(3), Uuid::from_u128(3), "MessageSent");
        for elsewhere in [
            SealContext { id, ..context },
            SealContext { stream, ..context },
            SealContext { kind, ..context },
        ] {
            assert_eq!(key.open(elsewhere, &sealed), None, "{elsewhere:?}");
        }
        assert_eq!(DataKey::generate().open(context, &sealed), None);
    }
}
