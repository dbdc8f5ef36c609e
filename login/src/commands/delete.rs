//! `delete <user>`: the account goes, with all that was its own, and its name is free. Its key is destroyed, and with it what
//! it wrote and was called, in the log and in all its copies.

use tenfold_core::command::Delete;
use tenfold_core::intent::Intent;
use tenfold_core::protocol::reply::Reply;
use tenfold_log::read::Standing;

use super::stop::{Replied, reply_to};
use super::{Asked, Desk};

pub(super) async fn reply(desk: &Desk, asked: &Asked<'_>) -> Replied {
    if let Err(usage) = Delete::parse(asked.rest) {
        return desk.wrong_usage(&asked.actor, usage).await;
    }
    if desk.reader.standing(&asked.actor).await? != Standing::NotLoggedIn {
        desk.pushed_first(asked.actor.account).await;
    }
    let outcome = desk.submit(asked, Intent::Delete(asked.actor.clone())).await?;
    Ok(reply_to(outcome, Reply::success(), &asked.actor.name))
}
