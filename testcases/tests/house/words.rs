//! The words that were ours alone, and the field's that are said instead.
//!
//! Many of the old ones are also plain English ("by hand", "a test that hangs"), so there are two lists: words in names of the code, and
//! phrases anywhere, in code, comments, messages and documents.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

use crate::root;

/// Files that have the old words for a reason: this list, and what cannot be changed any more.
const FREE: [&str; 7] = [
    "testcases/tests/house/words.rs",
    // syn calls what it offers there a visit.
    "testcases/tests/house/modules.rs",
    "CHANGELOG.md",
    "Cargo.lock",
    "testcases/golden-log/",
    "testcases/scripts/",
    "testcases/bundles/",
];

/// Migrations that databases have had already: their text never changes.
const LAST_OLD_MIGRATION: u32 = 8;

/// What is said, and what is not. `names` are words in names of the code, however they are put together (`sky_hook`, `SkyHook`, a file
/// `hook.rs`); with `=` they are the whole name, with a folder and `:` they count only there, and a
/// name in capitals is only a type's (`Place`, `SkyPlace`). `phrases` are words anywhere, also in comments.
struct Word {
    say: &'static str,
    names: &'static [&'static str],
    phrases: &'static [&'static str],
}

const fn word(say: &'static str, names: &'static [&'static str], phrases: &'static [&'static str]) -> Word {
    Word { say, names, phrases }
}

const WORDS: [Word; 26] = [
    word("message handler", &["ear", "ears"], &["ear", "ears"]),
    word(
        "publisher, commit hook",
        &["courier", "announcer"],
        &["courier", "couriers", "announcer", "announcers"],
    ),
    word(
        "wake-up, change signal",
        &["bell", "bells", "rung", "=hang"],
        &["bell", "bells", "rung", "is rung"],
    ),
    word("heartbeat connection", &["lifeline"], &["lifeline", "lifelines"]),
    word(
        "executor",
        &["=hand", "=Hand"],
        &["the hand", "a hand", "its hand", "hands of"],
    ),
    word(
        "context",
        &["desk", "=means", "=Means", "ground"],
        &["desk", "the means", "its means", "ground of"],
    ),
    word(
        "login service, login conversation",
        &["reception", "talk"],
        &["reception", "the talk", "a talk", "talks of"],
    ),
    word(
        "session status, delivery status, …",
        &["standing", "standings"],
        &["its standing", "the standing", "a standing"],
    ),
    word(
        "endpoint, seal context, availability zone, …",
        &["Place", "Places"],
        &[],
    ),
    word("redirected, rejected", &["turned"], &["turned away", "turned back"]),
    word("operational tables", &["=Beside"], &["beside the log", "mod beside"]),
    word("command error", &["=Stop"], &[]),
    word("precondition", &["premise", "premises"], &["premise", "premises"]),
    word(
        "provider setup, background task",
        &["=Runner", "errand", "errands"],
        &["errand", "errands", "the runner", "a runner", "mod runner"],
    ),
    word(
        "envelope, message notice",
        &["parcel", "parcels", "news"],
        &["parcel", "parcels", "news of"],
    ),
    word("broker connection", &["carrier", "carriers"], &["carrier", "carriers"]),
    word(
        "notify transport",
        &[],
        &[
            "messages take the log",
            "messages took the log",
            "message takes the log",
        ],
    ),
    word("reorder buffer", &["=holding", "=Holding"], &[]),
    word(
        "delivery loop, subscription",
        &["pump", "pumps"],
        &["pump", "pumps", "pumped"],
    ),
    word(
        "outbox, checkpoint",
        &["ledger", "doubt", "doubts"],
        &["ledger", "ledgers", "the doubt", "a doubt", "in doubt"],
    ),
    word(
        "session actor, connection, sessions, cursors",
        &["keeper", "keepers", "visit", "book", "marks"],
        &["keeper", "keepers", "a visit", "the visit", "its visit", "the book"],
    ),
    word("action", &["wish", "wishes"], &["wish", "wishes"]),
    word("load or create", &[], &["fn settle", "settles the key"]),
    word(
        "group commit",
        &["=take_company"],
        &["take company", "takes company", "in company"],
    ),
    word(
        "gap-free high-water mark",
        &["events/:=bound", "app/:=bound"],
        &["log's bound"],
    ),
    word("seat queue", &["seating", "Waits"], &["seating"]),
];

/// An old word that was found.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    word: &'static str,
    say: &'static str,
    file: String,
    line: usize,
}

/// Words of a name: `SkyHook` and `sky_hook` are `sky` and `hook`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for character in name.chars() {
        if character == '_' || (character.is_uppercase() && was_small) {
            words.push(String::new());
        }
        was_small = character.is_lowercase() || character.is_ascii_digit();
        if character != '_' {
            words
                .last_mut()
                .expect("there is always one")
                .extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether the name has the word in it.
fn has(name: &str, word: &str) -> bool {
    if let Some(whole) = word.strip_prefix('=') {
        return name == whole;
    }
    if word.starts_with(char::is_uppercase) {
        return name.ends_with(word) && name.starts_with(char::is_uppercase);
    }
    // A library's: serde has its visitors called so.
    let is_serdes = name.starts_with("visit_");
    !is_serdes && words_of(name).iter().any(|part| part == word)
}

/// Every name in a Rust file with its line; a file that is no Rust by itself has none.
fn names(text: &str) -> Vec<(String, usize)> {
    fn collect(tokens: TokenStream, names: &mut Vec<(String, usize)>) {
        for token in tokens {
            match token {
                TokenTree::Ident(name) => names.push((name.to_string(), name.span().start().line)),
                TokenTree::Group(group) => collect(group.stream(), names),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    if let Ok(tokens) = TokenStream::from_str(text) {
        collect(tokens, &mut found);
    }
    found
}

/// The words of a text in small letters, each with its line: phrases go over the ends of lines, and of comments' lines.
fn prose(text: &str) -> Vec<(String, usize)> {
    let mut words = Vec::new();
    for (line, text) in text.lines().enumerate() {
        let split = text.split(|character: char| !character.is_alphanumeric() && !"_-'’".contains(character));
        let split = split.filter(|word| !word.is_empty());
        words.extend(split.map(|word| (word.to_lowercase(), line + 1)));
    }
    words
}

fn search(file: &str, text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let stem = Path::new(file)
        .file_stem()
        .map(|stem| (stem.to_string_lossy().into_owned(), 0));
    let is_rust = file.ends_with(".rs");
    let names = if is_rust { names(text) } else { Vec::new() };
    let names: Vec<(String, usize)> = names.into_iter().chain(stem).collect();
    let words = prose(text);
    for Word {
        say,
        names: own,
        phrases,
    } in &WORDS
    {
        let mut push = |word: &'static str, line: usize| {
            let file = file.to_owned();
            found.push(Found { word, say, file, line });
        };
        for word in *own {
            let (folder, name_of) = word.split_once(':').unwrap_or(("", word));
            if !file.starts_with(folder) {
                continue;
            }
            let lines = names.iter().filter(|(name, _)| has(name, name_of));
            lines.for_each(|(_, line)| push(word, *line));
        }
        for phrase in *phrases {
            let parts: Vec<&str> = phrase.split(' ').collect();
            let at = words
                .windows(parts.len())
                .filter(|window| window.iter().map(|(word, _)| word).eq(&parts));
            at.for_each(|window| push(phrase, window[0].1));
        }
    }
    found.sort();
    found.dedup_by(|one, other| one.say == other.say && one.line == other.line);
    found
}

/// Whether the words of a file are to be the field's.
fn is_held(file: &str) -> bool {
    let old_migration = file
        .rsplit_once("/V")
        .filter(|_| file.ends_with(".sql"))
        .is_some_and(|(_, name)| {
            let number = name.split('_').next().and_then(|number| number.parse::<u32>().ok());
            number.is_some_and(|number| number <= LAST_OLD_MIGRATION)
        });
    let endings = [".rs", ".sql", ".sh", ".py", ".md", ".toml", ".yaml", ".json"];
    let is_text =
        endings.iter().any(|ending| file.ends_with(ending)) || file.starts_with("bin/") || file.starts_with(".ci/");
    is_text && !old_migration && !FREE.iter().any(|free| file.starts_with(free))
}

/// The files of the project, as git knows them, also those that are not committed yet.
fn files() -> Vec<String> {
    let mut git = Command::new("git");
    git.current_dir(root())
        .args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let listed = git.output().expect("git lists the project's files");
    assert!(
        listed.status.success(),
        "git: {}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let listed = String::from_utf8(listed.stdout).expect("files have names in UTF-8");
    listed.lines().map(str::to_owned).filter(|file| is_held(file)).collect()
}

#[test]
fn the_words_are_those_of_the_field() {
    let mut by_word: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for file in files() {
        // Deleted, and not yet committed.
        let Ok(text) = std::fs::read_to_string(root().join(&file)) else {
            continue;
        };
        for found in search(&file, &text) {
            let place = format!("{}:{}", found.file, found.line);
            by_word.entry((found.say, found.word)).or_default().push(place);
        }
    }
    let mut said = String::new();
    for ((say, word), lines) in &by_word {
        let _ = writeln!(
            said,
            "say “{say}” for “{}” ({} times):",
            word.trim_start_matches('='),
            lines.len()
        );
        lines.iter().for_each(|line| said.push_str(&format!("  {line}\n")));
    }
    assert!(said.is_empty(), "\n{said}");
}

fn found_in(text: &str) -> Vec<&'static str> {
    search("core/src/example.rs", text)
        .into_iter()
        .map(|found| found.word)
        .collect()
}

#[test]
fn old_words_are_found_in_names_and_in_prose() {
    assert_eq!(
        found_in("struct NewsOf; fn f() { let the_pump = 1; }"),
        ["news", "pump"]
    );
    assert_eq!(found_in("/// The\n/// courier comes."), ["courier"]);
    assert_eq!(found_in("struct Hand; enum SealPlace {}"), ["=Hand", "Place"]);
    assert_eq!(found_in("// Tables beside\n// the log."), ["beside the log"]);
    assert_eq!(search("core/src/desk.rs", "").len(), 1);
}

#[test]
fn plain_english_is_no_old_word() {
    for fine in [
        "// It is built by hand, handed to the next, and hangs in no place.",
        "fn doorbell() { place(); stop(); handle(); grounded(); early(); }",
        "// That means (old news): talk to the server, on the other hand wait; the settle time is over.",
        "fn visits(bound: usize) { matters_beside(); }",
        "use std::ops::Bound; struct StopAtEnd; fn unbounded() {}",
        "fn visit_str() {} use serde::de::Visitor;",
    ] {
        assert_eq!(found_in(fine), [""; 0], "{fine}");
    }
}

#[test]
fn old_migrations_are_left_as_they_are() {
    assert!(!is_held("events/log/migrations/V4__sealing.sql"));
    assert!(is_held("events/log/migrations/V9__words.sql"));
    assert!(is_held("bin/server") && !is_held("Cargo.lock"));
}
