//! The modules of a crate as its sources have them, without what only tests are built of: which file each lies in, what it defines,
//! and every path that it names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Spacing, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, UseTree, Visibility};

/// A path as it is written: `crate::fleet::plan`, `super::Thing`, `child::function`.
pub type Segments = Vec<String>;

/// A path that a module names.
#[derive(Debug, Clone)]
pub struct Mention {
    /// The path.
    pub segments: Segments,
    /// In which line of the module's file.
    pub line: usize,
    /// What the path is.
    pub kind: Kind,
}

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `use a::b`, or a name in the code.
    Name,
    /// `use a::*`, and `pub use a::*`.
    Glob,
    /// `pub use a::b`: the module passes it on, and may not use it itself.
    PassedOn,
}

/// One module.
#[derive(Debug, Default)]
pub struct Module {
    /// Where it is written; modules in braces lie in the file of their parent.
    pub file: PathBuf,
    /// The module that declares it; none for the crate's root.
    pub parent: Option<usize>,
    /// Its modules, by name.
    pub children: BTreeMap<String, usize>,
    /// The names it defines.
    pub items: BTreeSet<String>,
    /// The names it imports, and from where.
    pub imports: BTreeMap<String, Segments>,
    /// Everything it names: imports, and paths in its code.
    pub mentions: Vec<Mention>,
}

/// All modules of a crate, its root first.
#[derive(Debug, Default)]
pub struct Modules(pub Vec<Module>);

impl Modules {
    /// Reads a crate from its root file, such as `core/src/lib.rs`.
    pub fn read(root: &Path) -> Modules {
        let mut modules = Modules::default();
        let folder = root.parent().expect("a file lies in a folder");
        modules.read_file(root, folder, None);
        modules
    }

    fn read_file(&mut self, path: &Path, folder: &Path, parent: Option<usize>) -> usize {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.read_items(&parsed.items, path, folder, parent)
    }

    fn read_items(&mut self, items: &[Item], path: &Path, folder: &Path, parent: Option<usize>) -> usize {
        let index = self.0.len();
        self.0.push(Module {
            file: path.to_owned(),
            parent,
            ..Module::default()
        });
        for item in items.iter().filter(|item| !is_for_tests(attributes(item))) {
            match item {
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    let child = self.read_child(module, path, folder, index);
                    self.0[index].children.insert(name, child);
                }
                Item::Use(import) => {
                    let kind = match import.vis {
                        Visibility::Inherited => Kind::Name,
                        _ => Kind::PassedOn,
                    };
                    self.0[index].import(&import.tree, kind, &mut Vec::new());
                }
                other => self.0[index].define(other),
            }
        }
        index
    }

    fn read_child(&mut self, module: &ItemMod, path: &Path, folder: &Path, parent: usize) -> usize {
        let name = module.ident.to_string();
        let inside = folder.join(&name);
        if let Some((_, items)) = &module.content {
            return self.read_items(items, path, &inside, Some(parent));
        }
        let beside = folder.join(format!("{name}.rs"));
        let file = if beside.is_file() {
            beside
        } else {
            inside.join("mod.rs")
        };
        self.read_file(&file, &inside, Some(parent))
    }
}

impl Module {
    fn import(&mut self, tree: &UseTree, kind: Kind, before: &mut Segments) {
        let line = tree.span().start().line;
        let mut mention = |name: Option<String>, kind| {
            let mut segments = before.clone();
            // `use a::{self}` names `a`.
            segments.extend(name.filter(|name| name != "self" || before.is_empty()));
            self.mentions.push(Mention {
                segments: segments.clone(),
                line,
                kind,
            });
            segments
        };
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, kind, before);
                before.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, kind, before)),
            UseTree::Glob(_) => drop(mention(None, Kind::Glob)),
            UseTree::Name(name) => {
                let segments = mention(Some(name.ident.to_string()), kind);
                let name = segments.last().expect("a name was added").clone();
                self.imports.insert(name, segments);
            }
            UseTree::Rename(rename) => {
                let segments = mention(Some(rename.ident.to_string()), kind);
                self.imports.insert(rename.rename.to_string(), segments);
            }
        }
    }

    fn define(&mut self, item: &Item) {
        let name = match item {
            Item::Const(item) => Some(&item.ident),
            Item::Enum(item) => Some(&item.ident),
            Item::Fn(item) => Some(&item.sig.ident),
            Item::Static(item) => Some(&item.ident),
            Item::Struct(item) => Some(&item.ident),
            Item::Trait(item) => Some(&item.ident),
            Item::Type(item) => Some(&item.ident),
            Item::Union(item) => Some(&item.ident),
            Item::Macro(item) => item.ident.as_ref(),
            _ => None,
        };
        self.items.extend(name.map(ToString::to_string));
        Paths(&mut self.mentions).visit_item(item);
    }
}

/// Collects the paths in code.
struct Paths<'a>(&'a mut Vec<Mention>);

impl Paths<'_> {
    fn push(&mut self, segments: Segments, line: usize) {
        if !segments.is_empty() {
            let kind = Kind::Name;
            self.0.push(Mention { segments, line, kind });
        }
    }

    /// In what is given to a macro: names with `::` between them.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut segments, mut line, mut colons) = (Segments::new(), 0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.push(std::mem::take(&mut segments), line);
                        line = name.span().start().line;
                    }
                    segments.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' && !segments.is_empty() => {
                    colons += if mark.spacing() == Spacing::Joint || colons == 1 {
                        1
                    } else {
                        3
                    };
                }
                other => {
                    self.push(std::mem::take(&mut segments), line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.push(segments, line);
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string());
        self.push(segments.collect(), path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, macro_call: &'ast syn::Macro) {
        self.visit_path(&macro_call.path);
        self.tokens(macro_call.tokens.clone());
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether an attribute is `#[cfg(test)]`, or a longer condition that asks for tests.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    let asks = |attribute: &&Attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test" || condition.starts_with("all (test") || condition.starts_with("all(test")
        }
        _ => false,
    };
    attributes.iter().find(asks).is_some()
}
