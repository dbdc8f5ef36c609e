//! Whose a token is, remembered: the answer never changes, and almost every command asks.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tenfold_core::command::Actor;
use tenfold_core::token::Token;

/// So many are remembered in each of two generations. A server has ten users; the rest is room for those who moved.
const GENERATION: usize = 512;

/// Actors by their tokens' hashes (so that a comparison's duration tells nothing about a token).
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

    /// Remembers an authentic token.
    pub fn remember(&self, token: &Token, actor: &Actor) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.keep(token.hash(), actor.clone());
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
    use tenfold_core::ids::{AccountId, SessionId};
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
        identities.remember(&token, &actor);
        for number in 1..5000 {
            let (other, actor_of_other) = someone(number);
            identities.remember(&other, &actor_of_other);
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
        identities.remember(&token, &actor);
        assert_eq!(identities.recall(&TokenKey::new([2; 32]).token(actor.session)), None);
    }
}
