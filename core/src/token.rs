//! A session's token, `<session id>.<MAC>`: what a client shows in place of its user's name.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::envelope::FleetKey;
use crate::ids::SessionId;
use crate::keyed::keyed;

/// The key that makes tokens; only login servers hold it. Its bytes are never shown.
#[derive(Clone)]
pub struct TokenKey([u8; 32]);

impl TokenKey {
    /// A key of 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> TokenKey {
        TokenKey(bytes)
    }

    /// The token of `session`; always the same one.
    pub fn token(&self, session: SessionId) -> Token {
        Token {
            session,
            mac: self.mac(b"tenfold token", session.0.as_bytes()),
        }
    }

    /// Whether this key made `token`, compared in constant time.
    pub fn made(&self, token: &Token) -> bool {
        self.token(token.session).mac.ct_eq(&token.mac).into()
    }

    /// What the database remembers of the key, so that a server with another one is found out. Tells nothing of it.
    pub fn fingerprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.mac(b"tenfold key fingerprint", b"")[..12])
    }

    /// A short keyed digest of `text`, for telling two uses of one command id apart.
    pub fn digest(&self, text: &str) -> i64 {
        first_eight(&self.mac(b"tenfold command", text.as_bytes()))
    }

    /// The key with which the servers of this key's fleet seal what they send each other. It tells nothing of this one.
    pub fn fleet_key(&self) -> FleetKey {
        FleetKey::new(self.mac(b"tenfold fleet", b""))
    }

    /// What the key of the certificate is made of that login servers show to machines that enrol. All login servers of one
    /// database show the same, also after a restart elsewhere, so that whoever was told of one trusts the others.
    pub fn enrolment_seed(&self) -> [u8; 32] {
        self.mac(b"tenfold enrolment", b"")
    }

    /// The password of a database role, which all login servers of one database know.
    pub fn role_password(&self, role: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(b"tenfold database role", role.as_bytes()))
    }

    fn mac(&self, purpose: &[u8], message: &[u8]) -> [u8; 32] {
        keyed(&self.0, purpose, message).finalize().into_bytes().into()
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({})", self.fingerprint())
    }
}

/// A token as a client shows it. Well-formed is not authentic: see [`TokenKey::made`] and [`Token::hash`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token {
    /// The session it is for.
    pub session: SessionId,
    mac: [u8; 32],
}

impl Token {
    /// What the session keeps: SHA-256 of the token, from which nobody can make it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.to_string()).into()
    }

    /// A short digest of `text`, keyed with this token (so that nobody without it can guess the text), for telling
    /// two uses of one command id apart.
    pub fn digest(&self, text: &str) -> i64 {
        first_eight(&Sha256::new().chain_update(self.mac).chain_update(text).finalize())
    }
}

fn first_eight(bytes: &[u8]) -> i64 {
    i64::from_be_bytes(bytes[..8].try_into().expect("a digest has eight bytes"))
}

/// The word is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token")]
pub struct NotAToken;

impl FromStr for Token {
    type Err = NotAToken;

    fn from_str(word: &str) -> Result<Self, NotAToken> {
        let (session, mac) = word.split_once('.').ok_or(NotAToken)?;
        let session = Uuid::try_parse(session).map_err(|_| NotAToken)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| NotAToken)?;
        Ok(Token {
            session: SessionId(session),
            mac: mac.try_into().map_err(|_| NotAToken)?,
        })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.session, URL_SAFE_NO_PAD.encode(self.mac))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}.…)", self.session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> TokenKey {
        TokenKey::new([byte; 32])
    }

    #[test]
    fn a_token_is_read_back_and_known_by_its_key_alone() {
        let token = key(1).token(SessionId(Uuid::from_u128(7)));
        let read: Token = token.to_string().parse().unwrap();
        assert_eq!(read, token);
        assert!(key(1).made(&read));
        assert!(!key(2).made(&read));
        assert_eq!(read.hash(), token.hash());
    }

    #[test]
    fn anything_else_is_no_token() {
        for word in [
            "",
            ".",
            "alice",
            "0.0",
            "00000000-0000-0000-0000-000000000007.AAAA",
            "é.ü",
        ] {
            assert_eq!(word.parse::<Token>(), Err(NotAToken), "{word}");
        }
    }

    #[test]
    fn neither_key_nor_mac_is_printed() {
        let token = key(9).token(SessionId(Uuid::nil()));
        let secret = token.to_string();
        let mac = secret.split_once('.').unwrap().1;
        assert!(!format!("{token:?} {:?}", key(9)).contains(mac));
    }
}
