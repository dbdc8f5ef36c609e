//! The application servers' commands: whoever asks here is told where their session is served, and gets a seat first
//! where it has none.

use tenfold_core::protocol::reply::Reply;
use tenfold_core::protocol::text;
use tenfold_service::Outbound;

use super::place::Place;
use super::stop::Replied;
use super::{Asked, Desk};

pub(super) async fn reply(desk: &Desk, asked: &Asked<'_>, outbound: &Outbound) -> Replied {
    Ok(match desk.place_of(&asked.actor, outbound).await? {
        Place::ServedAt(address) => Reply::moved(Some(address)),
        Place::Over => Reply::refused(text::NOT_LOGIN_YET),
    })
}
