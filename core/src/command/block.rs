//! `block <user> <id>`: does not hear from somebody any more, and is not there for them.

use uuid::Uuid;

use super::actor::Actor;
use super::changing::{ChangingCommand, needs_pair, one_name};
use crate::event::Event;
use crate::facts::Facts;
use crate::needs::Needs;
use crate::refusal::{Refusal, RefusalCode};

/// To block the user called `whom`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// A name.
    pub whom: String,
}

impl ChangingCommand for Block {
    fn parse(rest: &str) -> Option<Self> {
        one_name(rest).map(|whom| Block { whom })
    }

    fn subject(&self) -> &str {
        &self.whom
    }

    fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs_pair(&self.whom, actor, needs);
    }

    fn decide(&self, actor: &Actor, facts: &Facts, _: Uuid) -> Result<Event, Refusal> {
        if self.whom == actor.name {
            return Err(RefusalCode::BlockYourself.into());
        }
        let whom = facts.account_seen_by(actor.account, &self.whom);
        let whom = whom.ok_or(RefusalCode::NobodyToBlock)?.id;
        if facts.block(actor.account, whom).is_some() {
            return Err(Refusal::about(RefusalCode::AlreadyBlocked, whom.0));
        }
        Ok(Event::Blocked {
            by: actor.account,
            whom,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Block, Changing};
    use crate::event::Event;
    use crate::refusal::RefusalCode::{
        AlreadyBlocked, BlockYourself, DidNotInviteYou, NoSuchInvitee, NoSuchUser, NobodyToBlock, NotBlocked,
        NotYourFriend,
    };
    use crate::testing::{ALICE, BOB, Given, assert_usage, given, read};

    fn blocked() -> Event {
        let (by, whom) = (BOB.account(), ALICE.account());
        Event::Blocked { by, whom }
    }

    /// Bob has blocked Alice, who was his friend.
    fn bob_blocks_alice() -> Given {
        given([ALICE.is_online(), BOB.is_online(), ALICE.befriended(BOB)])
            .when(BOB.types("block alice"))
            .then([blocked()])
    }

    #[test]
    fn it_takes_one_name() {
        let whom = "bob".to_owned();
        assert_eq!(read("block bob"), Ok(Changing::Block(Block { whom })));
        assert_usage("block", ["", "bob carol"]);
    }

    #[test]
    fn whatever_was_between_them_is_gone() {
        for between in [vec![], ALICE.invited(BOB), BOB.invited(ALICE), BOB.befriended(ALICE)] {
            let after = given([ALICE.is_online(), BOB.is_online(), between])
                .when(BOB.types("block alice"))
                .then([blocked()]);
            assert_eq!(after.facts.pairs().count(), 0);
        }
    }

    #[test]
    fn nobody_blocks_themselves_nobody_or_twice() {
        let after = bob_blocks_alice();
        let words = "You cannot block yourself";
        after
            .clone()
            .when(BOB.types("block bob"))
            .then_refused(BlockYourself, words, None);
        let words = "carol does not exist";
        after
            .clone()
            .when(BOB.types("block carol"))
            .then_refused(NobodyToBlock, words, None);
        let about = ALICE.account().0;
        after
            .when(BOB.types("block alice"))
            .then_refused(AlreadyBlocked, "Already blocked", about);
    }

    #[test]
    fn for_whom_is_blocked_the_blocker_does_not_exist() {
        for (line, code, words) in [
            ("invite bob", NoSuchInvitee, "bob does not exist"),
            ("accept-invite bob", DidNotInviteYou, "bob did not invite you"),
            ("decline-invite bob", DidNotInviteYou, "bob did not invite you"),
            ("unfriend bob", NotYourFriend, "bob is not your friend"),
            ("send bob hi", NoSuchUser, "No such user exist"),
            ("block bob", NobodyToBlock, "bob does not exist"),
            ("unblock bob", NotBlocked, "bob is not blocked"),
        ] {
            // The same words as when Bob is gone, and nothing in the trace that tells the two apart.
            bob_blocks_alice()
                .when(ALICE.types(line))
                .then_refused(code, words, None);
            given([ALICE.is_online(), BOB.is_registered(), BOB.deleted_the_account()])
                .when(ALICE.types(line))
                .then_refused(code, words, None);
        }
    }

    #[test]
    fn an_invite_of_the_blocker_is_not_seen_while_the_block_lasts() {
        let (from, to) = (BOB.account(), ALICE.account());
        let invited = bob_blocks_alice()
            .when(BOB.types("invite alice"))
            .then([Event::InviteSent { from, to }]);
        let words = "bob did not invite you";
        invited
            .clone()
            .when(ALICE.types("accept-invite bob"))
            .then_refused(DidNotInviteYou, words, None);
        invited
            .when(BOB.types("unblock alice"))
            .then([Event::Unblocked { by: from, whom: to }])
            .when(ALICE.types("accept-invite bob"))
            .then([Event::InviteAccepted { by: to, from }]);
    }

    #[test]
    fn blocks_go_with_either_account() {
        for gone in [ALICE, BOB] {
            let deleted = Event::AccountDeleted {
                account: gone.account(),
            };
            let mut after = bob_blocks_alice();
            after.happened(deleted);
            assert_eq!(after.facts.blocks().count(), 0);
        }
    }
}
