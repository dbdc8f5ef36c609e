//! The placeholders in the shipped files, `{{region}}` and the like, and what takes their place. They are put into the texts of
//! the JSON after it was read, so that no value can break out of its place. (`${…}` is CloudWatch's own, for labels.)

use std::num::NonZeroU16;

use serde_json::{Map, Value};

use crate::datum::Owner;

/// What takes the placeholders' places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `{{region}}`
    pub region: String,
    /// `{{account}}`, twelve digits.
    pub account: String,
    /// `{{fleet}}` and `{{environment}}`.
    pub owner: Owner,
    /// `{{seats}}`: of one server.
    pub seats: NonZeroU16,
    /// The SNS topic that alarms tell, where there is one. It has no placeholder: each alarm gets it as its actions.
    pub topic: Option<String>,
}

/// A placeholder that nothing takes the place of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{{{{{0}}}}} is no placeholder; there are {{{{region}}}}, {{{{account}}}}, {{{{fleet}}}}, {{{{environment}}}} and {{{{seats}}}}"
)]
pub struct UnknownPlaceholder(pub String);

impl Place {
    /// `template` with everything in its place.
    ///
    /// # Errors
    /// [`UnknownPlaceholder`], the first there is.
    pub fn fill(&self, template: &Value) -> Result<Value, UnknownPlaceholder> {
        let mut filled = self.filled(template)?;
        if let (Some(topic), Some(alarms)) = (&self.topic, filled.get_mut("alarms").and_then(Value::as_array_mut)) {
            for alarm in alarms.iter_mut().filter_map(Value::as_object_mut) {
                alarm.insert("AlarmActions".into(), vec![topic.clone()].into());
                alarm.insert("OKActions".into(), vec![topic.clone()].into());
            }
        }
        Ok(filled)
    }

    fn filled(&self, template: &Value) -> Result<Value, UnknownPlaceholder> {
        match template {
            Value::String(text) => Ok(Value::String(self.text(text)?)),
            Value::Array(items) => {
                let items: Result<Vec<Value>, _> = items.iter().map(|item| self.filled(item)).collect();
                Ok(Value::Array(items?))
            }
            Value::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), self.filled(value)?)));
                Ok(Value::Object(fields.collect::<Result<Map<_, _>, _>>()?))
            }
            other => Ok(other.clone()),
        }
    }

    fn text(&self, text: &str) -> Result<String, UnknownPlaceholder> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else {
                return Err(UnknownPlaceholder(after.to_owned()));
            };
            filled.push_str(before);
            filled.push_str(&self.value(name)?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&self, name: &str) -> Result<String, UnknownPlaceholder> {
        match name {
            "region" => Ok(self.region.clone()),
            "account" => Ok(self.account.clone()),
            "fleet" => Ok(self.owner.fleet.clone()),
            "environment" => Ok(self.owner.environment.clone()),
            "seats" => Ok(self.seats.to_string()),
            _ => Err(UnknownPlaceholder(name.to_owned())),
        }
    }

    /// What the dashboard is called. An account's dashboards belong to no region, so each fleet has a name of its own.
    pub fn dashboard_name(&self) -> String {
        format!("tenfold-{}-{}", self.owner.fleet, self.owner.environment)
    }

    /// Whatever there is to see in an example: for checks, and tests.
    pub fn example() -> Place {
        Place {
            region: "us-east-1".into(),
            account: "123456789012".into(),
            owner: Owner {
                fleet: "tenfold".into(),
                environment: "production".into(),
            },
            seats: const { NonZeroU16::new(10).unwrap() },
            topic: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_are_filled_wherever_there_is_text() {
        let template = json!({ "a": ["{{fleet}}-{{environment}}", 1], "b": { "c": "CEIL(m / {{seats}})" } });
        let filled = Place::example().fill(&template).unwrap();
        assert_eq!(
            filled,
            json!({ "a": ["tenfold-production", 1], "b": { "c": "CEIL(m / 10)" } })
        );
    }

    #[test]
    fn no_value_can_break_out_of_its_text() {
        let mut place = Place::example();
        place.owner.fleet = r#"x","y":"{{region}}"#.into();
        let filled = place.fill(&json!({ "a": "{{fleet}}" })).unwrap();
        assert_eq!(filled, json!({ "a": r#"x","y":"{{region}}"# }));
    }

    #[test]
    fn unknown_placeholders_are_refused() {
        let refused = Place::example().fill(&json!(["{{regoin}}"])).unwrap_err();
        assert!(
            refused
                .to_string()
                .starts_with("{{regoin}} is no placeholder; there are {{region}},"),
            "{refused}"
        );
        assert!(Place::example().fill(&json!("{{fleet")).is_err());
    }

    #[test]
    fn alarms_tell_the_topic() {
        let mut place = Place::example();
        place.topic = Some("arn:aws:sns:us-east-1:123456789012:pager".into());
        let filled = place.fill(&json!({ "alarms": [{}] })).unwrap();
        assert_eq!(
            filled["alarms"][0]["AlarmActions"][0],
            "arn:aws:sns:us-east-1:123456789012:pager"
        );
    }
}
