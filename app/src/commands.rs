//! From a client's request to its reply, in the order of the contract's checks, and the carrying out of its commands.

use std::net::IpAddr;
use std::sync::Arc;

use tenfold_core::command::{Actor, AppCommand, Changing, CommandName, HandledBy, Listing};
use tenfold_core::ids::CommandId;
use tenfold_core::intent::Intent;
use tenfold_core::protocol::{Reply, Request, text};
use tenfold_log::append::{Outcome, Submission};
use tenfold_log::read::{Listed, ReadError};
use tenfold_service::{Answer, Conversation, Outbound, Service, span};

use crate::app::{App, Caller};
use crate::attaching::{Attaching, AttachingWord};
use crate::delivery::delivery_loop::ConnectionId;

/// Answers every client that connects.
pub struct AppService(pub Arc<App>);

/// One client's connection.
pub struct AppConversation {
    app: Arc<App>,
    connection: ConnectionId,
    outbound: Outbound,
}

impl Service for AppService {
    type Conversation = AppConversation;

    fn begin(&self, _: Option<IpAddr>, outbound: Outbound) -> AppConversation {
        AppConversation {
            app: Arc::clone(&self.0),
            connection: self.0.delivery.new_connection(),
            outbound,
        }
    }
}

impl Drop for AppConversation {
    fn drop(&mut self) {
        self.app.delivery.detach(self.connection);
    }
}

impl Conversation for AppConversation {
    fn is_needed(&self) -> bool {
        self.app.delivery.is_attached(self.connection)
    }

    async fn answer(&mut self, request: &Request<'_>, id: CommandId) -> Answer {
        span::record_instance(self.app.instance);
        let answer = self.route(request, id).await;
        answer.unwrap_or_else(|error| Reply::refused(error.to_string()).into())
    }
}

impl AppConversation {
    /// Check 1.
    async fn route(&self, request: &Request<'_>, id: CommandId) -> Result<Answer, ReadError> {
        if let Some(word) = AttachingWord::from_word(request.word) {
            let attaching = Attaching {
                app: &self.app,
                connection: self.connection,
                outbound: &self.outbound,
            };
            return attaching.answer(word, self.app.identify(request).await?).await;
        }
        match CommandName::from_word(request.word) {
            None => Ok(Reply::refused(text::unknown_command(request.word)).into()),
            Some(name) if name.handled_by() == HandledBy::Login => self.refer_to_login(name, request).await,
            Some(name) => self.command(name, request, id).await,
        }
    }

    /// A command of the login servers.
    async fn refer_to_login(&self, name: CommandName, request: &Request<'_>) -> Result<Answer, ReadError> {
        if name.takes_user() && self.app.identify(request).await?.is_none() {
            return Ok(Reply::refused(text::NOT_LOGIN_YET).into());
        }
        Ok(Reply::moved(None).into())
    }

    async fn command(&self, name: CommandName, request: &Request<'_>, id: CommandId) -> Result<Answer, ReadError> {
        let Some(caller) = self.app.identify(request).await? else {
            return Ok(Reply::refused(text::NOT_LOGIN_YET).into());
        };
        let reply = match AppCommand::parse(name, caller.rest) {
            Ok(AppCommand::List(listing)) => list(&self.app, &caller.actor, listing).await?,
            Ok(AppCommand::Change(command)) => {
                let (quotas, actor) = (&self.app.quotas, &caller.actor);
                let _turn = quotas.turn(actor, &command).await;
                let charge = match quotas.charge(actor, &command, &self.app.reader).await? {
                    Ok(charge) => charge,
                    Err(refusal) => return Ok(Answer::from(Reply::refused(refusal)).to(actor.session)),
                };
                let submission = submission(&self.app, &caller, command, request, id);
                let reply = change(&self.app, actor, submission).await?;
                if reply.status != 0 {
                    quotas.give_back(actor, charge);
                }
                reply
            }
            // Check 2 comes before check 3, and a session that is served elsewhere is redirected before either.
            Err(usage) => match self.app.redirection(&caller.actor).await? {
                Some(redirected) => redirected,
                None => Reply::refused(usage.to_string()),
            },
        };
        Ok(Answer::from(reply).to(caller.actor.session))
    }
}

async fn list(app: &App, actor: &Actor, listing: Listing) -> Result<Reply, ReadError> {
    let reply = match app
        .reader
        .list(actor, app.instance, listing, app.quotas.limits.list)
        .await?
    {
        Listed::Rejected(elsewhere) => return app.redirect(elsewhere).await,
        Listed::Posts(posts) => Reply {
            post: Some(posts.items),
            cut: posts.is_cut,
            ..Reply::default()
        },
        Listed::Names(names) => Reply {
            cut: names.is_cut,
            ..names_reply(listing, names.items)
        },
    };
    app.active.note(actor.session);
    Ok(reply)
}

fn names_reply(listing: Listing, names: Vec<String>) -> Reply {
    let mut reply = Reply::default();
    let names = Some(names);
    match listing {
        Listing::Invites => reply.invite = names,
        Listing::Friends => reply.friend = names,
        Listing::Groups | Listing::Joined => reply.group = names,
        Listing::Blocked => reply.blocked = names,
        Listing::Posts => debug_assert!(false, "posts are no names"),
    }
    reply
}

/// What the writer is to decide and record. An id that the client chose is bound to this user, command and arguments.
fn submission(app: &App, caller: &Caller<'_>, command: Changing, request: &Request<'_>, id: CommandId) -> Submission {
    let submission = Submission::new(Intent::Change {
        actor: caller.actor.clone(),
        at: app.instance,
        command,
    });
    match request.id {
        Some(id) => {
            let digest = caller.token.digest(&format!("{} {}", request.word, request.rest));
            submission.identified(id, digest)
        }
        None => Submission {
            command: id,
            ..submission
        },
    }
}

/// Checks 2 and 4, and the command itself.
async fn change(app: &App, actor: &Actor, submission: Submission) -> Result<Reply, ReadError> {
    let subject = match &submission.intent {
        Intent::Change { command, .. } => command.subject().to_owned(),
        _ => String::new(),
    };
    let reply = match app.writer.submit(submission).await {
        Ok(Outcome::Happened { position, .. }) => Reply::success().at(position),
        Ok(Outcome::Refused { code, position }) => Reply {
            position,
            ..Reply::refused(code.message(&subject))
        },
        Ok(Outcome::Rejected(elsewhere)) => return app.redirect(elsewhere).await,
        Ok(Outcome::IdReused) => Reply::refused(text::ID_REUSED),
        Err(error) => Reply::refused(error.to_string()),
    };
    app.active.note(actor.session);
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_listing_is_called_as_the_contract_says() {
        let line = |listing| names_reply(listing, vec!["a".into()]).to_line();
        assert_eq!(line(Listing::Invites), r#"{"status":0,"invite":["a"]}"#);
        assert_eq!(line(Listing::Friends), r#"{"status":0,"friend":["a"]}"#);
        assert_eq!(line(Listing::Groups), r#"{"status":0,"group":["a"]}"#);
        assert_eq!(line(Listing::Joined), r#"{"status":0,"group":["a"]}"#);
        assert_eq!(line(Listing::Blocked), r#"{"status":0,"blocked":["a"]}"#);
    }
}
