//! Whose a token is, whether the session lives, and where it is served.

use tenfold_core::command::Actor;
use tenfold_core::decide::Turned;
use tenfold_core::ids::{AccountId, InstanceId, Position};
use tenfold_core::protocol::Address;
use tenfold_core::token::Token;
use tokio_postgres::Row;
use uuid::Uuid;

use super::connection::Query;
use super::{ReadError, Reader};

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is over.
    NotLoggedIn,
    /// It lives, and sits there or nowhere.
    SeatedAt(Option<InstanceId>),
}

impl Standing {
    /// From whether the session lives (column 0) and its seat (column 1).
    pub(super) fn of(row: &Row) -> Standing {
        if row.get(0) {
            Standing::SeatedAt(row.get::<_, Option<Uuid>>(1).map(InstanceId))
        } else {
            Standing::NotLoggedIn
        }
    }

    /// Why a command can't be carried out at `at`; `None` where it can.
    pub fn turned(self, at: InstanceId) -> Option<Turned> {
        match self {
            Standing::NotLoggedIn => Some(Turned::NotLoggedIn),
            Standing::SeatedAt(Some(instance)) if instance == at => None,
            Standing::SeatedAt(elsewhere) => Some(Turned::SeatedAt(elsewhere)),
        }
    }
}

impl Reader {
    /// Whose the token is, where it is authentic; known also for a while after the session's end. The answer never
    /// changes while there is one.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn identify(&self, token: &Token) -> Result<Option<Actor>, ReadError> {
        let rows = self.ask(Query::Identify, &[&token.session.0]).await?;
        Ok(rows.first().filter(|row| token.has_hash(row.get(1))).map(|row| Actor {
            session: token.session,
            account: AccountId(row.get(0)),
            name: row.get(2),
        }))
    }

    /// Whether the actor's session lives, and where it sits.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn standing(&self, actor: &Actor) -> Result<Standing, ReadError> {
        let rows = self.ask(Query::Standing, &[&actor.session.0]).await?;
        Ok(rows.first().map_or(Standing::NotLoggedIn, |row| {
            Standing::SeatedAt(row.get::<_, Option<Uuid>>(0).map(InstanceId))
        }))
    }

    /// Where an application server listens; `None` where it does not serve.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn address(&self, instance: InstanceId) -> Result<Option<Address>, ReadError> {
        let rows = self.ask(Query::Address, &[&instance.0]).await?;
        Ok(rows.first().map(|row| Address {
            host: row.get(0),
            port: row.get::<_, i32>(1) as u16,
        }))
    }

    /// Up to where the log is complete: whatever stands there or before is visible now, or never will be.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn bound(&self) -> Result<Position, ReadError> {
        let rows = self.ask(Query::Bound, &[]).await?;
        Ok(rows.first().map_or(Position::START, |row| Position(row.get(0))))
    }

    /// The highest position that was ever drawn; what stands there may not be visible yet.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn head(&self) -> Result<Position, ReadError> {
        let rows = self.ask(Query::Head, &[]).await?;
        Ok(rows.first().map_or(Position::START, |row| Position(row.get(0))))
    }
}
