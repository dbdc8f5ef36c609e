//! What an event changes in the projections, in words: row by row, as it was and as it is.

use tenfold_core::facts::{Change, Facts, Instance, Key, Pair, PairState, Projection, Row};
use tenfold_core::ids::AccountId;

use super::{Called, quoted};
use crate::tail::{Names, short};
use tenfold_core::escape::escaped;

/// One sentence a row: which projection, what it said of it before, what it says now.
pub fn changed(before: &Facts, change: &Change, names: &Names) -> Vec<String> {
    let called = Called(names);
    match change {
        Change::Put(Row::Account(account)) => {
            vec![format!(
                "accounts: + {} ({})",
                escaped(&account.name),
                short(account.id.0)
            )]
        }
        Change::Remove(Key::Account(id)) => vec![format!("accounts: - {}; the name is free", called.account(*id))],
        Change::Put(Row::Session(session)) => {
            let account = called.account(session.account);
            vec![format!("sessions: + {} of {account}", short(session.id.0))]
        }
        Change::Remove(Key::Session(account)) => {
            let session = before.session_of(*account);
            let session = session.map_or_else(|| "none".into(), |session| short(session.id.0));
            vec![format!("sessions: - {session} of {}", called.account(*account))]
        }
        Change::Put(Row::Seat(seat)) => {
            let (account, server) = (called.account(seat.account), called.server(seat.instance));
            vec![format!(
                "seats: + {account} on {server}, seat {} of {}",
                seat.number + 1,
                seat.seats
            )]
        }
        Change::Remove(Key::Seat(session)) => match before.seat_of(*session) {
            Some(seat) => {
                let (account, server) = (called.account(seat.account), called.server(seat.instance));
                vec![format!(
                    "seats: - {account} on {server}, seat {} of {}",
                    seat.number + 1,
                    seat.seats
                )]
            }
            None => Vec::new(),
        },
        Change::Put(Row::Pair(pair)) => vec![put_pair(before, pair, called)],
        Change::RemoveAllOf(Projection::Pair, account) => pairs_of(before, *account, called),
        Change::Put(Row::Post(post)) => {
            let author = called.account(post.author);
            vec![format!("posts: + {author}: {}", quoted(&post.text))]
        }
        Change::RemoveAllOf(Projection::Post, author) => {
            let posts = before.posts().filter(|post| post.author == *author);
            posts
                .map(|post| format!("posts: - {}: {}", called.account(*author), quoted(&post.text)))
                .collect()
        }
        Change::Put(Row::Group(group)) => vec![format!("groups: + {}", escaped(&group.name))],
        Change::Put(Row::Membership(membership)) => {
            let (account, group) = (called.account(membership.account), called.group(membership.group));
            vec![format!("members: + {account} in {group}")]
        }
        Change::RemoveAllOf(Projection::Membership, account) => {
            let memberships = before.memberships().filter(|row| row.account == *account);
            let mut lines: Vec<String> = memberships
                .map(|row| format!("members: - {} in {}", called.account(*account), called.group(row.group)))
                .collect();
            lines.sort_unstable();
            lines
        }
        Change::Put(Row::Instance(instance)) => vec![put_instance(before, instance, called)],
        Change::Remove(Key::Pair(key)) => match before.pair(key.low, key.high) {
            Some(pair) => vec![pair_gone(pair, called)],
            None => Vec::new(),
        },
        Change::Remove(Key::Post(_) | Key::Group(_) | Key::Membership(_) | Key::Instance(_))
        | Change::RemoveAllOf(..) => Vec::new(),
    }
}

fn put_pair(before: &Facts, pair: &Pair, called: Called<'_>) -> String {
    let was = before.pair(pair.key.low, pair.key.high);
    let was = was.map_or_else(|| "nothing".into(), |was| standing(was, called));
    format!("pairs: {was} -> {}", standing(pair, called))
}

fn pairs_of(before: &Facts, account: AccountId, called: Called<'_>) -> Vec<String> {
    let pairs = before
        .pairs()
        .filter(|pair| pair.key.low == account || pair.key.high == account);
    let mut pairs: Vec<&Pair> = pairs.collect();
    pairs.sort_unstable_by_key(|pair| pair.position);
    pairs.into_iter().map(|pair| pair_gone(pair, called)).collect()
}

fn pair_gone(pair: &Pair, called: Called<'_>) -> String {
    format!("pairs: {} -> nothing", standing(pair, called))
}

fn standing(pair: &Pair, called: Called<'_>) -> String {
    let (inviter, invitee) = (called.account(pair.inviter), called.account(pair.invitee()));
    match pair.state {
        PairState::Invited => format!("{inviter} has invited {invitee} (since {})", pair.position),
        PairState::Friends => format!("{inviter} and {invitee} are friends (since {})", pair.position),
    }
}

fn put_instance(before: &Facts, instance: &Instance, called: Called<'_>) -> String {
    let was = before.instance(instance.id).map_or("nothing", |was| was.state.name());
    format!(
        "servers: {} {was} -> {}",
        called.server(instance.id),
        instance.state.name()
    )
}
