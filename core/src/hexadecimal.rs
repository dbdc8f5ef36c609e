//! Bytes as hexadecimal digits, as keys and their fingerprints are written.

/// 32 bytes written as 64 hexadecimal digits.
pub fn parse(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

/// Two digits a byte.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_not_taken_for_one() {
        for text in ["", "secret", &"g".repeat(64), &"é".repeat(32), &"0".repeat(63)] {
            assert!(parse(text).is_none(), "{text}");
        }
        assert!(parse(&format!("{}\n", "0aF".repeat(22).split_at(64).0)).is_some());
    }
}
