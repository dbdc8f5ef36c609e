//! `delete <user>`: the account goes, with all that was its own, and its name is free. Its key is destroyed, and with it what
//! it wrote and was called, in the log and in all its copies. So what its person sent to people who are connected is pushed to
//! them first: afterwards nobody can read it any more, the service neither.

use std::time::Duration;

use tenfold_core::command::Delete;
use tenfold_core::ids::AccountId;
use tenfold_core::intent::Intent;
use tenfold_core::protocol::Reply;
use tenfold_log::append::{Outcome, SubmitError};
use tenfold_log::read::SessionStatus;
use tokio::time::timeout;

use super::context::{Context, SessionCommand};
use super::error::{CommandResult, reply_to};

/// A connection that does not read does not keep an account alive.
const PUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a signal is waited for that may be lost.
const LOOK_EVERY: Duration = Duration::from_millis(250);

pub(super) async fn reply(context: &Context, command: &SessionCommand<'_>) -> CommandResult {
    let actor = &command.actor;
    if let Err(usage) = Delete::parse(command.rest) {
        return context.wrong_usage(actor, usage).await;
    }
    if context.reader.session_status(actor).await? != SessionStatus::NotLoggedIn {
        push_first(context, actor.account).await;
    }
    let outcome = context.submit_end(command, Intent::Delete(actor.clone()), []).await?;
    if matches!(outcome, Outcome::Happened { .. }) {
        context.store.forget_in_sandboxes(actor.account).await;
    }
    Ok(reply_to(outcome, Reply::success(), &actor.name))
}

/// WaitTimes until the application servers have pushed what `account` sent, or the time for that is over.
async fn push_first(context: &Context, account: AccountId) {
    match timeout(PUSH_TIMEOUT, until_everything_is_pushed(context, account)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "an account is deleted, perhaps before all it sent was pushed"),
        Err(_) => tracing::info!("an account is deleted before all it sent was pushed: a client does not read"),
    }
}

async fn until_everything_is_pushed(context: &Context, account: AccountId) -> Result<(), SubmitError> {
    let mut changes = context.changes.clone();
    changes.mark_unchanged();
    let asked = context.store.ask_for_delivery(account).await?;
    while !context.store.is_delivered(&asked).await? {
        if let Ok(Err(_)) = timeout(LOOK_EVERY, changes.changed()).await {
            // This server is ending.
            return Ok(());
        }
    }
    Ok(())
}
