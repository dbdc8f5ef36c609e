//! No file imports another that imports it, directly or through others.
//!
//! What counts: `use` and every path in the code, outside of tests, as an import of the file that defines what is named. So a parent that
//! uses its child's names while the child uses names that the parent defines is a circle of two. No imports are `mod child;` and
//! `pub use child::Thing`: whoever only passes a name on does not need it, and who takes it from there needs the child.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::modules::{Kind, Mention, Module, Modules};
use crate::root;

/// Crates whose files are held to it; those with a star are all in that folder.
const CRATES: [&str; 6] = ["core", "events/*", "fleet", "login", "app", "broker"];

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Module(usize),
    /// Something defined in that module.
    Item(usize),
}

/// File by file, the files that it imports, each with a line that does.
type Imports = BTreeMap<PathBuf, BTreeMap<PathBuf, (usize, String)>>;

impl Modules {
    /// Where the path leads that stands in `module`; nothing where it leads out of the crate.
    fn resolve(&self, module: usize, segments: &[String], depth: usize) -> Option<Target> {
        let (first, mut rest) = segments.split_first()?;
        let mut target = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(module),
            "super" => Target::Module(self.0[module].parent?),
            name => self.lookup(module, name, depth)?,
        };
        while let (Target::Module(at), Some((name, others))) = (target, rest.split_first()) {
            target = match name.as_str() {
                "super" => Target::Module(self.0[at].parent?),
                name => match self.lookup(at, name, depth) {
                    Some(target) => target,
                    // A name of another crate that is passed on there.
                    None if self.0[at].imports.contains_key(name) => return None,
                    // What is made by a macro is not seen; it is in that file.
                    None => Target::Item(at),
                },
            };
            rest = others;
        }
        Some(target)
    }

    /// What `name` is in a module; nothing where it is unknown there, or of another crate.
    fn lookup(&self, module: usize, name: &str, depth: usize) -> Option<Target> {
        // Imports in a circle.
        if depth > 20 {
            return None;
        }
        let Module {
            children,
            items,
            imports,
            mentions,
            ..
        } = &self.0[module];
        if let Some(child) = children.get(name) {
            return Some(Target::Module(*child));
        }
        if items.contains(name) {
            return Some(Target::Item(module));
        }
        if let Some(path) = imports.get(name) {
            // `use name::name` does not lead to itself.
            let is_itself = path.first().is_some_and(|first| first == name);
            return if is_itself {
                None
            } else {
                self.resolve(module, path, depth + 1)
            };
        }
        let globs = mentions.iter().filter(|mention| mention.kind == Kind::Glob);
        let mut modules = globs.filter_map(|glob| self.resolve(module, &glob.segments, depth + 1));
        modules.find_map(|target| match target {
            Target::Module(other) if other != module => self.lookup(other, name, depth + 1),
            _ => None,
        })
    }

    /// The file that a mention imports, where it imports one of the crate.
    fn imported(&self, module: usize, mention: &Mention) -> Option<usize> {
        match (mention.kind, self.resolve(module, &mention.segments, 0)?) {
            (Kind::PassedOn, _) => None,
            (Kind::Name, Target::Item(other)) | (Kind::Glob, Target::Module(other)) => Some(other),
            // A module's name alone is no import of what is in it; the paths through it are.
            _ => None,
        }
    }

    /// Which file imports which.
    fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (index, module) in self.0.iter().enumerate() {
            for mention in &module.mentions {
                let Some(other) = self.imported(index, mention) else {
                    continue;
                };
                let to = &self.0[other].file;
                if *to != module.file {
                    let line = (mention.line, mention.segments.join("::"));
                    let of_file = imports.entry(module.file.clone()).or_default();
                    of_file.entry(to.clone()).or_insert(line);
                }
            }
        }
        imports
    }
}

/// The files that can be reached from `file` by imports.
fn reached(imports: &Imports, file: &Path) -> BTreeSet<PathBuf> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![file]);
    while let Some(file) = next.pop() {
        for imported in imports.get(file).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(imported.clone()) {
                next.push(imported);
            }
        }
    }
    reached
}

/// Each group of files that import each other.
fn circles(imports: &Imports) -> BTreeSet<BTreeSet<PathBuf>> {
    let reach: BTreeMap<&PathBuf, BTreeSet<PathBuf>> =
        imports.keys().map(|file| (file, reached(imports, file))).collect();
    let group_of = |(file, reached): (&&PathBuf, &BTreeSet<PathBuf>)| {
        let back = |other: &&PathBuf| reach.get(other).is_some_and(|from_there| from_there.contains(*file));
        let group: BTreeSet<PathBuf> = reached.iter().filter(back).cloned().collect();
        (group.len() > 1).then_some(group)
    };
    reach.iter().filter_map(group_of).collect()
}

/// The circles of a crate, each with the lines that make it.
fn told(imports: &Imports) -> String {
    let mut said = String::new();
    for circle in circles(imports) {
        let _ = writeln!(said, "a circle of {} files:", circle.len());
        for (file, imported) in imports.iter().filter(|(file, _)| circle.contains(*file)) {
            for (other, (line, path)) in imported.iter().filter(|(other, _)| circle.contains(*other)) {
                let (file, other) = (short(file), short(other));
                let _ = writeln!(said, "  {file}:{line} imports {other} ({path})");
            }
        }
    }
    said
}

fn short(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

fn crate_roots() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for pattern in CRATES {
        match pattern.strip_suffix("/*") {
            Some(parent) => {
                folders.push(root().join(parent));
                let inside = std::fs::read_dir(root().join(parent)).expect("the folder is there");
                folders.extend(inside.flatten().map(|entry| entry.path()));
            }
            None => folders.push(root().join(pattern)),
        }
    }
    let mut roots: Vec<PathBuf> = folders.into_iter().map(|folder| folder.join("src/lib.rs")).collect();
    roots.retain(|file| file.is_file());
    roots.sort();
    roots
}

#[test]
fn no_file_imports_another_that_imports_it() {
    let roots = crate_roots();
    assert!(roots.len() > 4, "only these crates were found: {roots:?}");
    let said: String = roots.iter().map(|root| told(&Modules::read(root).imports())).collect();
    assert!(said.is_empty(), "\n{said}");
}

/// The circles of a crate that is written here, each file named after its module.
fn circles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }
    let imports = Modules::read(&folder.path().join("lib.rs")).imports();
    let name = |file: &PathBuf| file.strip_prefix(folder.path()).expect("inside").display().to_string();
    let groups = circles(&imports).into_iter();
    groups.map(|group| group.iter().map(name).collect()).collect()
}

#[test]
fn circles_are_found_whatever_way_they_are_written() {
    let imports_of_b = [
        "use crate::b::B;",
        "use super::b::{B as Other};",
        "fn f() -> crate::b::B { todo!() }",
        "use crate::b; fn f() { b::f() }",
        "fn f() { println!(\"{}\", crate::b::f()) }",
        // Passed on by the parent, defined in `b`.
        "use super::B;",
        "use crate::*;\nuse b::B;",
    ];
    for import in imports_of_b {
        let found = circles_of(&[
            ("lib.rs", "mod a; mod b; pub use b::B;"),
            ("a.rs", &format!("pub struct A; {import}")),
            ("b.rs", "use crate::a::A; pub struct B(A); pub fn f() {}"),
        ]);
        assert!(
            found
                .iter()
                .any(|circle| circle.contains(&"a.rs".to_owned()) && circle.contains(&"b.rs".to_owned())),
            "{import}: {found:?}"
        );
    }
}

#[test]
fn a_parent_and_its_child_are_a_circle_where_both_use_the_other() {
    let child = ("a/child.rs", "use super::Parent; pub struct Child(Parent);");
    let lib = ("lib.rs", "mod a;");
    let both = circles_of(&[
        lib,
        (
            "a.rs",
            "mod child; pub use child::Child; pub struct Parent; fn f(_: Child) {}",
        ),
        child,
    ]);
    assert_eq!(both, [["a/child.rs", "a.rs"]]);
    // To declare a child is no import, nor is what is only passed on, nor what only tests use.
    let declared =
        "mod child; pub use child::Child; pub struct Parent; #[cfg(test)] mod tests { use super::child::Child; }";
    assert!(circles_of(&[lib, ("a/mod.rs", declared), child]).is_empty());
}

#[test]
fn a_parent_that_only_passes_on_is_in_no_circle() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; pub use a::A; pub use b::B; pub use other::C;"),
        ("a.rs", "pub struct A;"),
        ("b.rs", "use super::{A, C}; pub struct B(A, C);"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}
