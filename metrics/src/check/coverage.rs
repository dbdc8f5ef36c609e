//! What a dashboard or an alarm names against what is published, both ways.

use std::collections::BTreeSet;

use super::findings::{Findings, any_of, meant};
use super::values::{is_percentile, is_statistic};
use crate::catalogue::{CATALOGUE, Definition, Metric, NAMESPACE};
use crate::series::{Series, series};
use crate::template::Place;

/// A metric as a widget or an alarm names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Where.
    pub path: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions, name and value, in any order.
    pub dimensions: Vec<(String, String)>,
    /// What of it is shown.
    pub statistic: String,
    /// Over how many seconds, where that is said.
    pub period: Option<i64>,
    /// Its unit, where that is said.
    pub unit: Option<String>,
}

/// Checks that every metric is one that is published, with exactly its dimensions, and that its statistic says something.
pub fn against_catalogue(named: &[Named], place: &Place, findings: &mut Findings) {
    for one in named {
        if one.namespace != NAMESPACE {
            foreign(one, findings);
        } else if let Some(metric) = Metric::from_name(&one.name) {
            let definition = metric.definition();
            dimensions(one, definition, place, findings);
            reading(one, definition, findings);
        } else {
            let names: Vec<&str> = CATALOGUE.iter().map(|definition| definition.name).collect();
            let mend = match meant(&one.name, &names) {
                Some(name) => format!("write \"{name}\", if that was meant"),
                None => format!("there are {}", any_of(&names).replace(" or ", " and ")),
            };
            findings.add(
                one.path.as_str(),
                format!("nothing publishes the metric \"{}\": {mend}", one.name),
            );
        }
    }
}

/// What others publish is their affair; AWS's own namespaces begin with its name.
fn foreign(one: &Named, findings: &mut Findings) {
    if !one.namespace.starts_with("AWS/") {
        let sentence = format!(
            "nothing publishes to the namespace \"{}\": write \"{NAMESPACE}\"",
            one.namespace
        );
        findings.add(one.path.as_str(), sentence);
    }
}

fn dimensions(one: &Named, definition: &Definition, place: &Place, findings: &mut Findings) {
    let split = definition.split.dimension();
    let wanted: Vec<&str> = ["Fleet", "Environment"].into_iter().chain(split).collect();
    let there: BTreeSet<&str> = one.dimensions.iter().map(|(name, _)| name.as_str()).collect();
    if there != wanted.iter().copied().collect() {
        let there: Vec<&str> = there.into_iter().collect();
        let there = if there.is_empty() {
            "none".to_owned()
        } else {
            there.join(", ")
        };
        let sentence = format!(
            "\"{}\" is published with the dimensions {} and no others, and here it has {there}: name exactly those",
            one.name,
            wanted.join(", ")
        );
        findings.add(one.path.as_str(), sentence);
        return;
    }
    for (name, value) in &one.dimensions {
        let owner = &place.owner;
        let values: Vec<&str> = match name.as_str() {
            "Fleet" => vec![owner.fleet.as_str()],
            "Environment" => vec![owner.environment.as_str()],
            _ => definition.split.parts().into_iter().flatten().collect(),
        };
        if !values.contains(&value.as_str()) {
            let sentence = format!(
                "\"{}\" is never published with {name} \"{value}\": write {}",
                one.name,
                any_of(&values)
            );
            findings.add(one.path.as_str(), sentence);
        }
    }
}

/// Whether what is read of it says something.
fn reading(one: &Named, definition: &Definition, findings: &mut Findings) {
    let is_meant = |statistic: &&str| match *statistic {
        "pNN" => is_percentile(&one.statistic),
        statistic => statistic == one.statistic,
    };
    // One that is none at all was found by itself.
    if is_statistic(&one.statistic) && !definition.statistics.iter().any(is_meant) {
        let sentence = format!(
            "the {} of \"{}\" says nothing, for it is {}: write {}",
            one.statistic,
            one.name,
            definition.description,
            any_of(definition.statistics).replace("pNN", "p50")
        );
        findings.add(one.path.as_str(), sentence);
    }
    if let Some(period) = one.period.filter(|period| *period < 60) {
        let sentence = format!(
            "\"{}\" is kept by the minute, and {period} seconds are less: write 60",
            one.name
        );
        findings.add(one.path.as_str(), sentence);
    }
    let unit = definition.unit.name();
    if let Some(wrong) = one.unit.as_deref().filter(|wrong| *wrong != unit) {
        let sentence = format!(
            "\"{}\" is published in {unit}, and nothing is in {wrong}: write \"{unit}\"",
            one.name
        );
        findings.add(one.path.as_str(), sentence);
    }
}

/// Finds series that are published, and paid for, and shown nowhere.
pub fn not_shown(named: &[Named], place: &Place, findings: &mut Findings) {
    let shown: BTreeSet<Series> = named.iter().filter_map(|one| series_of(one, place)).collect();
    for missing in series().into_iter().filter(|series| !shown.contains(series)) {
        let title = missing.title();
        findings.add(
            "$.widgets",
            format!("{title} is published and shown nowhere: show it, or publish it no more"),
        );
    }
}

fn series_of(one: &Named, place: &Place) -> Option<Series> {
    let mut elsewhere = Findings::default();
    against_catalogue(std::slice::from_ref(one), place, &mut elsewhere);
    let metric = Metric::from_name(&one.name).filter(|_| elsewhere.all().is_empty() && one.namespace == NAMESPACE)?;
    let split = metric.definition().split;
    let value = one
        .dimensions
        .iter()
        .find(|(name, _)| Some(name.as_str()) == split.dimension());
    let value = value.map(|(_, value)| value.as_str());
    let part = split.parts().into_iter().find(|part| *part == value)?;
    Some(Series { metric, part })
}

/// Checks that every alarm that is shown exists, and that every one that exists is shown.
pub fn alarms_shown(shown: &[(String, String)], names: &[String], findings: &mut Findings) {
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    for (path, name) in shown.iter().filter(|(_, name)| !names.contains(name)) {
        let mend = meant(name, &known).map_or("define it, or leave it out".to_owned(), |name| {
            format!("write \"{name}\"")
        });
        findings.add(path.as_str(), format!("there is no alarm \"{name}\": {mend}"));
    }
    for name in names
        .iter()
        .filter(|name| !shown.iter().any(|(_, shown)| shown == *name))
    {
        findings.add(
            "$.widgets",
            format!("the alarm \"{name}\" is shown nowhere: add its ARN to an alarm widget"),
        );
    }
}
