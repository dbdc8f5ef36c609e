//! `change-password <user> <old> <new>`: another password and another session, for which the reply has the token. Whoever shared the old
//! session is out.

use std::net::IpAddr;

use tenfold_core::command::ChangePassword;
use tenfold_core::ids::SessionId;
use tenfold_core::intent::Intent;
use tenfold_core::protocol::{Reply, text};
use tenfold_log::append::OperationalRow;
use tenfold_log::read::SessionStatus;
use tenfold_service::Outbound;
use uuid::Uuid;

use super::context::{Context, SessionCommand};
use super::error::{CommandResult, reply_to};
use super::login::{self, begun};
use super::register::password_rule;
use crate::passwords::Asker;

pub(super) async fn reply(
    context: &Context,
    command: &SessionCommand<'_>,
    peer: Option<IpAddr>,
    outbound: &Outbound,
) -> CommandResult {
    let actor = &command.actor;
    let ChangePassword { old, new } = match ChangePassword::parse(command.rest) {
        Ok(change) => change,
        Err(usage) => return context.wrong_usage(actor, usage).await,
    };
    password_rule(context, &new)?;
    // A command that is sent again has its session behind it, and what it was decided to be is known without either password.
    match context.reader.session_status(actor).await? {
        SessionStatus::SeatedAt(_) => drop(login::verify(context, &actor.name, old, (peer, outbound)).await?),
        SessionStatus::NotLoggedIn if command.request.id.is_none() => return Ok(Reply::refused(text::NOT_LOGIN_YET)),
        SessionStatus::NotLoggedIn => {}
    }
    let asker = Asker::new(peer, &actor.name, outbound);
    let hash = context.passwords.hash(asker, new).await?;
    let next = SessionId(Uuid::now_v7());
    let rows = [
        OperationalRow::Password {
            account: actor.account,
            hash,
        },
        OperationalRow::Secret {
            session: next,
            account: actor.account,
            token_hash: context.key.token(next).hash(),
        },
    ];
    let intent = Intent::ChangePassword {
        actor: actor.clone(),
        next,
    };
    let outcome = context.submit_end(command, intent, rows).await?;
    match begun(&outcome) {
        Some(begun) => login::welcome(context, actor, begun, outbound).await,
        None => Ok(reply_to(outcome, Reply::success(), &actor.name)),
    }
}
