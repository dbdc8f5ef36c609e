//! Whoever adds a command adds it to each of these: what is left out is named here.

use tenfold_core::command::CommandName;
use tenfold_testcases::generator::Generator;
use tenfold_testcases::{model, scripts};

use crate::root;

#[test]
fn every_command_is_in_the_readme_the_scripts_the_model_and_the_generator() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the project has a README.md");
    let scripts = scripts::all();
    let is_typed = |word| {
        let lines = scripts.iter().flat_map(|script| script.input.lines());
        lines.into_iter().any(|line| model::words(line).first() == Some(&word))
    };
    let mut missing = Vec::new();
    for name in CommandName::ALL {
        let (word, usage) = (name.word(), &name.usage()["Usage: ".len()..]);
        let places = [
            ("README.md", readme.contains(&format!("`{usage}`"))),
            ("testcases/scripts", is_typed(word)),
            ("testcases/src/model/line.rs", model::is_command(word)),
            ("testcases/src/generator.rs", Generator::types(word)),
        ];
        missing.extend(
            places
                .iter()
                .filter(|(_, has)| !has)
                .map(|(place, _)| format!("{word}: {place}")),
        );
    }
    assert!(
        missing.is_empty(),
        "commands that are not where they should be: {missing:#?}"
    );
}
