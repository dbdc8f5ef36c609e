//! What application servers send each other through a broker: news of messages, sealed with the fleet's key so that
//! nobody else's is believed.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::ids::{InstanceId, Position};
use crate::keyed::keyed;

/// What every parcel of this version begins with. It is text, so that an engineer can read a queue.
const MARK: &str = "tenfold-parcel-1";

/// What news cost beside their words, in bytes, roughly.
const OVERHEAD: usize = 200;

/// The key that all servers of a fleet share. Its bytes are shown only to the application servers.
#[derive(Clone, PartialEq, Eq)]
pub struct FleetKey([u8; 32]);

/// A message, as the log has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// Its place in the log.
    pub position: Position,
    /// Who wrote it.
    pub from: String,
    /// The group it was written to; none where it was written to a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What they wrote.
    pub text: String,
}

impl News {
    /// What it takes to keep or carry it, in bytes, roughly.
    pub fn size(&self) -> usize {
        OVERHEAD + self.from.len() + self.text.len() + self.group.as_ref().map_or(0, String::len)
    }
}

/// News for those who sit on one application server, which is named so that a parcel counts nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// For which server.
    pub to: InstanceId,
    /// What is for its users.
    pub news: Vec<News>,
}

/// Why what came is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Rejected {
    /// It is no parcel, or not a whole one.
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
pub struct NotAFleetKey;

impl FromStr for FleetKey {
    type Err = NotAFleetKey;

    fn from_str(word: &str) -> Result<FleetKey, NotAFleetKey> {
        let bytes = URL_SAFE_NO_PAD.decode(word).map_err(|_| NotAFleetKey)?;
        bytes.try_into().map(FleetKey).map_err(|_| NotAFleetKey)
    }
}

impl Parcel {
    /// The parcel as it crosses the broker: the mark, the seal, and JSON, with a blank between them.
    pub fn seal(&self, key: &FleetKey) -> String {
        let body = serde_json::to_string(self).expect("a parcel has nothing that JSON cannot say");
        let seal = key.sealing(&body).finalize().into_bytes();
        format!("{MARK} {} {body}", URL_SAFE_NO_PAD.encode(seal))
    }

    /// Reads what came for `me`.
    ///
    /// # Errors
    /// [`Rejected`]; then nothing of it may be believed.
    pub fn open(bytes: &[u8], key: &FleetKey, me: InstanceId) -> Result<Parcel, Rejected> {
        let text = std::str::from_utf8(bytes).map_err(|_| Rejected::Foreign)?;
        let rest = text.strip_prefix(MARK).and_then(|rest| rest.strip_prefix(' '));
        let (seal, body) = rest.and_then(|rest| rest.split_once(' ')).ok_or(Rejected::Foreign)?;
        let seal = URL_SAFE_NO_PAD.decode(seal).map_err(|_| Rejected::Foreign)?;
        // Compared in constant time.
        let is_ours = key.sealing(body).verify_slice(&seal).is_ok();
        if !is_ours {
            return Err(Rejected::Forged);
        }
        let parcel: Parcel = serde_json::from_str(body).map_err(|_| Rejected::Foreign)?;
        if parcel.to == me {
            Ok(parcel)
        } else {
            Err(Rejected::Misdirected)
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

    fn parcel() -> Parcel {
        let news = |position, group: Option<&str>| News {
            position: Position(position),
            from: "ann".into(),
            group: group.map(str::to_owned),
            text: "héllo \"wörld\"\u{1}".into(),
        };
        Parcel {
            to: ME,
            news: vec![news(7, None), news(9, Some("all"))],
        }
    }

    #[test]
    fn a_parcel_is_opened_by_its_fleet_alone_and_where_it_is_for() {
        let sealed = parcel().seal(&key(1));
        assert_eq!(Parcel::open(sealed.as_bytes(), &key(1), ME), Ok(parcel()));
        assert_eq!(Parcel::open(sealed.as_bytes(), &key(2), ME), Err(Rejected::Forged));
        assert_eq!(
            Parcel::open(sealed.as_bytes(), &key(1), OTHER),
            Err(Rejected::Misdirected)
        );
    }

    #[test]
    fn whatever_is_cut_off_or_changed_is_not_believed() {
        let sealed = parcel().seal(&key(1)).into_bytes();
        for length in 0..sealed.len() {
            assert!(Parcel::open(&sealed[..length], &key(1), ME).is_err(), "{length}");
        }
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(Parcel::open(&changed, &key(1), ME).is_err(), "{index}");
        }
        for foreign in [
            &b""[..],
            b"hello",
            b"tenfold-parcel-1",
            b"tenfold-parcel-1  {}",
            &[0xff; 40],
        ] {
            assert!(Parcel::open(foreign, &key(1), ME).is_err(), "{foreign:?}");
        }
    }

    #[test]
    fn a_key_is_handed_on_as_a_word_and_never_printed() {
        let word = key(9).reveal();
        assert_eq!(word.parse(), Ok(key(9)));
        assert!(!format!("{:?}", key(9)).contains(&word));
        for wrong in ["", "short", &"A".repeat(60), "é"] {
            assert_eq!(wrong.parse::<FleetKey>(), Err(NotAFleetKey), "{wrong}");
        }
    }
}
