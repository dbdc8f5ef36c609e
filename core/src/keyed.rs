//! The one way in which keys are used here: HMAC-SHA-256, over what for and what.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The code of `message` for one `purpose`, so that what is made for one is good for no other.
pub(crate) fn keyed(key: &[u8; 32], purpose: &[u8], message: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(purpose);
    mac.update(&[0]);
    mac.update(message);
    mac
}
