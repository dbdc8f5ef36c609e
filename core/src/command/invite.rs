//! `invite <user> <id>`: asks somebody to be friends.

use uuid::Uuid;

use super::actor::Actor;
use super::changing::{ChangingCommand, needs_pair, one_name};
use crate::event::Event;
use crate::facts::{Facts, PairState};
use crate::needs::Needs;
use crate::refusal::{Refusal, RefusalCode};

/// An invite to the user called `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// A name.
    pub to: String,
}

impl ChangingCommand for Invite {
    fn parse(rest: &str) -> Option<Self> {
        one_name(rest).map(|to| Invite { to })
    }

    fn subject(&self) -> &str {
        &self.to
    }

    fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs_pair(&self.to, actor, needs);
    }

    fn decide(&self, actor: &Actor, facts: &Facts, _: Uuid) -> Result<Event, Refusal> {
        if self.to == actor.name {
            return Err(RefusalCode::InviteYourself.into());
        }
        let to = facts
            .account_seen_by(actor.account, &self.to)
            .ok_or(RefusalCode::NoSuchInvitee)?
            .id;
        let refused = |code| Err(Refusal::about(code, to.0));
        match facts.pair(actor.account, to) {
            None => Ok(Event::InviteSent {
                from: actor.account,
                to,
            }),
            Some(pair) if pair.state == PairState::Friends => refused(RefusalCode::AlreadyFriend),
            Some(pair) if pair.inviter == actor.account => refused(RefusalCode::AlreadyInvited),
            Some(_) => refused(RefusalCode::HasInvitedYou),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Changing, Invite};
    use crate::event::Event;
    use crate::refusal::RefusalCode::{AlreadyFriend, AlreadyInvited, HasInvitedYou, InviteYourself, NoSuchInvitee};
    use crate::testing::{ALICE, BOB, assert_usage, given, read};

    #[test]
    fn it_takes_one_name() {
        let to = "bob".to_owned();
        assert_eq!(read("invite \t bob\t"), Ok(Changing::Invite(Invite { to })));
        assert_usage("invite", ["", " \t", "bob carol", "bob\tcarol"]);
    }

    #[test]
    fn somebody_is_invited_online_or_not() {
        let (from, to) = (ALICE.account(), BOB.account());
        for bob in [BOB.is_online(), BOB.is_registered()] {
            given([ALICE.is_online(), bob])
                .when(ALICE.types("invite bob"))
                .then([Event::InviteSent { from, to }]);
        }
    }

    #[test]
    fn nobody_invites_themselves() {
        given([ALICE.is_online()])
            .when(ALICE.types("invite alice"))
            .then_refused(InviteYourself, "You cannot invite yourself", None);
    }

    #[test]
    fn nobody_is_called_so() {
        given([ALICE.is_online()]).when(ALICE.types("invite bob")).then_refused(
            NoSuchInvitee,
            "bob does not exist",
            None,
        );
        given([ALICE.is_online(), BOB.is_registered(), BOB.deleted_the_account()])
            .when(ALICE.types("invite bob"))
            .then_refused(NoSuchInvitee, "bob does not exist", None);
    }

    #[test]
    fn friends_are_friends_whoever_invited_whom() {
        for friendship in [ALICE.befriended(BOB), BOB.befriended(ALICE)] {
            given([ALICE.is_online(), BOB.is_online(), friendship])
                .when(ALICE.types("invite bob"))
                .then_refused(AlreadyFriend, "bob is already your friend", BOB.account().0);
        }
    }

    #[test]
    fn once_is_enough() {
        given([ALICE.is_online(), BOB.is_online(), ALICE.invited(BOB)])
            .when(ALICE.types("invite bob"))
            .then_refused(AlreadyInvited, "Already invited", BOB.account().0);
    }

    #[test]
    fn the_other_was_first() {
        given([ALICE.is_online(), BOB.is_online(), BOB.invited(ALICE)])
            .when(ALICE.types("invite bob"))
            .then_refused(HasInvitedYou, "bob has invited you", BOB.account().0);
    }
}
