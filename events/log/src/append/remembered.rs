//! What the writer remembers of accounts it has just seen. Never trusted alone: an append that rests on it carries the
//! stream's next version, and the log takes each version once.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tenfold_core::facts::{Account, Change, Facts, Seat, Session};
use tenfold_core::ids::AccountId;

use crate::integrity::{Chain, LogKey, Tag};
use crate::sealing::{DataKey, Keys, MasterKey};

/// How many accounts are remembered before all are forgotten: far more than an application server serves.
const BOUND: usize = 4096;

#[derive(Clone)]
struct Remembered {
    account: Account,
    session: Option<Session>,
    seat: Option<Seat>,
    version: i64,
    /// Of the event that has this version.
    tag: Option<Tag>,
    key: Option<DataKey>,
}

pub(super) struct Memory {
    accounts: HashMap<AccountId, Remembered>,
    /// Makes keys for accounts that have none.
    master: Option<Arc<MasterKey>>,
    /// Makes MACs.
    log_key: Option<Arc<LogKey>>,
}

impl Memory {
    /// Nothing is remembered yet.
    pub fn new(master: Option<&Arc<MasterKey>>, log_key: Option<&Arc<LogKey>>) -> Memory {
        Memory {
            accounts: HashMap::new(),
            master: master.cloned(),
            log_key: log_key.cloned(),
        }
    }

    /// The facts of these accounts, their keys, and their streams' last MACs, where all are remembered.
    pub fn recall(&self, accounts: &BTreeSet<AccountId>) -> Option<(Facts, Keys, Chain)> {
        let (mut facts, mut keys) = (Facts::default(), Keys::new(self.master.as_ref()));
        let mut chain = Chain::new(self.log_key.as_ref());
        for account in accounts {
            let known = self.accounts.get(account)?;
            facts.absorb(Change::put(known.account.clone()));
            known
                .session
                .iter()
                .for_each(|session| facts.absorb(Change::put(*session)));
            known.seat.iter().for_each(|seat| facts.absorb(Change::put(*seat)));
            facts.set_version(account.0, known.version);
            keys.put(account.0, known.key.clone()?);
            chain.put(account.0, known.tag.as_ref().map(Tag::as_slice));
        }
        Some((facts, keys, chain))
    }

    /// Remembers these accounts as they are in `facts`, which are committed, with their keys and their streams' last MACs.
    pub fn keep(&mut self, accounts: &BTreeSet<AccountId>, facts: &Facts, keys: &mut Keys, chain: &Chain) {
        if self.accounts.len() > BOUND {
            self.accounts.clear();
        }
        for id in accounts {
            let Some(account) = facts.account(*id) else {
                self.accounts.remove(id);
                continue;
            };
            let session = facts.session_of(*id).copied();
            let seat = session.and_then(|session| facts.seat_of(session.id).copied());
            let version = facts.version(id.0);
            self.accounts.insert(
                *id,
                Remembered {
                    account: account.clone(),
                    session,
                    seat,
                    version,
                    tag: chain.tag(id.0).copied(),
                    // One that cannot be unwrapped is as good as none.
                    key: keys.get(id.0).ok().flatten().cloned(),
                },
            );
        }
    }

    /// Forgets these accounts: something about them was no longer so.
    pub fn forget(&mut self, accounts: &BTreeSet<AccountId>) {
        for account in accounts {
            self.accounts.remove(account);
        }
    }
}
