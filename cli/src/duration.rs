//! Values on the command line that both servers read the same way.

use std::time::Duration;

/// What is added to the time that it is now, and taken from it, must still be a time: here, and in Postgres.
const LONGEST: Duration = Duration::from_secs(36_525 * 24 * 60 * 60);

/// Reads `500ms`, `1s`, `30m`; a value parser for clap.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn duration(text: &str) -> Result<Duration, String> {
    let read = humantime::parse_duration(text)
        .map_err(|_| "this is no duration: write a number and its unit, such as 500ms, 1s or 30m".to_owned())?;
    if read > LONGEST {
        return Err(
            "this is longer than a hundred years, which no clock can be set to: write a shorter one".to_owned(),
        );
    }
    Ok(read)
}

/// Writes it as [`duration`] reads it, without blanks: `1m30s`.
pub fn duration_text(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
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
        for wrong in ["99999999h", "101years", "18446744073709551615s"] {
            assert!(duration(wrong).unwrap_err().contains("a hundred years"), "{wrong}");
        }
        assert!(duration("36500days").is_ok());
        assert_eq!(duration_text(Duration::from_millis(90_500)), "1m30s500ms");
        assert_eq!(duration(&duration_text(LONGEST)), Ok(LONGEST));
    }
}
