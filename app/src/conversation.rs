//! From a client's line to whoever answers it, in the order of the contract's checks.

use std::net::IpAddr;
use std::sync::Arc;

use tenfold_core::command::{Actor, AppCommand, CommandName, HandledBy};
use tenfold_core::protocol::reply::Reply;
use tenfold_core::protocol::request::Request;
use tenfold_core::protocol::text;
use tenfold_core::token::Token;
use tenfold_log::read::ReadError;
use tenfold_service::{Answer, Conversation, Outbound, Service};

use crate::app::App;
use crate::attaching::{Attaching, AttachingWord};
use crate::commands::{Identified, carry_out};
use crate::delivery::ConnectionId;

/// Begins a conversation with every client.
pub struct AppService(pub Arc<App>);

/// One client's connection.
pub struct AppConversation {
    app: Arc<App>,
    connection: ConnectionId,
    outbound: Outbound,
}

/// Who asks, with what.
pub(crate) struct Asked<'line> {
    pub token: Token,
    pub actor: Actor,
    /// The words behind the token.
    pub rest: &'line str,
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
    async fn answer(&mut self, line: &str) -> Answer {
        let Some(request) = Request::parse(line) else {
            return Answer::none();
        };
        match self.route(&request).await {
            Ok(answer) => answer,
            Err(error) => Reply::refused(error.to_string()).into(),
        }
    }
}

impl AppConversation {
    /// Check 1.
    async fn route(&self, request: &Request<'_>) -> Result<Answer, ReadError> {
        if let Some(word) = AttachingWord::from_word(request.word) {
            return self.attaching(word, request).await;
        }
        match CommandName::from_word(request.word) {
            None => Ok(Reply::refused(text::unknown_command(request.word)).into()),
            Some(name) if name.handled_by() == HandledBy::Login => self.elsewhere(name, request).await,
            Some(name) => self.command(name, request).await,
        }
    }

    /// A command of the login servers.
    async fn elsewhere(&self, name: CommandName, request: &Request<'_>) -> Result<Answer, ReadError> {
        if name.takes_user() && self.asked(request).await?.is_none() {
            return Ok(Reply::refused(text::NOT_LOGIN_YET).into());
        }
        Ok(Reply::moved(None).into())
    }

    async fn command(&self, name: CommandName, request: &Request<'_>) -> Result<Answer, ReadError> {
        let Some(asked) = self.asked(request).await? else {
            return Ok(Reply::refused(text::NOT_LOGIN_YET).into());
        };
        let reply = match AppCommand::parse(name, asked.rest) {
            Ok(command) => {
                let identified = request.id.map(|id| Identified {
                    id,
                    digest: asked.token.digest(&format!("{} {}", request.word, request.rest)),
                });
                carry_out(&self.app, &asked.actor, command, identified).await?
            }
            // Check 2 comes before check 3, and who is served elsewhere is told so before either.
            Err(usage) => match self.app.turn_away(&asked.actor).await? {
                Some(turned) => turned,
                None => Reply::refused(usage.to_string()),
            },
        };
        Ok(Answer::from(reply).to(asked.actor.session))
    }

    async fn attaching(&self, word: AttachingWord, request: &Request<'_>) -> Result<Answer, ReadError> {
        let attaching = Attaching {
            app: &self.app,
            connection: self.connection,
            outbound: &self.outbound,
        };
        let asked = self.asked(request).await?;
        attaching.answer(word, asked).await
    }

    /// Whose the request is; nobody's without an authentic token.
    async fn asked<'line>(&self, request: &Request<'line>) -> Result<Option<Asked<'line>>, ReadError> {
        let Some((token, rest)) = request.token() else {
            return Ok(None);
        };
        let actor = self.app.identify(&token).await?;
        Ok(actor.map(|actor| Asked { token, actor, rest }))
    }
}
