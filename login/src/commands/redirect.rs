//! The application servers' commands: whoever asks here is told where their session is served, and gets a seat first
//! where it has none.

use tenfold_core::protocol::{Reply, text};
use tenfold_service::Outbound;

use super::context::{Context, SessionCommand};
use super::error::CommandResult;

pub(super) async fn reply(context: &Context, command: &SessionCommand<'_>, outbound: &Outbound) -> CommandResult {
    Ok(match context.seat_of(&command.actor, outbound).await? {
        Some(address) => Reply::moved(Some(address)),
        None => Reply::refused(text::NOT_LOGIN_YET),
    })
}
