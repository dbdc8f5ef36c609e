//! Sizes on the command line.

/// What stands behind the number, and how many bytes it is.
const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// Reads `16KiB`, `8MiB`, `500`; a value parser for clap.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn size(text: &str) -> Result<u64, String> {
    let usage = || "this is no size: write a number of bytes, or one with its unit, such as 16KiB or 8MiB".to_owned();
    let found = UNITS
        .iter()
        .find_map(|(unit, bytes)| text.strip_suffix(unit).map(|number| (number, *bytes)));
    let (number, bytes) = found.unwrap_or((text, 1));
    let number: u64 = number.trim_end().parse().map_err(|_| usage())?;
    number.checked_mul(bytes).filter(|size| *size > 0).ok_or_else(usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("16KiB"), Ok(16384));
        assert_eq!(size("8 MiB"), Ok(8 << 20));
        assert_eq!(size("500"), Ok(500));
        for wrong in ["", "KiB", "16kb", "-1", "0", "1.5MiB", "99999999999GiB"] {
            assert!(size(wrong).unwrap_err().contains("16KiB"), "{wrong}");
        }
        for (text, bytes) in [("1B", 1), ("500B", 500), ("16KiB", 16384), ("8MiB", 8 << 20)] {
            assert_eq!(size(text), Ok(bytes));
        }
    }
}
