//! The walks of ARCHITECTURE.md name files that exist, which is what bin/figures counts.

use crate::root;

const WALKS: [&str; 3] = [
    "## Walk: a message",
    "## Walk: a login that needs a server",
    "## Walk: adding a command with a projection of its own",
];

/// The files that a walk lists: lines that begin with ``- `path`: what happens``.
fn files_of(text: &str, heading: &str) -> Vec<String> {
    let (_, walk) = text
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("ARCHITECTURE.md has no {heading:?}"));
    let walk = walk.split("\n## ").next().unwrap_or_default();
    let listed = walk.lines().filter_map(|line| line.trim_start().strip_prefix("- `"));
    listed
        .filter_map(|line| line.split_once('`'))
        .map(|(path, _)| path.to_owned())
        .collect()
}

#[test]
fn every_file_of_a_walk_exists() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the project has an ARCHITECTURE.md");
    for heading in WALKS {
        let files = files_of(&text, heading);
        assert!(!files.is_empty(), "{heading} lists no files");
        let missing: Vec<&String> = files.iter().filter(|file| !root().join(file).is_file()).collect();
        assert!(missing.is_empty(), "{heading}: there is no {missing:?}");
    }
}

#[test]
fn files_of_a_walk_are_those_of_its_own_list() {
    let text =
        "\n## Walk: one\n\n- `a.rs`: `b.rs` follows\n  - `c.rs`: more\nSee `d.rs`.\n\n## Walk: two\n- `e.rs`: x\n";
    assert_eq!(files_of(text, "## Walk: one"), ["a.rs", "c.rs"]);
}
