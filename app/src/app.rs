//! What all connections of the server share.

use tenfold_core::command::Actor;
use tenfold_core::decide::Turned;
use tenfold_core::ids::InstanceId;
use tenfold_core::protocol::reply::Reply;
use tenfold_core::protocol::text;
use tenfold_core::token::Token;
use tenfold_log::append::Writer;
use tenfold_log::read::{ReadError, Reader};
use tokio_util::sync::CancellationToken;

use crate::delivery::Delivery;
use crate::identity::Identities;
use crate::served::Served;

/// An application server.
pub struct App {
    /// Which.
    pub instance: InstanceId,
    /// Appends to the log.
    pub writer: Writer,
    /// Looks things up.
    pub reader: Reader,
    /// Pushes to whoever is attached.
    pub delivery: Delivery,
    /// Whose tokens are known.
    pub identities: Identities,
    /// Who was here of late.
    pub served: Served,
    /// Fires when the server is to end.
    pub stopping: CancellationToken,
}

impl App {
    /// Whose the token is; nobody's where it is not authentic.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn identify(&self, token: &Token) -> Result<Option<Actor>, ReadError> {
        if let Some(actor) = self.identities.recall(token) {
            return Ok(Some(actor));
        }
        let actor = self.reader.identify(token).await?;
        if let Some(actor) = &actor {
            self.identities.remember(token, actor);
        }
        Ok(actor)
    }

    /// Why the actor cannot be served here, as a reply; `None` where they can.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn turn_away(&self, actor: &Actor) -> Result<Option<Reply>, ReadError> {
        match self.reader.standing(actor).await?.turned(self.instance) {
            Some(turned) => self.turned(turned).await.map(Some),
            None => Ok(None),
        }
    }

    /// What somebody is told who is not to be served here.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn turned(&self, turned: Turned) -> Result<Reply, ReadError> {
        Ok(match turned {
            Turned::SeatedAt(Some(instance)) => Reply::moved(self.reader.address(instance).await?),
            Turned::SeatedAt(None) => Reply::moved(None),
            Turned::NotLoggedIn => Reply::refused(text::NOT_LOGIN_YET),
            // No command of these servers takes a seat or is about something that can be gone; the sentences are true.
            Turned::NoFreeSeat => Reply::refused(text::NO_SERVER),
            Turned::Gone => Reply::moved(None),
        })
    }
}
