//! Who and what there is, in lists that one can choose from at random.

use tenfold_core::command::Actor;
use tenfold_core::event::Event;
use tenfold_core::facts::Facts;
use tenfold_core::ids::{AccountId, InstanceId};

/// The living accounts, the live sessions, the groups and the application servers that are not terminated.
#[derive(Default)]
pub(super) struct Crowd {
    pub(super) accounts: Vec<(AccountId, String)>,
    pub(super) online: Vec<Actor>,
    pub(super) groups: Vec<String>,
    pub(super) instances: Vec<InstanceId>,
    /// How many accounts and groups there have been, so that names need not repeat.
    pub(super) made: usize,
}

impl Crowd {
    /// Keeps the lists right; `facts` are those with the event in them.
    pub(super) fn learn(&mut self, facts: &Facts, event: &Event) {
        match event {
            Event::AccountRegistered { account, name } => {
                self.made += 1;
                self.accounts.push((*account, name.clone()));
            }
            Event::AccountDeleted { account } => self.accounts.retain(|(id, _)| id != account),
            Event::SessionStarted { session, account, .. } => {
                let name = facts
                    .account(*account)
                    .map(|account| account.name.clone())
                    .unwrap_or_default();
                self.online.push(Actor {
                    session: *session,
                    account: *account,
                    name,
                });
            }
            Event::SessionEnded { session, .. } => self.online.retain(|actor| actor.session != *session),
            Event::GroupCreated { name, .. } => {
                self.made += 1;
                self.groups.push(name.clone());
            }
            Event::InstanceRequested { instance, .. } => self.instances.push(*instance),
            Event::InstanceTerminated { instance, .. } => self.instances.retain(|id| id != instance),
            _ => {}
        }
    }
}
