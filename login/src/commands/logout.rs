//! `logout <user>`: the session ends, for every client that shares it.

use tenfold_core::command::Logout;
use tenfold_core::intent::Intent;
use tenfold_core::protocol::reply::Reply;

use super::stop::{Replied, reply_to};
use super::{Asked, Desk};

pub(super) async fn reply(desk: &Desk, asked: &Asked<'_>) -> Replied {
    if let Err(usage) = Logout::parse(asked.rest) {
        return desk.wrong_usage(&asked.actor, usage).await;
    }
    let outcome = desk.submit(asked, Intent::Logout(asked.actor.clone())).await?;
    Ok(reply_to(outcome, Reply::bye(), &asked.actor.name))
}
