//! The state for people.

use std::io::{self, Write};

use super::json::{Block, Group, Instance, Invite, Post, Session, State};
use tenfold_core::escape::escaped;

/// Writes `state` for people: each kind of thing under a heading, texts with their control characters escaped.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write_text(out: &mut impl Write, state: &State) -> io::Result<()> {
    writeln!(out, "State at position {}", state.position)?;
    section(out, "Accounts", &state.accounts, |name| escaped(name).into_owned())?;
    section(out, "Friends", &state.friends, friends_text)?;
    section(out, "Invites", &state.invites, invite_text)?;
    if !state.blocks.is_empty() {
        section(out, "Blocks", &state.blocks, block_text)?;
    }
    section(out, "Posts", &state.posts, post_text)?;
    section(out, "Groups", &state.groups, group_text)?;
    section(out, "Sessions", &state.sessions, session_text)?;
    section(out, "Instances", &state.instances, instance_text)
}

pub(super) fn friends_text([one, other]: &[String; 2]) -> String {
    format!("{} and {}", escaped(one), escaped(other))
}

pub(super) fn invite_text(invite: &Invite) -> String {
    format!("{} invited {}", escaped(&invite.from), escaped(&invite.to))
}

pub(super) fn block_text(block: &Block) -> String {
    format!("{} blocks {}", escaped(&block.blocker), escaped(&block.blocked))
}

pub(super) fn post_text(post: &Post) -> String {
    format!("{}: {}", escaped(&post.author), escaped(&post.message))
}

pub(super) fn group_text(group: &Group) -> String {
    let members: Vec<_> = group.members.iter().map(|name| escaped(name)).collect();
    let members = if members.is_empty() {
        "nobody".into()
    } else {
        members.join(", ")
    };
    format!("{}: {members}", escaped(&group.name))
}

pub(super) fn session_text(session: &Session) -> String {
    let place = session
        .instance
        .map_or_else(|| "without a seat".into(), |instance| format!("on {instance}"));
    format!("{} {place}", escaped(&session.user))
}

pub(super) fn instance_text(instance: &Instance) -> String {
    let users = if instance.users == 1 { "user" } else { "users" };
    format!("{} {:<10} {} {users}", instance.id, instance.state, instance.users)
}

fn section<T>(out: &mut impl Write, heading: &str, items: &[T], line: impl Fn(&T) -> String) -> io::Result<()> {
    writeln!(out, "\n{heading} ({})", items.len())?;
    items.iter().try_for_each(|item| writeln!(out, "  {}", line(item)))
}
