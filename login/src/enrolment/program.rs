//! The application server's program, as machines get it.

use std::path::Path;

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// The program, kept in memory: what machines get is what they were told the SHA-256 of, whatever becomes of the file.
#[derive(Clone)]
pub struct Program {
    /// All of it.
    pub bytes: Bytes,
    /// In hexadecimal digits.
    pub sha256: String,
}

impl Program {
    /// Reads it.
    ///
    /// # Errors
    /// The system's.
    pub async fn read(path: &Path) -> std::io::Result<Program> {
        let bytes = tokio::fs::read(path).await?;
        Ok(Program::of(bytes))
    }

    /// Of these bytes.
    pub fn of(bytes: Vec<u8>) -> Program {
        let sha256 = hex(&Sha256::digest(&bytes));
        Program {
            bytes: bytes.into(),
            sha256,
        }
    }
}

/// In hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_the_one_that_sha256sum_prints() {
        let program = Program::of(b"abc".to_vec());
        assert_eq!(
            program.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
