//! Metric math: is it well formed, and is everything there that it names?

use std::collections::HashMap;

use super::findings::{Findings, meant};
use super::tokens::{Token, shown, tokens};

/// Something with an id that expressions may name.
#[derive(Clone, Debug)]
pub(crate) struct Term<'a> {
    /// Where it stands.
    pub(crate) path: String,
    /// Its id, where it has one.
    pub(crate) id: Option<&'a str>,
    /// Its expression, where it is one.
    pub(crate) expression: Option<&'a str>,
}

/// Every function there is.
const FUNCTIONS: [&str; 39] = [
    "ABS",
    "ANOMALY_DETECTION_BAND",
    "AVG",
    "CEIL",
    "DATAPOINT_COUNT",
    "DATE",
    "DAY",
    "DB_PERF_INSIGHTS",
    "DIFF",
    "DIFF_TIME",
    "EPOCH",
    "FILL",
    "FIRST",
    "FLOOR",
    "HOUR",
    "IF",
    "INSIGHT_RULE_METRIC",
    "LAMBDA",
    "LAST",
    "LOG",
    "LOG10",
    "MAX",
    "METRICS",
    "METRIC_COUNT",
    "MIN",
    "MINUTE",
    "MONTH",
    "PERIOD",
    "RATE",
    "REMOVE_EMPTY",
    "RUNNING_SUM",
    "SEARCH",
    "SERVICE_QUOTA",
    "SLICE",
    "SORT",
    "STDDEV",
    "SUM",
    "TIME_SERIES",
    "YEAR",
];
/// Words that functions take.
const WORDS: [&str; 10] = [
    "REPEAT", "LINEAR", "ASC", "DESC", "AVG", "MIN", "MAX", "SUM", "SECOND", "MINUTE",
];

/// Checks that ids are given once, and the expressions.
pub(crate) fn check(terms: &[Term], findings: &mut Findings) {
    let mut ids: HashMap<&str, &Term> = HashMap::new();
    for term in terms {
        if let Some(id) = term.id
            && let Some(first) = ids.insert(id, term)
        {
            findings.add(
                term.path.as_str(),
                format!("the id \"{id}\" is also that of {}: give it another one", first.path),
            );
        }
    }
    let mut names: Vec<&str> = ids.keys().copied().collect();
    names.sort_unstable();
    for term in terms {
        let Some(expression) = term.expression else {
            continue;
        };
        match named(expression) {
            Err(sentence) => findings.add(
                term.path.as_str(),
                format!("the expression \"{expression}\" is malformed: {sentence}"),
            ),
            Ok(used) => {
                for id in used.iter().filter(|id| !ids.contains_key(id.as_str())) {
                    let mend = match meant(id, &names) {
                        Some(name) => format!("write \"{name}\", if that was meant"),
                        None => "give a metric this id".to_owned(),
                    };
                    findings.add(
                        term.path.as_str(),
                        format!("the expression names \"{id}\", which is not there: {mend}"),
                    );
                }
                if turns_in_circles(term, &ids) {
                    findings.add(
                        term.path.as_str(),
                        "the expression needs its own result: name something else in it",
                    );
                }
            }
        }
    }
}

fn turns_in_circles(term: &Term, ids: &HashMap<&str, &Term>) -> bool {
    let Some(own) = term.id else {
        return false;
    };
    let needs = |term: &Term| {
        term.expression
            .and_then(|expression| named(expression).ok())
            .unwrap_or_default()
    };
    let (mut next, mut seen) = (needs(term), Vec::new());
    while let Some(id) = next.pop() {
        if id == own {
            return true;
        }
        if !seen.contains(&id) {
            next.extend(ids.get(id.as_str()).map(|term| needs(term)).unwrap_or_default());
            seen.push(id);
        }
    }
    false
}

/// The ids in an expression.
fn named(expression: &str) -> Result<Vec<String>, String> {
    if expression.trim_start().to_uppercase().starts_with("SELECT ") {
        // A query of Metrics Insights has a language of its own.
        return Ok(Vec::new());
    }
    let tokens = tokens(expression)?;
    let (mut ids, mut open, mut wants_value) = (Vec::new(), Vec::new(), true);
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens.get(index + 1);
        let calls = next == Some(&Token::Open('('));
        match token {
            Token::Word(word) if wants_value && calls => is_function(word)?,
            Token::Word(word) if wants_value => {
                ids.extend(id(word)?);
                wants_value = false;
            }
            Token::Number | Token::Text if wants_value => wants_value = false,
            Token::Open(bracket) if wants_value => open.push(*bracket),
            Token::Close(bracket) => {
                // METRICS() is the one that takes nothing.
                let is_empty = index > 0 && matches!(tokens[index - 1], Token::Open('('));
                if open.pop() != Some(opening(*bracket)) || (wants_value && !is_empty) {
                    return Err(format!("\"{bracket}\" is unexpected"));
                }
                wants_value = false;
            }
            Token::Comma if !wants_value && !open.is_empty() => wants_value = true,
            Token::Operator(sign) if wants_value && sign == "-" => {}
            Token::Operator(_) if !wants_value => wants_value = true,
            token => return Err(format!("{} is unexpected", shown(token))),
        }
    }
    match open.pop() {
        Some(bracket) => Err(format!("\"{bracket}\" is never closed")),
        None if wants_value => Err("it ends too early".to_owned()),
        None => Ok(ids),
    }
}

fn is_function(word: &str) -> Result<(), String> {
    if FUNCTIONS.contains(&word) {
        return Ok(());
    }
    let mend = meant(word, &FUNCTIONS).map_or("leave it out".to_owned(), |name| {
        format!("write \"{name}\", if that was meant")
    });
    Err(format!("\"{word}\" is no function of metric math: {mend}"))
}

fn id(word: &str) -> Result<Option<String>, String> {
    if word.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Ok(Some(word.to_owned()));
    }
    if WORDS.contains(&word) {
        return Ok(None);
    }
    Err(format!("\"{word}\" is no id, which begins with a lower-case letter"))
}

fn opening(bracket: char) -> char {
    if bracket == ')' { '(' } else { '[' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_they_are_meant() {
        let right = [
            ("CEIL((seats - free + waiting) / 10)", "seats free waiting"),
            ("SUM(METRICS())", ""),
            ("FILL(m1, REPEAT) + -1", "m1"),
            ("IF(m1 > 0 AND m2 <= 3, SUM([m1, m2]), 0)", "m1 m2 m1 m2"),
            ("SEARCH('{Tenfold,Fleet} (anything', 'Sum', 300)", ""),
            ("SELECT AVG(x) FROM y", ""),
        ];
        for (expression, ids) in right {
            assert_eq!(
                named(expression).map(|ids| ids.join(" ")),
                Ok(ids.to_owned()),
                "{expression}"
            );
        }
        let wrong = [
            ("", "it ends too early"),
            ("m1 +", "it ends too early"),
            ("m1 m2", "\"m2\" is unexpected"),
            ("(m1", "\"(\" is never closed"),
            ("m1)", "\")\" is unexpected"),
            ("CEIL(m1]", "\"]\" is unexpected"),
            ("CEILING(m1)", "\"CEILING\" is no function of metric math: leave it out"),
            (
                "SUMM(m1)",
                "\"SUMM\" is no function of metric math: write \"SUM\", if that was meant",
            ),
            ("M1 + 1", "\"M1\" is no id, which begins with a lower-case letter"),
            ("m1 % 2", "\"%\" means nothing here"),
            ("m1, m2", "a comma is unexpected"),
            ("SEARCH('x", "' is never closed"),
            ("m1 + ü", "\"ü\" means nothing here"),
        ];
        for (expression, sentence) in wrong {
            assert_eq!(named(expression), Err(sentence.to_owned()), "{expression}");
        }
    }
}
