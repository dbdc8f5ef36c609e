//! Data as JSON, so that whoever finds a call that was begun can make it again to the letter.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalogue::Metric;
use crate::datum::{Counted, Datum};
use crate::series::Series;

/// What was stored is not what this build stores.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored call cannot be read: {0}")]
pub struct Unreadable(String);

#[derive(Serialize, Deserialize)]
struct Stored {
    metric: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    part: Option<String>,
    at: DateTime<Utc>,
    /// As text: a number's way through JSON may cost its last digit.
    values: Vec<(String, u32)>,
}

/// The data as JSON.
pub fn to_json(data: &[Datum]) -> Value {
    let stored = data.iter().map(|datum| Stored {
        metric: datum.series.metric.name().to_owned(),
        part: datum.series.part.map(str::to_owned),
        at: datum.at,
        values: datum
            .values
            .iter()
            .map(|counted| (format!("{:?}", counted.value), counted.count))
            .collect(),
    });
    // A list of texts and whole numbers is always JSON.
    serde_json::to_value(stored.collect::<Vec<_>>()).unwrap_or_default()
}

/// The data that [`to_json`] wrote.
///
/// # Errors
/// [`Unreadable`], where another build wrote it.
pub fn from_json(value: &Value) -> Result<Vec<Datum>, Unreadable> {
    let stored: Vec<Stored> = Deserialize::deserialize(value).map_err(|error| Unreadable(error.to_string()))?;
    stored.into_iter().map(datum).collect()
}

fn datum(stored: Stored) -> Result<Datum, Unreadable> {
    let unknown = || Unreadable(format!("{} {:?} is not published any more", stored.metric, stored.part));
    let metric = Metric::from_name(&stored.metric).ok_or_else(unknown)?;
    let parts = metric.definition().split.parts();
    let part = parts.into_iter().find(|part| *part == stored.part.as_deref());
    let part = part.ok_or_else(unknown)?;
    let values = stored.values.iter().map(|(value, count)| {
        let value = value
            .parse()
            .map_err(|_| Unreadable(format!("{value:?} is no number")))?;
        Ok(Counted { value, count: *count })
    });
    Ok(Datum {
        series: Series { metric, part },
        at: stored.at,
        values: values.collect::<Result<_, Unreadable>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::series;

    #[test]
    fn what_is_stored_is_read_to_the_letter() {
        let at = DateTime::from_timestamp_nanos(1_700_000_000_123_456_000);
        let data: Vec<Datum> = (0..)
            .zip(series())
            .map(|(number, series)| Datum {
                series,
                at,
                values: vec![
                    Counted {
                        value: 0.1 + f64::from(number) / 3.0,
                        count: 1,
                    },
                    Counted {
                        value: 1e-7,
                        count: u32::MAX,
                    },
                ],
            })
            .collect();
        let text = to_json(&data).to_string();
        assert_eq!(from_json(&serde_json::from_str(&text).unwrap()), Ok(data));
    }

    #[test]
    fn what_another_build_stored_is_told_apart() {
        for text in [
            "null",
            "{}",
            r#"[{"metric":"Nothing","at":"2026-01-01T00:00:00Z","values":[]}]"#,
            r#"[{"metric":"Instances","part":"asleep","at":"2026-01-01T00:00:00Z","values":[]}]"#,
            r#"[{"metric":"Sessions","at":"2026-01-01T00:00:00Z","values":[["many",1]]}]"#,
        ] {
            assert!(from_json(&serde_json::from_str(text).unwrap()).is_err(), "{text}");
        }
    }
}
