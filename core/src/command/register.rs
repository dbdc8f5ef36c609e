//! `register <username> <password>`: makes an account.

use super::{CommandName, WrongUsage};
use crate::event::Event;
use crate::facts::Facts;
use crate::ids::AccountId;
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::request::exactly;
use crate::refusal::{Refusal, RefusalCode};

pub(super) const USAGE: &str = "Usage: register <username> <password>";

/// The command as typed. The password goes no further than its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Register {
    /// A name, perhaps a bad one.
    pub name: String,
    /// A password.
    pub password: String,
}

impl Register {
    /// Reads the words behind the command's.
    ///
    /// # Errors
    /// [`WrongUsage`] where they are not two.
    pub fn parse(rest: &str) -> Result<Register, WrongUsage> {
        let [name, password] = exactly(rest).ok_or(WrongUsage(CommandName::Register))?;
        Ok(Register {
            name: name.into(),
            password: password.into(),
        })
    }
}

/// The wish for an account, its password already hashed elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// The id it will have.
    pub account: AccountId,
    /// The name it will have.
    pub name: String,
}

impl NewAccount {
    pub(crate) fn needs(&self, needs: &mut Needs) {
        needs.names.insert(self.name.clone());
        needs.lock(LockKey::user(&self.name), LockMode::Exclusive);
    }

    pub(crate) fn decide(&self, facts: &Facts) -> Result<Vec<Event>, Refusal> {
        crate::name::check(&self.name).map_err(|_| RefusalCode::BadName)?;
        if let Some(holder) = facts.account_named(&self.name) {
            return Err(Refusal::about(RefusalCode::NameTaken, holder.id.0));
        }
        Ok(vec![Event::AccountRegistered {
            account: self.account,
            name: self.name.clone(),
        }])
    }
}
