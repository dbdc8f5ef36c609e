//! Comparing the world with what `tenfold-events state --json` prints.

use serde_json::{Value, json};

use super::world::World;

/// Whether `state` tells of the same accounts, friends, invites, posts,
/// groups and sessions as the model. The fleet and the position are left
/// out, because the model knows nothing of them.
pub fn same_state(world: &World, state: &Value) -> Result<(), String> {
    for (part, expected) in world.parts() {
        let found = part_of(state, part);
        if found != expected {
            return Err(format!(
                "the {part} differ:\n  model   {expected:?}\n  service {found:?}"
            ));
        }
    }
    Ok(())
}

/// One part of the state as sorted text.
fn part_of(state: &Value, part: &str) -> Vec<String> {
    let items = state[part]
        .as_array()
        .unwrap_or_else(|| panic!("the state lists its {part}"));
    sorted(items.iter().map(|item| normal(part, item)).collect())
}

/// An item as text that does not depend on the order of names or keys.
fn normal(part: &str, item: &Value) -> String {
    let names = |value: &Value| {
        let names = value.as_array().expect("a list of names").iter();
        sorted(names.map(|name| name.as_str().expect("a name").to_owned()).collect())
    };
    match part {
        "friends" => json!(names(item)),
        "invites" => json!([item["from"], item["to"]]),
        "posts" => json!([item["author"], item["message"]]),
        "groups" => json!([item["name"], names(&item["members"])]),
        "sessions" => json!([item["user"]]),
        _ => item.clone(),
    }
    .to_string()
}

fn sorted(mut items: Vec<String>) -> Vec<String> {
    items.sort();
    items
}

impl World {
    /// The comparable parts, each as sorted text.
    fn parts(&self) -> [(&'static str, Vec<String>); 6] {
        let accounts = self.accounts.values();
        let invites = self.invites.iter();
        let invites = invites.map(|invite| json!([self.name(invite.from), self.name(invite.to)]));
        let pairs = self.friendships.iter();
        let pairs = pairs.map(|p| sorted(vec![self.name(p.inviter), self.name(p.accepter)]));
        let posts = accounts.clone();
        let posts = posts.flat_map(|a| a.posts.iter().map(|post| json!([a.name, post])));
        let online = accounts.clone().filter(|account| account.session.is_some());
        let groups = self.groups.iter().map(|group| json!([group, self.members(group)]));
        [
            ("accounts", texts(accounts.map(|account| json!(account.name)))),
            ("invites", texts(invites)),
            ("friends", texts(pairs.map(|pair| json!(pair)))),
            ("posts", texts(posts)),
            ("groups", texts(groups)),
            ("sessions", texts(online.map(|account| json!([account.name])))),
        ]
    }

    fn members(&self, group: &str) -> Vec<String> {
        let members = self.memberships.iter().filter(|(name, _)| name == group);
        sorted(members.map(|(_, member)| self.name(*member)).collect())
    }
}

fn texts(items: impl Iterator<Item = Value>) -> Vec<String> {
    sorted(items.map(|item| item.to_string()).collect())
}
