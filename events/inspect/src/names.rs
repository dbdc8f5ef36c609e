//! Names for the ids in events: from the events themselves, else from where the log keeps them.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use tenfold_core::event::{Category, Event};
use tenfold_log::database::Client;
use uuid::Uuid;

use crate::look_alike::Looks;
use crate::raw_event::RawEvent;
use crate::reader::read_at;
use tenfold_core::escape::escaped;
use tenfold_core::ids::{AccountId, GroupId, InstanceId, Position};
use tenfold_log::database::DatabaseError;
use tenfold_log::sealing::erased;

/// What accounts and groups are called, also those that are gone.
#[derive(Debug, Default)]
pub struct Names {
    /// By id; `None` where nobody knows a name.
    known: HashMap<Uuid, Option<String>>,
    /// Accounts that are gone: their name may be another's by now.
    gone: HashSet<Uuid>,
    looks: Looks,
}

impl Names {
    /// The name, ready to be shown, with the end of the id beside it where the account is gone, and a mark where it looks like another
    /// one that is known; the end of the id alone where the name is unknown.
    pub fn show(&self, id: Uuid) -> String {
        match self.known.get(&id) {
            Some(Some(name)) if self.gone.contains(&id) && *name != erased(id) => {
                format!("{}({})", escaped(name), short(id))
            }
            Some(Some(name)) => match self.looks.mark(name) {
                Some(mark) => format!("{}({mark})", escaped(name)),
                None => escaped(name).into_owned(),
            },
            _ => short(id),
        }
    }

    /// The name as it is, where it is known.
    pub fn name(&self, id: Uuid) -> Option<&str> {
        self.known.get(&id)?.as_deref()
    }

    /// [`Names::show`] for an account.
    pub fn account(&self, id: AccountId) -> String {
        self.show(id.0)
    }

    /// [`Names::show`] for a group.
    pub fn group(&self, id: GroupId) -> String {
        self.show(id.0)
    }

    /// An application server: it has no name, so that the end of its id is shown.
    pub fn server(&self, id: InstanceId) -> String {
        format!("server {}", short(id.0))
    }

    /// Takes note of a name that is known from elsewhere.
    pub fn know(&mut self, id: Uuid, name: &str) {
        self.looks.add(name);
        self.known.insert(id, Some(name.to_owned()));
    }

    /// Forgets who is gone by now: for whoever looks at a time when they were not.
    pub fn forget_ends(&mut self) {
        self.gone.clear();
    }

    /// Takes note of the names in an event, and of accounts that it deletes.
    pub fn follow(&mut self, event: &Event) {
        event.for_each_text(|text| {
            let id = match text.category {
                Category::Name => Some(event.stream().id()),
                Category::GroupName => event.about(),
                Category::Text | Category::Host | Category::Reference | Category::Reason | Category::Options => None,
            };
            if let Some(id) = id {
                self.know(id, text.value);
            }
        });
        if let Event::AccountDeleted { account } = event {
            self.gone.insert(account.0);
        }
    }

    /// Finds names for these ids.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn learn_ids(
        &mut self,
        client: &Client,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<(), DatabaseError> {
        let unknown: HashSet<Uuid> = ids.into_iter().filter(|id| !self.known.contains_key(id)).collect();
        if !unknown.is_empty() {
            self.look_up(client, unknown.into_iter().collect()).await?;
        }
        Ok(())
    }

    /// Finds names for all ids in these events.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn learn(&mut self, client: &Client, events: &[RawEvent]) -> Result<(), DatabaseError> {
        let mut unknown = HashSet::new();
        for event in events {
            unknown.extend(event.actor);
            let data: Value = serde_json::from_str(event.data.get()).unwrap_or_default();
            let fields = data.as_object().into_iter().flatten();
            unknown.extend(fields.filter_map(|(field, value)| name_wanted(field, value)));
        }
        self.learn_ids(client, unknown).await
    }

    async fn look_up(&mut self, client: &Client, ids: Vec<Uuid>) -> Result<(), DatabaseError> {
        // An account's first event has its name, where that isn't erased; groups are never gone.
        let select = "select position from event where stream = any($1) and version = 1 and kind = 'AccountRegistered'";
        let registered = client.query(select, &[&ids]).await?;
        let registered: Vec<Position> = registered.iter().map(|row| Position(row.get(0))).collect();
        let groups = client
            .query("select id, name from groups where id = any($1)", &[&ids])
            .await?;
        let gone = "select stream from event where stream = any($1) and kind = 'AccountDeleted'";
        let gone = client.query(gone, &[&ids]).await?;
        self.gone.extend(gone.iter().map(|row| row.get::<_, Uuid>(0)));
        self.known.extend(ids.into_iter().map(|id| (id, None)));
        for group in &groups {
            self.know(group.get(0), group.get(1));
        }
        for event in read_at(client, &registered).await? {
            if let Some(name) = name(&event) {
                self.know(event.stream, &name);
            }
        }
        Ok(())
    }
}

/// The name in an account's first event.
fn name(event: &RawEvent) -> Option<String> {
    let personal: Value = serde_json::from_str(event.personal.as_ref()?.get()).ok()?;
    Some(personal.get("name")?.as_str()?.to_owned())
}

/// The id in a field, where it may be that of an account or a group.
fn name_wanted(field: &str, value: &Value) -> Option<Uuid> {
    value
        .as_str()
        .filter(|_| has_name(field))
        .and_then(|id| id.parse().ok())
}

/// Whether what an id in that field stands for has a name; if it is an id at all.
pub(crate) fn has_name(field: &str) -> bool {
    !matches!(field, "session" | "instance")
}

/// Enough of an id to tell it from its neighbours. UUIDv7 begin with the time, so that it is the end that differs.
pub fn short(id: Uuid) -> String {
    let text = id.simple().to_string();
    format!("…{}", &text[text.len() - 8..])
}
