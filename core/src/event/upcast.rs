//! Upcasting: events as older builds wrote them become what this build knows, as they are read. The log itself is never
//! rewritten.
//!
//! To change the fields of a kind: change them in [`Event`](super::Event), add a [`Step`] from the version that was written
//! so far, and write the new version's golden file (`core/tests/golden/v<N>/`). Older golden files stay as they are: they
//! prove that the steps still lead from there to here.

use serde_json::{Error, Map, Value};

/// The fields of a JSON object.
type Fields = Map<String, Value>;

/// How the fields of one version of a kind become those of the next.
pub(super) struct Step {
    /// Which kind.
    pub kind: &'static str,
    /// The version that it lifts; the next one is what comes of it.
    pub from: i16,
    /// Changes the fields, and those of the personal part. That is missing where it was erased, so that nothing else may
    /// hang on it.
    pub lift: fn(&mut Fields, Option<&mut Fields>),
}

/// All steps, a kind's in the order of its versions. None is ever removed: a log lives longer than a build.
pub(super) const STEPS: &[Step] = &[
    Step {
        kind: "InstanceTerminated",
        from: 1,
        lift: |data, _| type_launch_failure(data),
    },
    Step {
        kind: "InstanceLost",
        from: 1,
        lift: |data, _| type_launch_failure(data),
    },
];

/// Version 1 said what was in the way of a launch only in its sentence for people. These are its words, frozen.
fn type_launch_failure(data: &mut Fields) {
    let reason = data.get("reason").and_then(Value::as_str).unwrap_or_default();
    if let Some(failure) = launch_failure_in(reason) {
        data.insert("launch_failure".into(), failure.into());
    }
}

fn launch_failure_in(reason: &str) -> Option<&'static str> {
    const KINDS: [&str; 6] = ["capacity", "quota", "throttled", "credentials", "timeout", "not-ready"];
    if reason == "it was not ready before the launch deadline" {
        return Some("not-ready");
    }
    let words = reason.strip_prefix("it could not be launched: ")?;
    if words == "the provider does not answer" {
        return Some("timeout");
    }
    let first = words.split(':').next();
    let kind = KINDS.into_iter().find(|kind| first == Some(kind));
    Some(kind.unwrap_or("other"))
}

/// The columns of an event after all steps.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lifted {
    pub data: String,
    pub personal: Option<String>,
}

/// The version in which this build writes events of that kind: one more than there are steps to it.
pub fn newest_version(kind: &str) -> i16 {
    newest(STEPS, kind)
}

fn newest(steps: &[Step], kind: &str) -> i16 {
    1 + steps_of(steps, kind).count() as i16
}

fn steps_of<'a>(steps: &'a [Step], kind: &'a str) -> impl Iterator<Item = &'a Step> {
    steps.iter().filter(move |step| step.kind == kind)
}

/// Takes the columns of `version` of `kind` through all steps from there.
pub(super) fn lift(
    steps: &[Step],
    (kind, version): (&str, i16),
    data: &str,
    personal: Option<&str>,
) -> Result<Lifted, Error> {
    let mut data: Fields = serde_json::from_str(data)?;
    let mut personal: Option<Fields> = personal.map(serde_json::from_str).transpose()?;
    for step in steps_of(steps, kind).filter(|step| step.from >= version) {
        (step.lift)(&mut data, personal.as_mut());
    }
    Ok(Lifted {
        data: Value::Object(data).to_string(),
        personal: personal.map(|personal| Value::Object(personal).to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::KINDS;

    /// As a kind might change in two steps: a field gets another name, then a new one that follows from it; and so does its
    /// personal part.
    const EXAMPLE: &[Step] = &[
        Step {
            kind: "Posted",
            from: 1,
            lift: |data, _| {
                let by = data.remove("by").unwrap_or_default();
                data.insert("author".into(), by);
            },
        },
        Step {
            kind: "GroupJoined",
            from: 1,
            lift: |data, _| data.clear(),
        },
        Step {
            kind: "Posted",
            from: 2,
            lift: |data, personal| {
                data.insert("length".into(), data["author"].as_str().map_or(0, str::len).into());
                if let Some(personal) = personal {
                    let words = personal.remove("words").unwrap_or_default();
                    personal.insert("text".into(), words);
                }
            },
        },
    ];

    fn lifted(version: i16, data: &str, personal: Option<&str>) -> (String, Option<String>) {
        let Lifted { data, personal } = lift(EXAMPLE, ("Posted", version), data, personal).unwrap();
        (data, personal)
    }

    #[test]
    fn a_kind_goes_through_its_own_steps_from_its_version_on() {
        assert_eq!(newest(EXAMPLE, "Posted"), 3);
        assert_eq!(newest(EXAMPLE, "MessageSent"), 1);
        let wanted = (
            r#"{"author":"ann","length":3}"#.to_owned(),
            Some(r#"{"text":"hi"}"#.to_owned()),
        );
        assert_eq!(lifted(1, r#"{"by":"ann"}"#, Some(r#"{"words":"hi"}"#)), wanted);
        assert_eq!(lifted(2, r#"{"author":"ann"}"#, Some(r#"{"words":"hi"}"#)), wanted);
        assert_eq!(lifted(3, &wanted.0, wanted.1.as_deref()), wanted);
    }

    #[test]
    fn an_erased_event_is_lifted_too() {
        assert_eq!(
            lifted(1, r#"{"by":"ann"}"#, None),
            (r#"{"author":"ann","length":3}"#.into(), None)
        );
    }

    #[test]
    fn the_sentences_of_version_1_say_what_was_in_the_way_of_a_launch() {
        for (reason, failure) in [
            ("it was not ready before the launch deadline", Some("not-ready")),
            (
                "it could not be launched: the provider does not answer",
                Some("timeout"),
            ),
            (
                "it could not be launched: capacity: none in eu-central-1a",
                Some("capacity"),
            ),
            ("it could not be launched: quota: 32 vCPUs are the most", Some("quota")),
            ("it could not be launched: no such file: capacity", Some("other")),
            ("it stopped answering", None),
            ("idle", None),
            ("", None),
        ] {
            let data = serde_json::json!({ "reason": reason }).to_string();
            for kind in ["InstanceTerminated", "InstanceLost"] {
                let lifted = lift(STEPS, (kind, 1), &data, None).unwrap().data;
                let fields: Fields = serde_json::from_str(&lifted).unwrap();
                let read = fields.get("launch_failure").and_then(Value::as_str);
                assert_eq!((read, fields["reason"].as_str()), (failure, Some(reason)));
            }
        }
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        assert!(lift(EXAMPLE, ("Posted", 1), "[]", None).is_err());
        assert!(lift(EXAMPLE, ("Posted", 1), "{}", Some("x")).is_err());
    }

    #[test]
    fn every_kinds_steps_are_in_order_and_without_a_gap() {
        for kind in KINDS {
            let from: Vec<i16> = steps_of(STEPS, kind).map(|step| step.from).collect();
            assert_eq!(from, (1..newest_version(kind)).collect::<Vec<_>>(), "{kind}");
        }
        assert!(STEPS.iter().all(|step| KINDS.contains(&step.kind)));
    }
}
