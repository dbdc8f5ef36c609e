//! What all connections of the server share.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, OnceLock, PoisonError};

use tenfold_core::command::Actor;
use tenfold_core::decide::Rejection;
use tenfold_core::ids::{InstanceId, SessionId};
use tenfold_core::protocol::{Reply, Request, text};
use tenfold_core::token::Token;
use tenfold_log::append::Writer;
use tenfold_log::read::{ReadError, Reader};
use tenfold_service::span;
use tokio_util::sync::CancellationToken;

use crate::delivery::delivery_loop::Delivery;
use crate::quotas::QuotaCounts;

/// So many are remembered in each of two generations. A server has ten users; the rest is room for those who moved.
const GENERATION: usize = 512;

/// An application server.
pub struct App {
    /// Its id in the fleet.
    pub instance: InstanceId,
    /// Appends to the log.
    pub writer: Writer,
    /// Reads the projections and the log.
    pub reader: Reader,
    /// Pushes to the sessions that are attached.
    pub delivery: Delivery,
    /// The tokens that were identified lately.
    pub identities: Identities,
    /// The sessions that gave a command since the last heartbeat.
    pub active: ActiveSessions,
    /// What the provider announces of its machine's end, in a sentence.
    pub notice: OnceLock<String>,
    /// What one person may have, and what they have had of it.
    pub quotas: QuotaCounts,
    /// Fires when the server is to end.
    pub stopping: CancellationToken,
}

/// Who sends a request, by its token.
pub struct Caller<'line> {
    /// As it was sent.
    pub token: Token,
    /// Whose it is.
    pub actor: Actor,
    /// The words behind the token.
    pub rest: &'line str,
}

impl App {
    /// Whose the request is; `None` without an authentic token.
    ///
    /// # Errors
    /// Where the token is not remembered and the database does not answer.
    pub async fn identify<'line>(&self, request: &Request<'line>) -> Result<Option<Caller<'line>>, ReadError> {
        let Some((token, rest)) = request.token() else {
            return Ok(None);
        };
        let actor = match self.identities.recall(&token) {
            Some(actor) => actor,
            None => match self.reader.identify(&token).await? {
                Some(actor) => self.identities.remember(&token, actor),
                None => return Ok(None),
            },
        };
        span::record_session(actor.session);
        Ok(Some(Caller { token, actor, rest }))
    }

    /// The reply to an actor whose session is not served here; `None` where it is.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn redirection(&self, actor: &Actor) -> Result<Option<Reply>, ReadError> {
        match self.reader.session_status(actor).await?.rejection(self.instance) {
            Some(elsewhere) => self.redirect(elsewhere).await.map(Some),
            None => Ok(None),
        }
    }

    /// The reply to a session that is not to be served here.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn redirect(&self, elsewhere: Rejection) -> Result<Reply, ReadError> {
        Ok(match elsewhere {
            Rejection::SeatedAt(Some(instance)) => Reply::moved(self.reader.address(instance).await?),
            Rejection::SeatedAt(None) => Reply::moved(None),
            Rejection::NotLoggedIn => Reply::refused(text::NOT_LOGIN_YET),
            // No command of these servers takes a seat or is about something that can be gone; the sentences are true.
            Rejection::NoFreeSeat => Reply::refused(text::NO_SERVER),
            Rejection::Gone => Reply::moved(None),
        })
    }
}

/// The sessions that gave a command since the last heartbeat: their users are present, attached or not.
#[derive(Debug, Default)]
pub struct ActiveSessions(Mutex<HashSet<SessionId>>);

impl ActiveSessions {
    /// This session gave one.
    pub fn note(&self, session: SessionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(session);
    }

    /// Those since the last call.
    pub fn take(&self) -> HashSet<SessionId> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whose tokens are, remembered: the answer never changes, and almost every command asks. Actors by their tokens' hashes (so that a comparison's duration tells nothing about a token).
#[derive(Debug, Default)]
pub struct Identities(Mutex<Generations>);

/// Whoever is asked for is kept in the younger generation. When that is full the older one is forgotten.
#[derive(Debug, Default)]
struct Generations {
    younger: HashMap<[u8; 32], Actor>,
    older: HashMap<[u8; 32], Actor>,
}

impl Identities {
    /// Whose the token is, where it is remembered.
    pub fn recall(&self, token: &Token) -> Option<Actor> {
        let hash = token.hash();
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(actor) = generations.younger.get(&hash) {
            return Some(actor.clone());
        }
        let actor = generations.older.remove(&hash)?;
        generations.keep(hash, actor.clone());
        Some(actor)
    }

    /// Remembers whose an authentic token is.
    pub fn remember(&self, token: &Token, actor: Actor) -> Actor {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.keep(token.hash(), actor.clone());
        actor
    }
}

impl Generations {
    fn keep(&mut self, hash: [u8; 32], actor: Actor) {
        if self.younger.len() >= GENERATION {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.insert(hash, actor);
    }
}

#[cfg(test)]
mod tests {
    use tenfold_core::ids::AccountId;
    use tenfold_core::token::TokenKey;
    use uuid::Uuid;

    use super::*;

    fn someone(number: u128) -> (Token, Actor) {
        let session = SessionId(Uuid::from_u128(number));
        let actor = Actor {
            session,
            account: AccountId(Uuid::from_u128(number)),
            name: format!("user{number}"),
        };
        (TokenKey::new([1; 32]).token(session), actor)
    }

    #[test]
    fn whoever_is_asked_for_stays_and_memory_is_bounded() {
        let identities = Identities::default();
        let (token, actor) = someone(0);
        identities.remember(&token, actor.clone());
        for number in 1..5000 {
            let (other, actor_of_other) = someone(number);
            identities.remember(&other, actor_of_other);
            if number % 100 == 0 {
                assert_eq!(identities.recall(&token).as_ref(), Some(&actor), "after {number}");
            }
        }
        assert_eq!(identities.recall(&someone(1).0), None);
        let generations = identities.0.lock().unwrap();
        assert!(generations.younger.len() + generations.older.len() <= 2 * GENERATION);
    }

    #[test]
    fn a_forged_token_of_a_known_session_is_not_known() {
        let identities = Identities::default();
        let (token, actor) = someone(7);
        identities.remember(&token, actor.clone());
        assert_eq!(identities.recall(&TokenKey::new([2; 32]).token(actor.session)), None);
    }
}
