//! The login service: a conversation with every client, and from a request to the command that replies.

use std::net::IpAddr;
use std::sync::Arc;

use tenfold_core::command::CommandName;
use tenfold_core::ids::CommandId;
use tenfold_core::protocol::{Reply, Request, text};
use tenfold_service::{Answer, Conversation, Outbound, Service, span};

use super::context::{Context, SessionCommand};
use super::error::{CommandError, CommandResult};
use super::{change_password, delete, login, logout, redirect, register};

/// Answers everybody who connects.
#[derive(Clone)]
pub struct LoginService(pub Arc<Context>);

/// The conversation with one client.
pub struct LoginConversation {
    context: Arc<Context>,
    /// Whose, where that is known.
    peer: Option<IpAddr>,
    outbound: Outbound,
}

impl Service for LoginService {
    type Conversation = LoginConversation;

    fn begin(&self, peer: Option<IpAddr>, outbound: Outbound) -> LoginConversation {
        LoginConversation {
            context: Arc::clone(&self.0),
            peer,
            outbound,
        }
    }
}

impl Conversation for LoginConversation {
    async fn answer(&mut self, request: &Request<'_>, id: CommandId) -> Answer {
        answer(&self.context, (*request, id), self.peer, &self.outbound).await
    }
}

/// Answers the request, whose command has that id, chosen by the client or not.
async fn answer(
    context: &Context,
    (request, id): (Request<'_>, CommandId),
    peer: Option<IpAddr>,
    outbound: &Outbound,
) -> Answer {
    match CommandName::from_word(request.word) {
        Some(CommandName::Register) => to_answer(register::reply(context, (&request, id), peer, outbound).await),
        Some(CommandName::Login) => to_answer(login::reply(context, (&request, id), peer, outbound).await),
        None if request.word == "ack" => Answer::none(),
        None if !["attach", "sync"].contains(&request.word) => {
            Reply::refused(text::unknown_command(request.word)).into()
        }
        name => answer_session(context, name, (request, id), peer, outbound).await,
    }
}

/// Answers a command that needs a session. Those of the application servers have no name here, or a name that is not ours.
async fn answer_session(
    context: &Context,
    name: Option<CommandName>,
    (request, id): (Request<'_>, CommandId),
    peer: Option<IpAddr>,
    outbound: &Outbound,
) -> Answer {
    let command = match context.identify(request, id).await {
        Ok(command) => command,
        Err(error) => return to_answer(Err(error)),
    };
    span::record_session(command.actor.session);
    to_answer(reply(context, name, &command, peer, outbound).await).to(command.actor.session)
}

async fn reply(
    context: &Context,
    name: Option<CommandName>,
    command: &SessionCommand<'_>,
    peer: Option<IpAddr>,
    outbound: &Outbound,
) -> CommandResult {
    match name {
        Some(CommandName::ChangePassword) => change_password::reply(context, command, peer, outbound).await,
        Some(CommandName::Logout) => logout::reply(context, command).await,
        Some(CommandName::Delete) => delete::reply(context, command).await,
        _ => redirect::reply(context, command, outbound).await,
    }
}

fn to_answer(result: CommandResult) -> Answer {
    match result {
        Ok(reply) => reply.into(),
        Err(CommandError::Reply(reply)) => (*reply).into(),
        Err(CommandError::Disconnected) => Answer::none(),
    }
}
