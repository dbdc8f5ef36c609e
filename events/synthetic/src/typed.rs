//! A command as somebody types it at the client's prompt, as what it asks of the log: for scripts and forks, where nobody
//! has a token and passwords do not matter.

use tenfold_core::command::{Actor, AppCommand, CommandName, NewAccount, OpenSession};
use tenfold_core::decide::Rejection;
use tenfold_core::facts::Facts;
use tenfold_core::ids::{AccountId, SessionId};
use tenfold_core::intent::Intent;
use uuid::Uuid;

use tenfold_core::escape::escaped;

/// What `line` asks for, where `facts` are so; nothing where it only looks. `fresh` is an id that nothing has: the new
/// account's or session's, where there is one.
///
/// # Errors
/// A sentence where it is no command, or whoever it names cannot give it then.
pub fn intent(facts: &Facts, line: &str, fresh: Uuid) -> Result<Option<Intent>, String> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (user, words) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
    if word == "expire" {
        return Ok(Some(Intent::Expire(actor(facts, user)?)));
    }
    let name = CommandName::from_word(word).ok_or_else(|| format!("there is no command {}", escaped(word)))?;
    Ok(Some(match name {
        CommandName::Register => Intent::Register(NewAccount {
            account: AccountId(fresh),
            name: user.to_owned(),
        }),
        CommandName::Login => Intent::OpenSession(OpenSession {
            account: account(facts, user)?,
            name: user.to_owned(),
            session: SessionId(fresh),
        }),
        CommandName::Logout => Intent::Logout(actor(facts, user)?),
        CommandName::Delete => Intent::Delete(actor(facts, user)?),
        _ => match AppCommand::parse(name, words).map_err(|wrong| wrong.to_string())? {
            AppCommand::List(_) => return Ok(None),
            AppCommand::Change(command) => {
                let actor = actor(facts, user)?;
                let seat = facts.seat_of(actor.session);
                let at = seat
                    .ok_or_else(|| format!("{} has no seat then", escaped(user)))?
                    .instance;
                Intent::Change { actor, at, command }
            }
        },
    }))
}

/// Why nothing was decided, in words.
pub fn rejection(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::NotLoggedIn => "the session is over then",
        Rejection::SeatedAt(_) => "the session is served elsewhere then",
        Rejection::NoFreeSeat => "every seat is taken then",
        Rejection::Gone => "what it is about is gone, or was done already",
    }
}

fn account(facts: &Facts, user: &str) -> Result<AccountId, String> {
    let account = facts.account_named(user).map(|account| account.id);
    account.ok_or_else(|| format!("nobody is called {} then", escaped(user)))
}

fn actor(facts: &Facts, user: &str) -> Result<Actor, String> {
    let account = account(facts, user)?;
    let session = facts.session_of(account);
    Ok(Actor {
        session: session
            .ok_or_else(|| format!("{} is not logged in then", escaped(user)))?
            .id,
        account,
        name: user.to_owned(),
    })
}
