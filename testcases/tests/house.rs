//! The rules of the house that cargo knows the facts of: which crate may depend on which, and under which licences the code of
//! others comes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What each crate may build on, `core` and `tenfold-core` being one. What only tests use is free: they look at things from outside.
const MAY_USE: [(&str, &[&str]); 15] = [
    ("tenfold-core", &[]),
    ("tenfold-service", &["tenfold-core"]),
    ("tenfold-log", &["tenfold-core"]),
    // Only people look at the past: no server is built with what folds or shows it.
    ("tenfold-replay", &["tenfold-core", "tenfold-log"]),
    ("tenfold-postgres", &[]),
    ("tenfold-synthetic", &["tenfold-core", "tenfold-log"]),
    (
        "tenfold-inspect",
        &[
            "tenfold-core",
            "tenfold-log",
            "tenfold-replay",
            "tenfold-postgres",
            "tenfold-synthetic",
        ],
    ),
    ("tenfold-broker", &["tenfold-core"]),
    ("tenfold-metrics", &["tenfold-core", "tenfold-cli"]),
    // Nothing of commands or passwords: what it would need of a login server is handed to it.
    ("tenfold-fleet", &["tenfold-core", "tenfold-log"]),
    (
        "tenfold-login",
        &[
            "tenfold-core",
            "tenfold-service",
            "tenfold-log",
            "tenfold-postgres",
            "tenfold-broker",
            "tenfold-metrics",
            "tenfold-fleet",
        ],
    ),
    (
        "tenfold-app",
        &["tenfold-core", "tenfold-service", "tenfold-log", "tenfold-broker"],
    ),
    ("tenfold-client", &["tenfold-core"]),
    ("tenfold-testcases", &[]),
    (
        "tenfold-bench",
        // The fleet for its simulator, which runs the planner itself.
        &[
            "tenfold-core",
            "tenfold-log",
            "tenfold-replay",
            "tenfold-postgres",
            "tenfold-synthetic",
            "tenfold-inspect",
            "tenfold-broker",
            "tenfold-fleet",
            "tenfold-testcases",
        ],
    ),
];

/// The domain is pure: nothing that waits, asks the system, or rolls dice belongs in it.
const NOT_IN_THE_DOMAIN: [&str; 7] = [
    "tokio",
    "tokio-postgres",
    "refinery",
    "rand",
    "tracing",
    "nix",
    "futures-util",
];

/// Crate by crate, what it needs to be built (not to be tested).
type Dependencies = BTreeMap<String, BTreeSet<String>>;

/// What is still to be read of a licence expression.
type Words<'a> = &'a [&'a str];

fn root() -> PathBuf {
    let testcases = Path::new(env!("CARGO_MANIFEST_DIR"));
    testcases.parent().expect("testcases lies in the project").to_owned()
}

fn metadata(arguments: &[&str]) -> Value {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root())
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .args(arguments);
    let output = cargo.output().expect("cargo runs the tests, so it can be run");
    assert!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

fn packages(metadata: &Value) -> &Vec<Value> {
    metadata["packages"].as_array().expect("cargo lists packages")
}

fn name(package: &Value) -> String {
    package["name"].as_str().expect("a package has a name").to_owned()
}

fn dependencies_of_the_workspace() -> Dependencies {
    let metadata = metadata(&["--no-deps"]);
    let needs = |package: &Value| {
        let all = package["dependencies"]
            .as_array()
            .expect("cargo lists dependencies")
            .iter();
        all.filter(|dependency| dependency["kind"] != "dev").map(name).collect()
    };
    packages(&metadata)
        .iter()
        .map(|package| (name(package), needs(package)))
        .collect()
}

/// One sentence for every dependency that points the wrong way, or crate that nobody has placed.
fn wrong_ways(dependencies: &Dependencies) -> Vec<String> {
    let may_use = BTreeMap::from(MAY_USE);
    let mut wrong = Vec::new();
    for (package, needs) in dependencies {
        let Some(allowed) = may_use.get(package.as_str()) else {
            wrong.push(format!("{package} has no place in MAY_USE of testcases/tests/house.rs"));
            continue;
        };
        let inside = needs.iter().filter(|other| other.starts_with("tenfold-"));
        let bad = inside.filter(|other| !allowed.contains(&other.as_str()));
        wrong.extend(bad.map(|other| format!("{package} must not depend on {other}")));
    }
    let domain = dependencies.get("tenfold-core").into_iter().flatten();
    let impure = domain.filter(|other| NOT_IN_THE_DOMAIN.contains(&other.as_str()));
    wrong.extend(impure.map(|other| format!("tenfold-core is pure and must not depend on {other}")));
    wrong
}

/// Whether a licence expression (`MIT OR Apache-2.0`, `(MIT OR Apache-2.0) AND Unicode-3.0`, the older `MIT/Apache-2.0`) can be
/// met with the licences in `allowed`.
fn can_be_met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any_of(&mut rest, allowed);
    met && rest.is_empty()
}

fn any_of<'a>(words: &mut Words<'a>, allowed: &BTreeSet<String>) -> bool {
    let mut met = all_of(words, allowed);
    while let Some(("OR", rest)) = first(words) {
        *words = rest;
        // Both sides are read, whatever the first one was.
        met |= all_of(words, allowed);
    }
    met
}

fn all_of<'a>(words: &mut Words<'a>, allowed: &BTreeSet<String>) -> bool {
    let mut met = one(words, allowed);
    while let Some(("AND", rest)) = first(words) {
        *words = rest;
        met &= one(words, allowed);
    }
    met
}

fn one<'a>(words: &mut Words<'a>, allowed: &BTreeSet<String>) -> bool {
    match first(words) {
        Some(("(", rest)) => {
            *words = rest;
            let met = any_of(words, allowed);
            *words = words.get(1..).unwrap_or_default();
            met
        }
        Some((licence, rest)) => {
            let exception = (rest.first() == Some(&"WITH")).then(|| rest.get(1)).flatten();
            *words = if exception.is_some() { &rest[2..] } else { rest };
            let whole = exception.map_or_else(|| licence.to_owned(), |exception| format!("{licence} WITH {exception}"));
            allowed.contains(&whole)
        }
        None => false,
    }
}

fn first<'a>(words: &Words<'a>) -> Option<(&'a str, Words<'a>)> {
    words.split_first().map(|(word, rest)| (*word, rest))
}

/// The list `allow` of deny.toml, one licence a line.
fn allowed_licences() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).expect("the project has a deny.toml");
    let (_, list) = text.split_once("\nallow = [").expect("it allows some licences");
    let (list, _) = list.split_once(']').expect("the list ends");
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Only what is built here: what other systems need is not even downloaded.
fn host() -> String {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .expect("rustc built this test");
    let text = String::from_utf8(output.stdout).expect("rustc prints UTF-8");
    text.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("rustc names its host")
        .to_owned()
}

#[test]
fn crates_depend_on_each_other_one_way() {
    let wrong = wrong_ways(&dependencies_of_the_workspace());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_dependency_the_wrong_way_is_noticed() {
    let crates = [
        ("tenfold-core", "tokio"),
        ("tenfold-log", "tenfold-login"),
        ("tenfold-new", "tenfold-core"),
    ];
    let needs = |other: &str| BTreeSet::from([other.to_owned()]);
    let dependencies = crates
        .into_iter()
        .map(|(package, other)| (package.to_owned(), needs(other)))
        .collect();
    let wrong = wrong_ways(&dependencies);
    let expected = [
        "tenfold-log must not depend on tenfold-login",
        "tenfold-new has no place in MAY_USE of testcases/tests/house.rs",
        "tenfold-core is pure and must not depend on tokio",
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn the_licences_of_all_dependencies_are_allowed() {
    let host = host();
    let metadata = metadata(&["--all-features", "--filter-platform", &host]);
    let allowed = allowed_licences();
    let licence = |package: &Value| package["license"].as_str().unwrap_or("none").to_owned();
    let refused = packages(&metadata)
        .iter()
        .filter(|package| !can_be_met(&licence(package), &allowed));
    let refused: Vec<String> = refused
        .map(|package| format!("{}: {}", name(package), licence(package)))
        .collect();
    assert!(refused.is_empty(), "not allowed by deny.toml: {}", refused.join(", "));
}

/// What the programs of the workspace are built of with these features, without what only their tests need.
fn built_of(features: &[&str]) -> BTreeSet<String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root())
        .args([
            "tree",
            "--locked",
            "--offline",
            "--workspace",
            "--edges=normal,build",
            "--prefix=none",
        ])
        .args(features);
    let output = cargo.output().expect("cargo runs the tests, so it can be run");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree: {complaint}");
    let text = String::from_utf8(output.stdout).expect("cargo prints UTF-8");
    let names = text.lines().filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

#[test]
fn a_build_for_a_fleet_on_this_machine_has_nothing_of_aws() {
    // Who speaks to AWS, and what only enrolment needs.
    let is_aws =
        |package: &&String| package.starts_with("aws-") || ["hyper", "rcgen", "rustls"].contains(&package.as_str());
    let by_default = built_of(&[]);
    let found: Vec<&String> = by_default.iter().filter(is_aws).collect();
    assert!(found.is_empty(), "without any feature there is {found:?}");
    let whole = built_of(&["--all-features"]);
    for package in ["aws-sdk-ec2", "aws-sdk-cloudwatch", "hyper", "rcgen"] {
        assert!(whole.contains(package), "no feature brings {package}");
    }
}

#[test]
fn tls_is_rustls_on_ring_and_nothing_else() {
    let whole = built_of(&["--all-features"]);
    assert!(whole.contains("rustls") && whole.contains("ring"));
    for other in ["openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys", "s2n-tls"] {
        assert!(!whole.contains(other), "{other} is built too");
    }
}

#[test]
fn licence_expressions_are_read_as_they_are_meant() {
    let allowed = ["MIT", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"]
        .map(str::to_owned)
        .into();
    let met = [
        "MIT",
        "Unlicense/MIT",
        "GPL-3.0 OR MIT",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ];
    for expression in met {
        assert!(can_be_met(expression, &allowed), "{expression}");
    }
    for expression in [
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR Unicode-3.0) AND GPL-3.0",
        "Apache-2.0",
        "none",
        "",
    ] {
        assert!(!can_be_met(expression, &allowed), "{expression}");
    }
}
