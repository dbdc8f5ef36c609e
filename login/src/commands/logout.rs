//! `logout <user>`: the session ends, for every client that shares it.

use tenfold_core::command::Logout;
use tenfold_core::intent::Intent;
use tenfold_core::protocol::Reply;

use super::context::{Context, SessionCommand};
use super::error::{CommandResult, reply_to};

pub(super) async fn reply(context: &Context, command: &SessionCommand<'_>) -> CommandResult {
    let actor = &command.actor;
    if let Err(usage) = Logout::parse(command.rest) {
        return context.wrong_usage(actor, usage).await;
    }
    let outcome = context.submit_end(command, Intent::Logout(actor.clone()), []).await?;
    Ok(reply_to(outcome, Reply::bye(), &actor.name))
}
