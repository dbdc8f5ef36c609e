//! The keys of some accounts, as they are needed to seal or to open.

use std::collections::HashMap;
use std::sync::Arc;

use tenfold_core::event::Event;
use uuid::Uuid;

use super::data_key::{DataKey, SealContext};
use super::master_key::MasterKey;
use crate::database::{Client, DatabaseError};
use crate::span::Span;

/// What is shown instead of a personal part that cannot be opened, because there is no master key at hand.
pub const SEALED: &str = "(sealed)";
/// What is shown instead of a personal part that does not open with its account's key: one of the two was changed.
pub const DAMAGED: &str = "(damaged)";
/// In a part of the log with no more positions than this, the keys are looked up of those who wrote in it; for a longer one
/// all are taken, for looking through it would be reading it twice.
const FEW: i64 = 10_000;

/// What is shown instead of a name or a text whose key is destroyed.
pub fn erased(account: Uuid) -> String {
    let id = account.simple().to_string();
    // UUIDv7 begin with the time, so that it is the end that differs.
    format!("(erased-{})", &id[id.len() - 8..])
}

/// What is shown instead of the personal part of an event of that kind which does not open. Names of accounts stay apart.
pub fn damaged(kind: &str, account: Uuid) -> String {
    if kind == "AccountRegistered" {
        return erased(account).replace("erased", "damaged");
    }
    DAMAGED.to_owned()
}

/// A personal part does not open: it was changed, or moved here from another event, or its key was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "its personal part does not open with the key of its account {account}: one of the two was changed or moved here"
)]
pub struct UnsealableError {
    /// Whose it is.
    pub account: Uuid,
}

/// A personal part, as far as it can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Personal {
    /// The JSON that was sealed.
    Open(String),
    /// Its key is destroyed.
    Erased,
    /// There is a key, but no master key to unwrap it.
    Sealed,
}

impl Personal {
    /// What is shown in place of what cannot be opened.
    pub fn placeholder(&self, account: Uuid) -> Option<String> {
        match self {
            Personal::Open(_) => None,
            Personal::Erased => Some(erased(account)),
            Personal::Sealed => Some(SEALED.to_owned()),
        }
    }
}

enum Slot {
    Wrapped(Box<[u8]>),
    Open(DataKey),
}

/// The keys of some accounts. An account that has none here has none any more.
#[derive(Default)]
pub struct Keys {
    slots: HashMap<Uuid, Slot>,
    /// Unwraps them.
    master: Option<Arc<MasterKey>>,
}

impl Keys {
    /// No keys yet; `master` unwraps those that are [put wrapped](Self::put_wrapped).
    pub fn new(master: Option<&Arc<MasterKey>>) -> Keys {
        Keys {
            slots: HashMap::new(),
            master: master.cloned(),
        }
    }

    /// Adds a key as it is kept; it is unwrapped when it is needed.
    pub fn put_wrapped(&mut self, account: Uuid, wrapped: &[u8]) {
        self.slots.insert(account, Slot::Wrapped(wrapped.into()));
    }

    /// Adds a key.
    pub fn put(&mut self, account: Uuid, key: DataKey) {
        self.slots.insert(account, Slot::Open(key));
    }

    /// Makes a new key for the account; as it is to be kept.
    ///
    /// # Errors
    /// [`UnsealableError`] where there is no master key to wrap it with.
    pub fn generate(&mut self, account: Uuid) -> Result<Vec<u8>, UnsealableError> {
        let master = self.master.as_ref().ok_or(UnsealableError { account })?;
        let key = DataKey::generate();
        let wrapped = master.wrap(account, &key);
        self.put(account, key);
        Ok(wrapped)
    }

    /// The account's key; `None` where it has none.
    ///
    /// # Errors
    /// [`UnsealableError`] where there is one that cannot be unwrapped.
    pub fn get(&mut self, account: Uuid) -> Result<Option<&DataKey>, UnsealableError> {
        let Some(slot) = self.slots.get_mut(&account) else {
            return Ok(None);
        };
        if let Slot::Wrapped(wrapped) = slot {
            let key = self.master.as_ref().and_then(|master| master.unwrap(account, wrapped));
            *slot = Slot::Open(key.ok_or(UnsealableError { account })?);
        }
        match slot {
            Slot::Open(key) => Ok(Some(key)),
            Slot::Wrapped(_) => Err(UnsealableError { account }),
        }
    }

    /// Opens the personal part of the event that `context` names, which is in the log as `plain` or as `sealed`.
    pub fn open(
        &mut self,
        context: SealContext<'_>,
        plain: Option<&str>,
        sealed: Option<&[u8]>,
    ) -> Result<Personal, UnsealableError> {
        if let Some(plain) = plain {
            return Ok(Personal::Open(plain.to_owned()));
        }
        let account = context.stream;
        let (Some(slot), Some(sealed)) = (self.slots.get(&account), sealed) else {
            return Ok(Personal::Erased);
        };
        if self.master.is_none() && matches!(slot, Slot::Wrapped(_)) {
            return Ok(Personal::Sealed);
        }
        let opened = self.get(account)?.and_then(|key| key.open(context, sealed));
        opened.map(Personal::Open).ok_or(UnsealableError { account })
    }

    /// The keys of those who wrote in a part of the log that is complete by now, or is read in the snapshot that `client`
    /// is in: a key that was made after this is not among them.
    pub async fn of_span(client: &Client, span: Span) -> Result<Keys, DatabaseError> {
        let Span { after, until } = span;
        if until.0.saturating_sub(after.0) <= FEW {
            return Keys::of_those_in(client, span).await;
        }
        // The log may end soon behind `after`.
        let end: i64 = client
            .query_one("select coalesce(max(position), 0) from event", &[])
            .await?
            .get(0);
        if end.saturating_sub(after.0) <= FEW {
            return Keys::of_those_in(client, span).await;
        }
        Keys::of_rows(
            client,
            "select account_id, wrapped from tenfold_keys.account where $1::bigint < $2::bigint",
            span,
        )
        .await
    }

    async fn of_those_in(client: &Client, span: Span) -> Result<Keys, DatabaseError> {
        let select = include_str!("../../sql/sealing/keys_of_writers.sql");
        Keys::of_rows(client, select, span).await
    }

    async fn of_rows(client: &Client, select: &str, span: Span) -> Result<Keys, DatabaseError> {
        let mut keys = Keys::new(client.master_key());
        for row in client.query(select, &[&span.after.0, &span.until.0]).await? {
            keys.put_wrapped(row.get(0), row.get(1));
        }
        Ok(keys)
    }

    /// The keys of these accounts.
    pub async fn of(client: &Client, accounts: &[Uuid]) -> Result<Keys, DatabaseError> {
        let select = "select account_id, wrapped from tenfold_keys.account where account_id = any($1)";
        let mut keys = Keys::new(client.master_key());
        for row in client.query(select, &[&accounts]).await? {
            keys.put_wrapped(row.get(0), row.get(1));
        }
        Ok(keys)
    }
}

/// Puts the placeholder of a personal part that cannot be opened into its event.
pub fn fill_in(event: &mut Event, personal: &Personal) {
    if let Some(placeholder) = personal.placeholder(event.stream().id()) {
        event.put_personal(&placeholder);
    }
}
