//! Values on the command line that both servers read the same way.

use std::time::Duration;

/// Reads `500ms`, `1s`, `30m`; a value parser for clap.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "this is no duration: write a number and its unit, such as 500ms, 1s or 30m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1s"), Ok(Duration::from_secs(1)));
        assert_eq!(duration("30m"), Ok(Duration::from_secs(1800)));
        for wrong in ["", "5", "-1s", "soon", "1 fortnight"] {
            assert!(duration(wrong).unwrap_err().contains("500ms"), "{wrong}");
        }
    }
}
