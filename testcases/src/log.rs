//! Looking at the log with `tenfold-events`.

use std::collections::BTreeMap;
use std::process::Output;

use serde_json::Value;

use crate::programs;

/// What `tenfold-events state --json` prints.
#[derive(Debug, Clone, PartialEq)]
pub struct State(pub Value);

/// An instance as the state lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// `requested`, `launched`, `ready`, `draining`, `terminated` or `lost`.
    pub state: String,
    /// How many users sit there.
    pub users: u64,
}

/// Runs `tenfold-events` with these arguments on the database.
pub fn events(database: &str, arguments: &[&str]) -> Output {
    let mut command = programs::command("tenfold-events");
    command.args(arguments).args(["--database", database]);
    let (variable, key) = programs::MASTER_KEY;
    command.env(variable, key);
    command.output().expect("tenfold-events can be run")
}

/// The state of everything at the log's head.
pub fn state(database: &str) -> State {
    State(json_of(&events(database, &["state", "--json"])))
}

/// The state of everything at an earlier position.
pub fn state_at(database: &str, position: u64) -> State {
    State(json_of(&events(
        database,
        &["state", "--json", "--at", &position.to_string()],
    )))
}

/// Folds the log and compares it with the projections.
///
/// # Panics
/// Where they differ, with the differences.
pub fn verify(database: &str) {
    let output = events(database, &["verify"]);
    assert!(
        output.status.success(),
        "verify found differences: {}",
        text_of(&output)
    );
}

/// Throws the projections away and makes them anew from the log.
pub fn rebuild(database: &str) {
    let output = events(database, &["rebuild"]);
    assert!(output.status.success(), "rebuild failed: {}", text_of(&output));
}

/// Every event of the log, as `tail --json` prints it, in order.
pub fn tail(database: &str) -> Vec<String> {
    let output = events(database, &["tail", "--json"]);
    assert!(output.status.success(), "tail failed: {}", text_of(&output));
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(str::to_owned)
        .collect()
}

/// How many events contain each of these texts, whole and alone, as a value.
pub fn count_texts<'a>(database: &str, texts: impl IntoIterator<Item = &'a String>) -> BTreeMap<&'a String, usize> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for line in tail(database) {
        let event: Value = serde_json::from_str(&line).expect("tail --json prints JSON");
        let mut strings = Vec::new();
        collect_strings(&event, &mut strings);
        strings.sort();
        strings.dedup();
        for text in strings {
            *found.entry(text).or_default() += 1;
        }
    }
    let count = |text| found.get(text).copied().unwrap_or_default();
    texts.into_iter().map(|text| (text, count(text))).collect()
}

fn collect_strings(value: &Value, strings: &mut Vec<String>) {
    match value {
        Value::String(text) => strings.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_strings(item, strings)),
        Value::Object(members) => members.values().for_each(|item| collect_strings(item, strings)),
        _ => {}
    }
}

fn json_of(output: &Output) -> Value {
    assert!(output.status.success(), "tenfold-events failed: {}", text_of(output));
    serde_json::from_slice(&output.stdout).expect("state --json prints one JSON object")
}

/// What it printed, on either output.
pub fn text_of(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

impl State {
    /// Every instance there ever was.
    pub fn instances(&self) -> Vec<Instance> {
        let list = self.0["instances"]
            .as_array()
            .expect("the state lists instances")
            .iter();
        list.map(|instance| Instance {
            id: text_in(instance, "id"),
            state: text_in(instance, "state"),
            users: instance["users"].as_u64().expect("instances count their users"),
        })
        .collect()
    }

    /// The instances that are or will be there: neither terminated nor lost.
    pub fn active_instances(&self) -> Vec<Instance> {
        let gone = |instance: &Instance| ["terminated", "lost"].contains(&&*instance.state);
        self.instances()
            .into_iter()
            .filter(|instance| !gone(instance))
            .collect()
    }

    /// How many users the active instances have, most first.
    pub fn users_per_instance(&self) -> Vec<u64> {
        let mut users: Vec<_> = self.active_instances().iter().map(|i| i.users).collect();
        users.sort_unstable_by(|one, other| other.cmp(one));
        users
    }

    /// The instance of each live session, by the user's name.
    pub fn sessions(&self) -> BTreeMap<String, Option<String>> {
        let list = self.0["sessions"].as_array().expect("the state lists sessions").iter();
        let instance = |session: &Value| session["instance"].as_str().map(str::to_owned);
        list.map(|session| (text_in(session, "user"), instance(session)))
            .collect()
    }

    /// The names of the live accounts.
    pub fn accounts(&self) -> Vec<String> {
        let list = self.0["accounts"].as_array().expect("the state lists accounts").iter();
        list.map(|name| name.as_str().expect("a name").to_owned()).collect()
    }

    /// Every post, as author and message.
    pub fn posts(&self) -> Vec<(String, String)> {
        let list = self.0["posts"].as_array().expect("the state lists posts").iter();
        list.map(|post| (text_in(post, "author"), text_in(post, "message")))
            .collect()
    }

    /// The position this is the state of.
    pub fn position(&self) -> u64 {
        self.0["position"].as_u64().expect("the state says its position")
    }

    /// Panics where a server has more than `seats` users, or where two
    /// accounts have one name, or two friendships join one pair.
    pub fn check_invariants(&self, seats: u64) {
        for instance in self.instances() {
            assert!(instance.users <= seats, "too many users: {instance:?}");
        }
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        for instance in self.sessions().into_values().flatten() {
            *counted.entry(instance).or_default() += 1;
        }
        for (instance, users) in counted {
            assert!(users <= seats, "{users} sessions name the instance {instance}");
        }
        no_duplicates("accounts", self.accounts());
        let pairs = self.0["friends"].as_array().expect("the state lists friends").iter();
        let sorted = |pair: &Value| {
            let mut names: Vec<_> = pair.as_array().expect("a pair").iter().map(Value::to_string).collect();
            names.sort();
            names.join(" ")
        };
        no_duplicates("friends", pairs.map(sorted).collect());
    }
}

fn no_duplicates(what: &str, mut items: Vec<String>) {
    let all = items.len();
    items.sort();
    items.dedup();
    assert_eq!(items.len(), all, "something is twice among the {what}");
}

fn text_in(value: &Value, key: &str) -> String {
    let text = value[key].as_str();
    text.unwrap_or_else(|| panic!("{value} has no text {key}")).to_owned()
}
