//! The key that wraps the accounts' keys.

use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::data_key::DataKey;
use super::envelope;
use tenfold_core::hexadecimal::{hexadecimal, parse};

/// The key that wraps the accounts' keys; all servers of one database have the same. Its bytes are shown to application
/// servers alone.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// The word is no master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a master key: it must be 64 hexadecimal digits")]
pub struct MasterKeyError;

impl MasterKey {
    /// A key of 32 bytes that are hard to guess.
    pub fn new(bytes: [u8; 32]) -> MasterKey {
        MasterKey(Zeroizing::new(bytes))
    }

    /// What the database remembers of the key, so that a server with another one is found out. It does not give the key away.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"tenfold master key fingerprint\0")
            .chain_update(self.0.as_slice())
            .finalize();
        hexadecimal(&digest[..8])
    }

    /// As an application server is given it; [`FromStr`] reads it. Nothing else may show it.
    pub fn reveal(&self) -> String {
        hexadecimal(self.0.as_slice())
    }

    /// A key for another purpose, which tells nothing of this one.
    pub(crate) fn derive(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("HMAC takes keys of any length");
        mac.update(purpose);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    /// The account's key as it is kept.
    pub fn wrap(&self, account: Uuid, key: &DataKey) -> Vec<u8> {
        envelope::seal(&self.0, &context(account), key.0.as_slice())
    }

    /// The account's key; nothing where it was wrapped by another master key, or is another account's.
    pub fn unwrap(&self, account: Uuid, wrapped: &[u8]) -> Option<DataKey> {
        let bytes = Zeroizing::new(envelope::open(&self.0, &context(account), wrapped)?);
        Some(DataKey(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }
}

fn context(account: Uuid) -> Vec<u8> {
    [b"tenfold account key", &account.as_bytes()[..]].concat()
}

impl FromStr for MasterKey {
    type Err = MasterKeyError;

    fn from_str(word: &str) -> Result<MasterKey, MasterKeyError> {
        parse(word).map(MasterKey::new).ok_or(MasterKeyError)
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_unwrapped_by_its_master_for_its_account_alone() {
        let (master, account) = (MasterKey::new([1; 32]), Uuid::from_u128(1));
        let key = DataKey::generate();
        let wrapped = master.wrap(account, &key);
        assert_eq!(master.unwrap(account, &wrapped).map(|key| key.0), Some(key.0));
        assert!(master.unwrap(Uuid::from_u128(2), &wrapped).is_none());
        assert!(MasterKey::new([2; 32]).unwrap(account, &wrapped).is_none());
        assert!(master.unwrap(account, b"").is_none());
    }

    #[test]
    fn a_key_is_handed_on_as_a_word_and_never_printed() {
        let master = MasterKey::new([9; 32]);
        assert_eq!(master.reveal().parse(), Ok(master.clone()));
        assert!(!format!("{master:?} {:?}", DataKey::generate()).contains("0909"));
        assert_ne!(master.fingerprint(), MasterKey::new([8; 32]).fingerprint());
        assert_eq!("short".parse::<MasterKey>(), Err(MasterKeyError));
    }
}
