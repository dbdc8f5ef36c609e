//! What may stand behind `--log`: levels, and modules with their levels.

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
/// What other programs call them.
const OTHER_NAMES: [(&str, &str); 6] = [
    ("warning", "warn"),
    ("err", "error"),
    ("fatal", "error"),
    ("critical", "error"),
    ("information", "info"),
    ("verbose", "debug"),
];
const OWN_CRATES: [&str; 16] = [
    "tenfold_app",
    "tenfold_bench",
    "tenfold_broker",
    "tenfold_cli",
    "tenfold_client",
    "tenfold_core",
    "tenfold_fleet",
    "tenfold_inspect",
    "tenfold_log",
    "tenfold_login",
    "tenfold_metrics",
    "tenfold_postgres",
    "tenfold_replay",
    "tenfold_service",
    "tenfold_synthetic",
    "tenfold_testcases",
];
const MEND: &str = "give a level (off, error, warn, info, debug, trace) or module=level, separated by commas";

/// Reads such as `warning,tenfold_login=debug` and gives it with each level under its own name; a value parser for clap.
///
/// # Errors
/// A sentence for the person who typed it. A word that is no level would be taken for a module otherwise, and silence all else.
pub fn log_filter(text: &str) -> Result<String, String> {
    let parts: Result<Vec<String>, String> = text.split(',').map(|part| directive(part.trim())).collect();
    Ok(parts?.join(","))
}

fn directive(text: &str) -> Result<String, String> {
    match text.rsplit_once('=') {
        None => level(text).map(str::to_owned),
        Some((module, _)) if !is_module(module) => Err(format!("there is no module '{module}': {MEND}")),
        Some((module, name)) => Ok(format!("{module}={}", level(name)?)),
    }
}

fn level(name: &str) -> Result<&'static str, String> {
    let lower = name.to_ascii_lowercase();
    let known = LEVELS.into_iter().find(|known| *known == lower);
    let other = OTHER_NAMES.into_iter().find(|(other, _)| *other == lower);
    known
        .or(other.map(|(_, level)| level))
        .ok_or_else(|| format!("'{name}' is no level: {MEND}"))
}

/// One of ours, or of those that we are built of, which are not listed here.
fn is_module(module: &str) -> bool {
    let name = module.split("::").next().unwrap_or_default();
    let is_word = !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    is_word && (!name.starts_with("tenfold") || OWN_CRATES.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_several_names() {
        for (text, read) in [
            ("info", "info"),
            ("WARNING", "warn"),
            ("Error", "error"),
            ("warn,tenfold_login=debug", "warn,tenfold_login=debug"),
            (
                "info, tenfold_app::delivery=Verbose",
                "info,tenfold_app::delivery=debug",
            ),
            ("tokio_postgres=trace", "tokio_postgres=trace"),
        ] {
            assert_eq!(log_filter(text), Ok(read.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_would_silence_everything_is_refused() {
        for wrong in [
            "",
            "loud",
            "tenfold_login",
            "info,",
            "tenfold_login=loud",
            "tenfold_lgin=debug",
            "=,=",
            "a b=info",
        ] {
            let said = log_filter(wrong).unwrap_err();
            assert!(said.contains("give a level"), "{wrong}: {said}");
        }
    }
}
