//! What application servers send each other through a broker: notices of messages, authenticated with the fleet's key, so
//! that a server accepts nobody else's.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::ids::{InstanceId, Position};
use crate::keyed::keyed;

/// What every envelope of this version begins with (the name is part of the format and stays). It is text, so that an
/// engineer can read a queue.
const MARK: &str = "tenfold-parcel-1";

/// What a notice takes beside its texts, in bytes, roughly.
const OVERHEAD: usize = 200;

/// The key that all servers of a fleet share. Its bytes are shown only to the application servers.
#[derive(Clone, PartialEq, Eq)]
pub struct FleetKey([u8; 32]);

/// Notice of a message, as the log has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageNotice {
    /// Its position in the log.
    pub position: Position,
    /// Who wrote it.
    pub from: String,
    /// The group it was written to; none where it was written to a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What they wrote.
    pub text: String,
}

impl MessageNotice {
    /// What it takes to keep or carry it, in bytes, roughly.
    pub fn size(&self) -> usize {
        OVERHEAD + self.from.len() + self.text.len() + self.group.as_ref().map_or(0, String::len)
    }
}

/// Notices for the users of one application server. It names the server, so that no other accepts it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// For which server.
    pub to: InstanceId,
    /// What is for its users, in ascending position.
    #[serde(rename = "news")]
    pub notices: Vec<MessageNotice>,
}

/// Why an envelope is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum EnvelopeError {
    /// It is no envelope, or not a whole one.
    #[error("foreign or cut off")]
    Foreign,
    /// It is not sealed with this fleet's key.
    #[error("not sealed with this fleet's key")]
    Forged,
    /// It is sealed, but for another server.
    #[error("for another server")]
    Misdirected,
}

impl FleetKey {
    /// A key of 32 bytes that are hard to guess.
    pub fn new(bytes: [u8; 32]) -> FleetKey {
        FleetKey(bytes)
    }

    /// As an application server is given it; [`FromStr`] reads it. Nothing else may show it.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    fn sealing(&self, body: &str) -> Hmac<Sha256> {
        keyed(&self.0, MARK.as_bytes(), body.as_bytes())
    }
}

impl fmt::Debug for FleetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FleetKey(…)")
    }
}

/// The word is no key of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a fleet's key")]
pub struct FleetKeyError;

impl FromStr for FleetKey {
    type Err = FleetKeyError;

    fn from_str(word: &str) -> Result<FleetKey, FleetKeyError> {
        let bytes = URL_SAFE_NO_PAD.decode(word).map_err(|_| FleetKeyError)?;
        bytes.try_into().map(FleetKey).map_err(|_| FleetKeyError)
    }
}

impl Envelope {
    /// The envelope as it crosses the broker: the mark, the seal (HMAC-SHA-256 in base64), and JSON, with a blank between
    /// them.
    pub fn seal(&self, key: &FleetKey) -> String {
        let body = serde_json::to_string(self).expect("an envelope has nothing that JSON cannot say");
        let seal = key.sealing(&body).finalize().into_bytes();
        format!("{MARK} {} {body}", URL_SAFE_NO_PAD.encode(seal))
    }

    /// Reads what came for the server `me`. Where it is rejected, nothing of it may be used.
    pub fn open(bytes: &[u8], key: &FleetKey, me: InstanceId) -> Result<Envelope, EnvelopeError> {
        let text = std::str::from_utf8(bytes).map_err(|_| EnvelopeError::Foreign)?;
        let rest = text.strip_prefix(MARK).and_then(|rest| rest.strip_prefix(' '));
        let (seal, body) = rest
            .and_then(|rest| rest.split_once(' '))
            .ok_or(EnvelopeError::Foreign)?;
        let seal = URL_SAFE_NO_PAD.decode(seal).map_err(|_| EnvelopeError::Foreign)?;
        // Compared in constant time.
        let is_ours = key.sealing(body).verify_slice(&seal).is_ok();
        if !is_ours {
            return Err(EnvelopeError::Forged);
        }
        let envelope: Envelope = serde_json::from_str(body).map_err(|_| EnvelopeError::Foreign)?;
        if envelope.to == me {
            Ok(envelope)
        } else {
            Err(EnvelopeError::Misdirected)
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ME: InstanceId = InstanceId(Uuid::from_u128(1));
    const OTHER: InstanceId = InstanceId(Uuid::from_u128(2));

    fn key(byte: u8) -> FleetKey {
        FleetKey::new([byte; 32])
    }

    fn envelope() -> Envelope {
        let notice = |position, group: Option<&str>| MessageNotice {
            position: Position(position),
            from: "ann".into(),
            group: group.map(str::to_owned),
            text: "héllo \"wörld\"\u{1}".into(),
        };
        Envelope {
            to: ME,
            notices: vec![notice(7, None), notice(9, Some("all"))],
        }
    }

    #[test]
    fn an_envelope_is_opened_by_its_fleet_alone_and_by_its_recipient() {
        let sealed = envelope().seal(&key(1));
        assert_eq!(Envelope::open(sealed.as_bytes(), &key(1), ME), Ok(envelope()));
        assert_eq!(
            Envelope::open(sealed.as_bytes(), &key(2), ME),
            Err(EnvelopeError::Forged)
        );
        assert_eq!(
            Envelope::open(sealed.as_bytes(), &key(1), OTHER),
            Err(EnvelopeError::Misdirected)
        );
    }

    #[test]
    fn whatever_is_cut_off_or_changed_is_rejected() {
        let sealed = envelope().seal(&key(1)).into_bytes();
        for length in 0..sealed.len() {
            assert!(Envelope::open(&sealed[..length], &key(1), ME).is_err(), "{length}");
        }
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(Envelope::open(&changed, &key(1), ME).is_err(), "{index}");
        }
        for foreign in [
            &b""[..],
            b"hello",
            b"tenfold-parcel-1",
            b"tenfold-parcel-1  {}",
            &[0xff; 40],
        ] {
            assert!(Envelope::open(foreign, &key(1), ME).is_err(), "{foreign:?}");
        }
    }

    #[test]
    fn the_format_is_that_of_this_version() {
        let sealed = envelope().seal(&key(1));
        assert!(sealed.starts_with("tenfold-parcel-1 "), "{sealed}");
        assert!(
            sealed.contains(r#"{"to":"00000000-0000-0000-0000-000000000001","news":[{"position":7,"#),
            "{sealed}"
        );
    }

    #[test]
    fn a_key_is_handed_on_as_a_word_and_never_printed() {
        let word = key(9).reveal();
        assert_eq!(word.parse(), Ok(key(9)));
        assert!(!format!("{:?}", key(9)).contains(&word));
        for wrong in ["", "short", &"A".repeat(60), "é"] {
            assert_eq!(wrong.parse::<FleetKey>(), Err(FleetKeyError), "{wrong}");
        }
    }
}
