//! What is sealed, byte by byte: a byte that names the scheme, the nonce, and the ciphertext with its tag.
//!
//! The scheme is XChaCha20-Poly1305. Its nonces are long enough to be drawn at random, by as many servers as there are,
//! without ever asking each other.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand::RngExt;

/// XChaCha20-Poly1305 under a random nonce. Another scheme gets another number, so that both can be told apart in one log.
const SCHEME: u8 = 1;
const NONCE: usize = 24;

/// Seals `plain` under `key`; it opens only together with the same `context`, which is not kept with it.
pub(super) fn seal(key: &[u8; 32], context: &[u8], plain: &[u8]) -> Vec<u8> {
    let nonce: [u8; NONCE] = rand::rng().random();
    let payload = Payload {
        msg: plain,
        aad: context,
    };
    let sealed = XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(nonce), payload)
        .expect("what is shorter than 256 GiB can be sealed");
    [&[SCHEME], &nonce[..], &sealed].concat()
}

/// What was sealed; nothing where that was under another key or in another context, or where it was changed.
pub(super) fn open(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let rest = sealed.strip_prefix(&[SCHEME])?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
    let payload = Payload {
        msg: sealed,
        aad: context,
    };
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::from(*nonce), payload)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_opened_with_its_key_in_its_context_alone() {
        let sealed = seal(&[1; 32], b"here", b"words");
        assert_eq!(open(&[1; 32], b"here", &sealed).as_deref(), Some(&b"words"[..]));
        assert_eq!(open(&[2; 32], b"here", &sealed), None);
        assert_eq!(open(&[1; 32], b"there", &sealed), None);
        assert_ne!(
            seal(&[1; 32], b"here", b"words"),
            sealed,
            "the same words look different each time"
        );
    }

    #[test]
    fn nothing_that_was_changed_or_cut_off_is_opened() {
        let sealed = seal(&[1; 32], b"", b"words");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(open(&[1; 32], b"", &changed), None, "{index}");
            assert_eq!(open(&[1; 32], b"", &sealed[..index]), None, "{index}");
        }
    }
}
