//! Which crate may depend on which, and what the programs are built of. (Licences and banned crates are in deny.toml.)

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::root;

/// What each crate may build on. What only tests use is free: they look at things from outside.
const MAY_USE: [(&str, &[&str]); 16] = [
    ("tenfold-core", &[]),
    ("tenfold-cli", &["tenfold-core"]),
    ("tenfold-service", &["tenfold-core", "tenfold-cli"]),
    ("tenfold-log", &["tenfold-core"]),
    // Only people look at the past: no server is built with what folds or shows it.
    ("tenfold-replay", &["tenfold-core", "tenfold-log"]),
    ("tenfold-postgres", &["tenfold-core", "tenfold-cli"]),
    ("tenfold-synthetic", &["tenfold-core", "tenfold-log"]),
    (
        "tenfold-inspect",
        &[
            "tenfold-core",
            "tenfold-cli",
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
            "tenfold-cli",
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
        &[
            "tenfold-core",
            "tenfold-cli",
            "tenfold-service",
            "tenfold-log",
            "tenfold-broker",
        ],
    ),
    ("tenfold-client", &["tenfold-core", "tenfold-cli"]),
    ("tenfold-testcases", &[]),
    (
        "tenfold-bench",
        // The fleet for its simulator, which runs the planner itself; the client for TLS as its users have it.
        &[
            "tenfold-core",
            "tenfold-cli",
            "tenfold-client",
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

/// What no server may be built with.
const NOT_IN_SERVERS: [&str; 4] = ["tenfold-replay", "tenfold-inspect", "tenfold-synthetic", "ratatui"];

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
            wrong.push(format!(
                "{package} has no place in MAY_USE of testcases/tests/house/crates.rs"
            ));
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
        "tenfold-new has no place in MAY_USE of testcases/tests/house/crates.rs",
        "tenfold-core is pure and must not depend on tokio",
    ];
    assert_eq!(wrong, expected);
}

/// What these packages are built of with these features, without what only their tests need.
fn built_of(packages_and_features: &[&str]) -> BTreeSet<String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root())
        .args(["tree", "--locked", "--offline", "--edges=normal,build", "--prefix=none"])
        .args(packages_and_features);
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
    let is_aws = |package: &&String| package.starts_with("aws-") || package.as_str() == "hyper";
    let by_default = built_of(&["--workspace"]);
    let found: Vec<&String> = by_default.iter().filter(is_aws).collect();
    assert!(found.is_empty(), "without any feature there is {found:?}");
    let whole = built_of(&["--workspace", "--all-features"]);
    for package in ["aws-sdk-ec2", "aws-sdk-cloudwatch", "hyper"] {
        assert!(whole.contains(package), "no feature brings {package}");
    }
}

#[test]
fn tls_is_rustls_on_ring_and_nothing_else() {
    let whole = built_of(&["--workspace", "--all-features"]);
    assert!(whole.contains("rustls") && whole.contains("ring"));
    for other in ["openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys", "s2n-tls"] {
        assert!(!whole.contains(other), "{other} is built too");
    }
}

#[test]
fn servers_are_built_without_what_looks_at_the_past() {
    for server in ["tenfold-login", "tenfold-app"] {
        let built = built_of(&["--package", server, "--all-features"]);
        assert!(built.contains("tenfold-log"), "{server} is built of {built:?}");
        for other in NOT_IN_SERVERS {
            assert!(!built.contains(other), "{server} is built with {other}");
        }
    }
}
