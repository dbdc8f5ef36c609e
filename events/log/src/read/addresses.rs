//! Where the recipients of messages sit, and how those are called whom the messages name.

use std::collections::{BTreeSet, HashMap};

use tenfold_core::ids::InstanceId;
use tokio_postgres::Row;
use uuid::Uuid;

use super::connection::Query;
use super::reader::{ReadError, Reader};

/// What it takes to address messages, as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// For each account or group the application servers where it, or a member of it, sits.
    pub servers: HashMap<Uuid, BTreeSet<InstanceId>>,
    /// The names of accounts and groups; those that are gone have none.
    pub names: HashMap<Uuid, String>,
}

impl Reader {
    /// Where the accounts or groups `recipients` sit, and their names and those of the accounts `senders`.
    pub async fn addresses(&self, recipients: &[Uuid], senders: &[Uuid]) -> Result<Addresses, ReadError> {
        let rows = self.ask(Query::Addresses, &[&recipients, &senders]).await?;
        let mut addresses = Addresses::default();
        rows.iter().for_each(|row| addresses.add(row));
        Ok(addresses)
    }
}

impl Addresses {
    fn add(&mut self, row: &Row) {
        let id: Uuid = row.get(0);
        if let Some(instance) = row.get::<_, Option<Uuid>>(1) {
            self.servers.entry(id).or_default().insert(InstanceId(instance));
        }
        if let Some(name) = row.get(2) {
            self.names.insert(id, name);
        }
    }
}
