//! Whose a token is, whether the session lives, and where it is served.

use tenfold_core::command::Actor;
use tenfold_core::decide::Rejection;
use tenfold_core::ids::{AccountId, InstanceId, Position};
use tenfold_core::protocol::Address;
use tenfold_core::token::Token;
use tokio_postgres::Row;
use uuid::Uuid;

use super::connection::Query;
use super::reader::{ReadError, Reader};

/// Whether a session lives, and where it is seated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// It is over.
    NotLoggedIn,
    /// It lives, and sits there or nowhere.
    SeatedAt(Option<InstanceId>),
}

impl SessionStatus {
    /// From whether the session lives (column 0) and its seat (column 1).
    pub(super) fn of(row: &Row) -> SessionStatus {
        if row.get(0) {
            SessionStatus::SeatedAt(row.get::<_, Option<Uuid>>(1).map(InstanceId))
        } else {
            SessionStatus::NotLoggedIn
        }
    }

    /// Why a command can't be carried out at `at`; `None` where it can.
    pub fn rejection(self, at: InstanceId) -> Option<Rejection> {
        match self {
            SessionStatus::NotLoggedIn => Some(Rejection::NotLoggedIn),
            SessionStatus::SeatedAt(Some(instance)) if instance == at => None,
            SessionStatus::SeatedAt(elsewhere) => Some(Rejection::SeatedAt(elsewhere)),
        }
    }
}

impl Reader {
    /// Whose the token is, where it is authentic; known also for a while after the session's end. The answer never
    /// changes while there is one.
    pub async fn identify(&self, token: &Token) -> Result<Option<Actor>, ReadError> {
        let rows = self
            .ask(Query::Identify, &[&token.session.0, &&token.hash()[..]])
            .await?;
        Ok(rows.first().map(|row| Actor {
            session: token.session,
            account: AccountId(row.get(0)),
            name: row.get(1),
        }))
    }

    /// Whether the actor's session lives, and where it sits.
    pub async fn session_status(&self, actor: &Actor) -> Result<SessionStatus, ReadError> {
        let rows = self.ask(Query::SessionStatus, &[&actor.session.0]).await?;
        Ok(rows.first().map_or(SessionStatus::NotLoggedIn, |row| {
            SessionStatus::SeatedAt(row.get::<_, Option<Uuid>>(0).map(InstanceId))
        }))
    }

    /// Where an application server listens; `None` where it does not serve.
    pub async fn address(&self, instance: InstanceId) -> Result<Option<Address>, ReadError> {
        let rows = self.ask(Query::Address, &[&instance.0]).await?;
        Ok(rows.first().map(|row| Address {
            host: row.get(0),
            port: row.get::<_, i32>(1) as u16,
        }))
    }

    /// Up to where the log is complete: whatever is there or before is visible now, or never will be.
    pub async fn high_water_mark(&self) -> Result<Position, ReadError> {
        let rows = self.ask(Query::HighWaterMark, &[]).await?;
        Ok(rows.first().map_or(Position::START, |row| Position(row.get(0))))
    }

    /// The highest position that was ever drawn; that event may not be visible yet.
    pub async fn head(&self) -> Result<Position, ReadError> {
        let rows = self.ask(Query::Head, &[]).await?;
        Ok(rows.first().map_or(Position::START, |row| Position(row.get(0))))
    }
}
