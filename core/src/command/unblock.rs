//! `unblock <user> <id>`: does not block somebody any more.

use uuid::Uuid;

use super::actor::Actor;
use super::changing::{ChangingCommand, needs_pair, one_name};
use crate::event::Event;
use crate::facts::Facts;
use crate::needs::Needs;
use crate::refusal::{Refusal, RefusalCode};

/// The end of the block of the user called `whom`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unblock {
    /// A name.
    pub whom: String,
}

impl ChangingCommand for Unblock {
    fn parse(rest: &str) -> Option<Self> {
        one_name(rest).map(|whom| Unblock { whom })
    }

    fn subject(&self) -> &str {
        &self.whom
    }

    fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs_pair(&self.whom, actor, needs);
    }

    fn decide(&self, actor: &Actor, facts: &Facts, _: Uuid) -> Result<Event, Refusal> {
        let code = RefusalCode::NotBlocked;
        let whom = facts.account_seen_by(actor.account, &self.whom).ok_or(code)?.id;
        if facts.block(actor.account, whom).is_none() {
            return Err(Refusal::about(code, whom.0));
        }
        Ok(Event::Unblocked {
            by: actor.account,
            whom,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Changing, Unblock};
    use crate::event::Event;
    use crate::refusal::RefusalCode::NotBlocked;
    use crate::testing::{ALICE, BOB, assert_usage, given, read};

    #[test]
    fn it_takes_one_name() {
        let whom = "bob".to_owned();
        assert_eq!(read("unblock\tbob"), Ok(Changing::Unblock(Unblock { whom })));
        assert_usage("unblock", ["", "bob carol"]);
    }

    #[test]
    fn a_block_ends_and_both_see_each_other_again() {
        let (by, whom) = (ALICE.account(), BOB.account());
        given([ALICE.is_online(), BOB.is_online()])
            .when(ALICE.types("block bob"))
            .then([Event::Blocked { by, whom }])
            .when(ALICE.types("unblock bob"))
            .then([Event::Unblocked { by, whom }])
            .when(BOB.types("invite alice"))
            .then([Event::InviteSent { from: whom, to: by }]);
    }

    #[test]
    fn who_is_not_blocked_is_said_so() {
        given([ALICE.is_online(), BOB.is_online()])
            .when(ALICE.types("unblock bob"))
            .then_refused(NotBlocked, "bob is not blocked", BOB.account().0);
        given([ALICE.is_online()])
            .when(ALICE.types("unblock bob"))
            .then_refused(NotBlocked, "bob is not blocked", None);
    }
}
