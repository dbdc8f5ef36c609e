//! `register <username> <password>`: makes an account.

use super::name::{CommandName, WrongUsage};
use crate::event::Event;
use crate::facts::Facts;
use crate::ids::AccountId;
use crate::name;
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::exactly;
use crate::refusal::{Refusal, RefusalCode};

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
            name: name::normal(name),
            password: password.into(),
        })
    }
}

/// The request for an account, its password already hashed elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// The id it will have.
    pub account: AccountId,
    /// The name it will have.
    pub name: String,
}

impl NewAccount {
    pub(crate) fn needs(&self, needs: &mut Needs) {
        let look = name::skeleton(&self.name);
        needs.names.insert(self.name.clone());
        needs.lock(LockKey::user(&self.name), LockMode::Exclusive);
        needs.lock(LockKey::look(&look), LockMode::Exclusive);
        needs.looks.insert(look);
    }

    pub(crate) fn decide(&self, facts: &Facts) -> Result<Vec<Event>, Refusal> {
        name::check(&self.name).map_err(|_| RefusalCode::BadName)?;
        if let Some(holder) = facts.account_named(&self.name) {
            return Err(Refusal::about(RefusalCode::NameTaken, holder.id.0));
        }
        if let Some(holder) = facts.account_like(&self.name) {
            return Err(Refusal::about(RefusalCode::LookAlike, holder.id.0));
        }
        Ok(vec![Event::AccountRegistered {
            account: self.account,
            name: self.name.clone(),
        }])
    }
}

#[cfg(test)]
mod tests {
    use super::{NewAccount, Register};
    use crate::decide::Decision;
    use crate::event::Event;
    use crate::intent::Intent;
    use crate::refusal::{Refusal, RefusalCode};
    use crate::testing::{ALICE, BOB, assert_usage, given};

    fn register(name: &str) -> Intent {
        let (account, name) = (ALICE.account(), name.to_owned());
        Intent::Register(NewAccount { account, name })
    }

    #[test]
    fn it_takes_a_name_and_a_password() {
        let read = Register::parse("\talice \t secret ").unwrap();
        assert_eq!((read.name.as_str(), read.password.as_str()), ("alice", "secret"));
        assert_usage("register", ["", "alice", "alice my secret", "alice\tmy\tsecret"]);
    }

    #[test]
    fn a_free_name_becomes_an_account() {
        let (account, name) = (ALICE.account(), "alice".to_owned());
        given([BOB.is_registered()])
            .when(register("alice"))
            .then([Event::AccountRegistered { account, name }]);
    }

    #[test]
    fn a_name_is_used_once_and_nobody_without_a_session_makes_the_log_grow() {
        let when = given([BOB.is_registered()]).when(register("bob"));
        let refusal = Refusal::about(RefusalCode::NameTaken, BOB.account().0);
        assert_eq!(refusal.code.message("bob"), "bob is already used");
        assert_eq!(when.decision, Decision::Refused(refusal, None));
    }

    #[test]
    fn the_name_of_a_deleted_account_is_free_again() {
        let (account, name) = (ALICE.account(), "bob".to_owned());
        given([BOB.is_registered(), BOB.deleted_the_account()])
            .when(register("bob"))
            .then([Event::AccountRegistered { account, name }]);
    }

    #[test]
    fn names_differ_in_every_character() {
        let (account, name) = (ALICE.account(), "Bob".to_owned());
        given([BOB.is_registered()])
            .when(register("Bob"))
            .then([Event::AccountRegistered { account, name }]);
    }

    #[test]
    fn names_that_look_alike_are_not_both_given_unless_both_are_ascii() {
        for (first, second) in [("paypal", "раураӏ"), ("раураӏ", "paypal"), ("раураӏ", "раураl")]
        {
            let bob = vec![Event::AccountRegistered {
                account: BOB.account(),
                name: first.to_owned(),
            }];
            let when = given([bob]).when(register(second));
            let refusal = Refusal::about(RefusalCode::LookAlike, BOB.account().0);
            let decided = if crate::name::check(second).is_ok() {
                refusal
            } else {
                RefusalCode::BadName.into()
            };
            assert_eq!(when.decision, Decision::Refused(decided, None), "{first} {second}");
        }
        let (account, name) = (ALICE.account(), "modem".to_owned());
        let modern = vec![Event::AccountRegistered {
            account: BOB.account(),
            name: "modern".to_owned(),
        }];
        given([modern])
            .when(register("modem"))
            .then([Event::AccountRegistered { account, name }]);
    }

    #[test]
    fn a_bad_name_is_no_account() {
        for name in ["", "a\u{a0}b", "\u{202e}", &"x".repeat(65)] {
            let when = given([]).when(register(name));
            assert_eq!(when.decision, Decision::Refused(RefusalCode::BadName.into(), None));
        }
    }
}
