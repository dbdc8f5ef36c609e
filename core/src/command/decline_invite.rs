//! `decline-invite <user> <id>`: says no to somebody's invite.

use uuid::Uuid;

use super::accept_invite::inviter;
use super::actor::Actor;
use super::changing::{ChangingCommand, needs_pair, one_name};
use crate::event::Event;
use crate::facts::Facts;
use crate::needs::Needs;
use crate::refusal::Refusal;

/// The refusal of the invite of the user called `from`. Either of the two may invite the other again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclineInvite {
    /// A name.
    pub from: String,
}

impl ChangingCommand for DeclineInvite {
    fn parse(rest: &str) -> Option<Self> {
        one_name(rest).map(|from| DeclineInvite { from })
    }

    fn subject(&self) -> &str {
        &self.from
    }

    fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs_pair(&self.from, actor, needs);
    }

    fn decide(&self, actor: &Actor, facts: &Facts, _: Uuid) -> Result<Event, Refusal> {
        let from = inviter(&self.from, actor, facts)?;
        Ok(Event::InviteDeclined {
            by: actor.account,
            from,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Changing, DeclineInvite};
    use crate::event::Event;
    use crate::refusal::RefusalCode::DidNotInviteYou;
    use crate::testing::{ALICE, BOB, assert_usage, given, read};

    const WORDS: &str = "bob did not invite you";

    #[test]
    fn it_takes_one_name() {
        let from = "bob".to_owned();
        assert_eq!(
            read("decline-invite\tbob "),
            Ok(Changing::DeclineInvite(DeclineInvite { from }))
        );
        assert_usage("decline-invite", ["", "\t", "bob carol"]);
    }

    #[test]
    fn a_declined_invite_is_gone() {
        let (by, from) = (ALICE.account(), BOB.account());
        for then in ["decline-invite bob", "accept-invite bob"] {
            given([ALICE.is_online(), BOB.is_online(), BOB.invited(ALICE)])
                .when(ALICE.types("decline-invite bob"))
                .then([Event::InviteDeclined { by, from }])
                .when(ALICE.types(then))
                .then_refused(DidNotInviteYou, WORDS, BOB.account().0);
        }
    }

    #[test]
    fn a_declined_invite_may_come_again() {
        let (by, from) = (ALICE.account(), BOB.account());
        given([ALICE.is_online(), BOB.is_online(), BOB.invited(ALICE)])
            .when(ALICE.types("decline-invite bob"))
            .then([Event::InviteDeclined { by, from }])
            .when(BOB.types("invite alice"))
            .then([Event::InviteSent { from, to: by }]);
    }

    #[test]
    fn without_an_invite_there_is_nothing_to_decline() {
        for (name, words, about) in [
            ("bob", WORDS, Some(BOB.account().0)),
            ("nobody", "nobody did not invite you", None),
        ] {
            given([ALICE.is_online(), BOB.is_online(), ALICE.invited(BOB)])
                .when(ALICE.types(&format!("decline-invite {name}")))
                .then_refused(DidNotInviteYou, words, about);
        }
    }

    #[test]
    fn friends_stay_friends() {
        given([ALICE.is_online(), BOB.is_online(), BOB.befriended(ALICE)])
            .when(ALICE.types("decline-invite bob"))
            .then_refused(DidNotInviteYou, WORDS, BOB.account().0);
    }
}
