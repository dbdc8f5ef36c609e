//! What differs between the states at two positions.

use std::io::{self, Write};

use serde::Serialize;
use tenfold_core::difference::difference;
use tenfold_core::ids::Position;

use super::json::{Block, Group, Instance, Invite, Post, Session, State};
use super::text::{block_text, friends_text, group_text, instance_text, invite_text, post_text, session_text};
use tenfold_core::escape::escaped;

/// What `diff --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // the names are those of the state's lists
pub struct Diff {
    pub from: Position,
    pub to: Position,
    pub accounts: Changes<String>,
    pub friends: Changes<[String; 2]>,
    pub invites: Changes<Invite>,
    pub blocks: Changes<Block>,
    pub posts: Changes<Post>,
    pub groups: Changes<Group>,
    pub sessions: Changes<Session>,
    pub instances: Changes<Instance>,
}

/// What differs between two lists. Each is sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changes<T> {
    /// In the second alone.
    pub appeared: Vec<T>,
    /// In the first alone.
    pub gone: Vec<T>,
    /// In both, and not the same.
    pub changed: Vec<Changed<T>>,
}

/// One thing as it was and as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // the names say it
pub struct Changed<T> {
    pub before: T,
    pub after: T,
}

impl<T: Clone + PartialEq> Changes<T> {
    /// Both lists are sorted by `key`.
    fn between<'a, K: Ord>(before: &'a [T], after: &'a [T], key: impl Fn(&'a T) -> K) -> Changes<T> {
        let difference = difference(before, after, key);
        let changed = difference.changed.into_iter().map(|(before, after)| Changed {
            before: before.clone(),
            after: after.clone(),
        });
        Changes {
            appeared: difference.appeared.into_iter().cloned().collect(),
            gone: difference.gone.into_iter().cloned().collect(),
            changed: changed.collect(),
        }
    }
}

impl Diff {
    /// From one state to another. Posts that are in both may be left out of both.
    pub fn between(before: &State, after: &State) -> Diff {
        // What is nothing but a name or a text cannot change and stay the same thing.
        Diff {
            from: before.position,
            to: after.position,
            accounts: Changes::between(&before.accounts, &after.accounts, |whole| whole),
            friends: Changes::between(&before.friends, &after.friends, |whole| whole),
            invites: Changes::between(&before.invites, &after.invites, |whole| whole),
            blocks: Changes::between(&before.blocks, &after.blocks, |whole| whole),
            posts: Changes::between(&before.posts, &after.posts, |whole| whole),
            groups: Changes::between(&before.groups, &after.groups, |group| &group.name),
            sessions: Changes::between(&before.sessions, &after.sessions, |session| &session.user),
            instances: Changes::between(&before.instances, &after.instances, |instance| instance.id),
        }
    }

    /// Writes it for people: behind a plus what appeared, behind a minus what is gone, behind a tilde what changed.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    pub fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "From position {} to {}", self.from, self.to)?;
        let sections = [
            section(out, "Accounts", &self.accounts, |name| escaped(name).into_owned(), None)?,
            section(out, "Friends", &self.friends, friends_text, None)?,
            section(out, "Invites", &self.invites, invite_text, None)?,
            section(out, "Blocks", &self.blocks, block_text, None)?,
            section(out, "Posts", &self.posts, post_text, None)?,
            section(out, "Groups", &self.groups, group_text, Some(group_changed))?,
            section(out, "Sessions", &self.sessions, session_text, Some(session_changed))?,
            section(out, "Instances", &self.instances, instance_text, Some(instance_changed))?,
        ];
        match sections.contains(&true) {
            true => Ok(()),
            false => writeln!(out, "\nNothing differs."),
        }
    }
}

type Told<T> = fn(&Changed<T>) -> String;

/// Whether there was anything to tell.
fn section<T>(
    out: &mut impl Write,
    heading: &str,
    changes: &Changes<T>,
    line: fn(&T) -> String,
    told: Option<Told<T>>,
) -> io::Result<bool> {
    if changes.appeared.is_empty() && changes.gone.is_empty() && changes.changed.is_empty() {
        return Ok(false);
    }
    writeln!(out, "\n{heading}")?;
    let mut all = |sign, items: &[T]| {
        items
            .iter()
            .try_for_each(|item| writeln!(out, "  {sign} {}", line(item)))
    };
    all('-', &changes.gone)?;
    all('+', &changes.appeared)?;
    if let Some(told) = told {
        changes
            .changed
            .iter()
            .try_for_each(|changed| writeln!(out, "  ~ {}", told(changed)))?;
    }
    Ok(true)
}

fn group_changed(Changed { before, after }: &Changed<Group>) -> String {
    let members = difference(&before.members, &after.members, |name| name);
    let gone = members.gone.iter().map(|name| format!("- {}", escaped(name)));
    let joined = members.appeared.iter().map(|name| format!("+ {}", escaped(name)));
    let members: Vec<String> = gone.chain(joined).collect();
    format!("{}: {}", escaped(&before.name), members.join(", "))
}

fn session_changed(Changed { before, after }: &Changed<Session>) -> String {
    let (before, after) = (session_text(before), session_text(after));
    format!("{before}, then {after}")
}

fn instance_changed(Changed { before, after }: &Changed<Instance>) -> String {
    let mut told = vec![];
    if before.state != after.state {
        told.push(format!("{}, then {}", before.state, after.state));
    }
    if before.users != after.users {
        told.push(format!("{} users, then {}", before.users, after.users));
    }
    format!("{} {}", before.id, told.join("; "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tenfold_core::facts::Facts;
    use tenfold_core::ids::InstanceId;
    use uuid::Uuid;

    use super::*;

    fn states() -> (State, State) {
        let empty = State::of(&Facts::default(), Position(3));
        let instance = InstanceId(Uuid::from_u128(1));
        let session = |user: &str, instance| Session {
            user: user.into(),
            instance,
        };
        let post = |message: &str| Post {
            author: "ann".into(),
            message: message.into(),
        };
        let group = |members: &[&str]| Group {
            name: "readers".into(),
            members: members.iter().map(ToString::to_string).collect(),
        };
        let before = State {
            accounts: vec!["ann".into(), "bob".into()],
            posts: vec![post("twice"), post("twice")],
            groups: vec![group(&["ann", "bob"])],
            sessions: vec![session("ann", None), session("bob", Some(instance))],
            instances: vec![Instance {
                id: instance,
                state: "ready",
                users: 1,
            }],
            ..empty.clone()
        };
        let after = State {
            accounts: vec!["ann".into(), "cid".into()],
            friends: vec![["ann".into(), "cid".into()]],
            posts: vec![post("once\u{1b}"), post("twice")],
            groups: vec![group(&["ann", "cid"])],
            sessions: vec![session("ann", Some(instance))],
            instances: vec![Instance {
                id: instance,
                state: "draining",
                users: 1,
            }],
            position: Position(9),
            ..empty
        };
        (before, after)
    }

    #[test]
    fn what_appeared_is_gone_or_changed_is_told() {
        let (before, after) = states();
        let mut text = Vec::new();
        Diff::between(&before, &after).write_text(&mut text).unwrap();
        let id = Uuid::from_u128(1);
        let expected = format!(
            "From position 3 to 9\n\nAccounts\n  - bob\n  + cid\n\nFriends\n  + ann and cid\n\nPosts\n  - ann: twice\n  \
             + ann: once\\u{{1b}}\n\nGroups\n  ~ readers: - bob, + cid\n\nSessions\n  - bob on {id}\n  \
             ~ ann without a seat, then ann on {id}\n\nInstances\n  ~ {id} ready, then draining\n"
        );
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn the_json_names_both_sides_of_a_change() {
        let (before, after) = states();
        let json = serde_json::to_value(Diff::between(&before, &after)).unwrap();
        assert_eq!(
            json["accounts"],
            json!({"appeared": ["cid"], "gone": ["bob"], "changed": []})
        );
        assert_eq!(
            json["sessions"]["changed"][0]["before"],
            json!({"user": "ann", "instance": null})
        );
        assert_eq!((&json["from"], &json["to"]), (&json!(3), &json!(9)));
    }

    #[test]
    fn equal_states_do_not_differ_and_backwards_is_the_other_way_about() {
        let (before, after) = states();
        let mut text = Vec::new();
        Diff::between(&after, &after).write_text(&mut text).unwrap();
        assert!(String::from_utf8(text).unwrap().ends_with("Nothing differs.\n"));
        let (there, back) = (Diff::between(&before, &after), Diff::between(&after, &before));
        assert_eq!(
            (there.posts.appeared, there.posts.gone),
            (back.posts.gone, back.posts.appeared)
        );
    }
}
