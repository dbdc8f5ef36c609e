//! What a machine that was launched elsewhere and its login server say to each other, once: a token for what it takes to be
//! an application server.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::quota::Quotas;

/// Where the application server's program is to be had.
pub const PROGRAM_PATH: &str = "/tenfold-app";
/// Where the exchange is made.
pub const EXCHANGE_PATH: &str = "/enrol";

/// What the machine shows.
#[derive(Clone, Serialize, Deserialize)]
pub struct Application {
    /// For which request it was launched.
    pub instance: Uuid,
    /// The token of its user data.
    pub token: String,
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Application({}, …)", self.instance)
    }
}

/// What it gets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The log's database.
    pub database: String,
    /// The certificates in PEM by which the database's one is checked, where its URL names a file: the machine has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_root_certificates: Option<String>,
    /// The broker, where there is one.
    pub broker: Option<String>,
    /// What messages that cross the broker are sealed with.
    pub fleet_key: Option<String>,
    /// Under which all that people write is sealed.
    pub master_key: String,
    /// What it lets one person or address have; the usual where an earlier login server says nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotas: Option<Quotas>,
    /// What it shows clients, where there is TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<ClientCertificate>,
    /// Where to listen, `HOST:PORT`.
    pub listen: String,
    /// The host under which clients reach it.
    pub advertise_host: String,
}

/// A certificate for clients.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCertificate {
    /// With those that it was signed with, in PEM.
    pub certificate: String,
    /// Its key, in PEM.
    pub key: String,
    /// Whoever speaks no TLS is served, too.
    pub also_plain: bool,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({}, …)", self.listen)
    }
}

/// Why it gets nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// A sentence.
    pub message: String,
}

/// What the database keeps of a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// SHA-256 of a certificate's public key: by it a machine knows its login server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pin([u8; 32]);

impl Pin {
    /// Of a public key, as X.509 writes it (SubjectPublicKeyInfo).
    pub fn of(public_key: &[u8]) -> Pin {
        Pin(Sha256::digest(public_key).into())
    }

    /// Whether it is that key's, compared in constant time.
    pub fn is_of(&self, public_key: &[u8]) -> bool {
        Pin::of(public_key).0.ct_eq(&self.0).into()
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}

impl FromStr for Pin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Pin).ok_or("a pin is the SHA-256 of a public key, in base64")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_not_printed() {
        let application = Application {
            instance: Uuid::nil(),
            token: "s3cr3t".into(),
        };
        let settings = Settings {
            database: "postgres://u:s3cr3t@h".into(),
            database_root_certificates: None,
            broker: Some("amqp://u:s3cr3t@h".into()),
            fleet_key: Some("s3cr3t".into()),
            master_key: "s3cr3t".into(),
            quotas: None,
            tls: Some(ClientCertificate {
                certificate: String::new(),
                key: "s3cr3t".into(),
                also_plain: false,
            }),
            listen: "10.0.0.1:9001".into(),
            advertise_host: "10.0.0.1".into(),
        };
        let printed = format!("{application:?} {settings:?}");
        assert!(!printed.contains("s3cr3t"), "{printed}");
    }

    #[test]
    fn releases_before_and_after_root_certificates_understand_each_other() {
        let before =
            r#"{"database":"u","broker":null,"fleet_key":null,"master_key":"k","listen":"h:1","advertise_host":"h"}"#;
        let settings: Settings = serde_json::from_str(before).unwrap();
        assert_eq!(settings.database_root_certificates, None);
        assert_eq!(serde_json::to_string(&settings).unwrap(), before);
    }

    #[test]
    fn a_pin_is_of_one_key() {
        let pin: Pin = Pin::of(b"key").to_string().parse().unwrap();
        assert!(pin.is_of(b"key") && !pin.is_of(b"another key"));
        for wrong in ["", "x", "c2hvcnQ="] {
            assert!(wrong.parse::<Pin>().is_err(), "{wrong}");
        }
    }
}
