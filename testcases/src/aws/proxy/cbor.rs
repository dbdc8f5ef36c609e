//! Times as CloudWatch's kit writes them and the emulator reads them. RFC 8949 allows both: the kit writes seconds with a fraction,
//! the emulator (LocalStack 4.9) fails on anything but a whole number. Both take nine bytes, so that one can stand in the other's place.

/// Tag 1: seconds since 1970.
const TIME: u8 = 0xc1;
/// A number of eight bytes with a fraction, and one without.
const FLOAT: u8 = 0xfb;
const WHOLE: u8 = 0x1b;

/// Takes the fractions from all times in a CBOR text.
pub(super) fn whole_seconds(body: &mut [u8]) {
    let mut at = 0;
    while let Some(&head) = body.get(at) {
        if let [TIME, FLOAT, rest @ ..] = &mut body[at..]
            && let Some(bytes) = rest.first_chunk_mut::<8>()
        {
            let seconds = f64::from_be_bytes(*bytes);
            *bytes = (seconds as u64).to_be_bytes();
            body[at + 1] = WHOLE;
        }
        at += 1 + argument(body, at, head);
    }
}

/// How many bytes stand between an item's first byte and the next item: arrays, maps and tags are followed by their parts, which are
/// items like others.
fn argument(body: &[u8], at: usize, head: u8) -> usize {
    let (major, info) = (head >> 5, head & 0x1f);
    let width = match info {
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => 0,
    };
    let bytes = body.get(at + 1..at + 1 + width).unwrap_or_default();
    let number = match info {
        0..24 => usize::from(info),
        _ => bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)),
    };
    // Texts and bytes, but for those that come in pieces.
    let is_text = (major == 2 || major == 3) && info != 31;
    width + if is_text { number } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_lose_their_fractions_and_nothing_else_changes() {
        // {"a": 1(1.5), "\xc1\xfb…" in a text: [1.5, 300]}
        let mut body = vec![0xbf, 0x61, b'a', TIME, FLOAT];
        body.extend(1.5f64.to_be_bytes());
        let before = body.len();
        body.extend([0x6b, TIME, FLOAT, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x82, FLOAT]);
        body.extend(1.5f64.to_be_bytes());
        body.extend([0x19, 0x01, 0x2c, 0xff]);
        let rest = body[before..].to_vec();
        whole_seconds(&mut body);
        assert_eq!(body[..before], [0xbf, 0x61, b'a', TIME, WHOLE, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(body[before..], rest);
    }
}
