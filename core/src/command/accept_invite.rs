//! `accept-invite <user> <id>`: makes friends of somebody's invite.

use uuid::Uuid;

use super::actor::Actor;
use super::changing::{ChangingCommand, needs_pair, one_name};
use crate::event::Event;
use crate::facts::{Facts, PairState};
use crate::ids::AccountId;
use crate::needs::Needs;
use crate::refusal::{Refusal, RefusalCode};

/// The acceptance of the invite of the user called `from`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptInvite {
    /// A name.
    pub from: String,
}

impl ChangingCommand for AcceptInvite {
    fn parse(rest: &str) -> Option<Self> {
        one_name(rest).map(|from| AcceptInvite { from })
    }

    fn subject(&self) -> &str {
        &self.from
    }

    fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs_pair(&self.from, actor, needs);
    }

    fn decide(&self, actor: &Actor, facts: &Facts, _: Uuid) -> Result<Event, Refusal> {
        let from = inviter(&self.from, actor, facts)?;
        Ok(Event::InviteAccepted {
            by: actor.account,
            from,
        })
    }
}

/// The user called `from`, whose invite to the actor waits.
///
/// # Errors
/// Where there is no such invite.
pub(super) fn inviter(from: &str, actor: &Actor, facts: &Facts) -> Result<AccountId, Refusal> {
    let from = facts
        .account_seen_by(actor.account, from)
        .ok_or(RefusalCode::DidNotInviteYou)?
        .id;
    match facts.pair(actor.account, from) {
        Some(pair) if pair.state == PairState::Invited && pair.inviter == from => Ok(from),
        _ => Err(Refusal::about(RefusalCode::DidNotInviteYou, from.0)),
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{AcceptInvite, Changing};
    use crate::event::Event;
    use crate::refusal::RefusalCode::DidNotInviteYou;
    use crate::testing::{ALICE, BOB, assert_usage, given, read};

    const WORDS: &str = "bob did not invite you";

    #[test]
    fn it_takes_one_name() {
        let from = "bob".to_owned();
        assert_eq!(
            read("accept-invite\tbob "),
            Ok(Changing::AcceptInvite(AcceptInvite { from }))
        );
        assert_usage("accept-invite", ["", "\t", "bob carol"]);
    }

    #[test]
    fn an_invite_makes_friends_and_is_gone() {
        let (by, from) = (ALICE.account(), BOB.account());
        given([ALICE.is_online(), BOB.is_registered(), BOB.invited(ALICE)])
            .when(ALICE.types("accept-invite bob"))
            .then([Event::InviteAccepted { by, from }])
            .when(ALICE.types("accept-invite bob"))
            .then_refused(DidNotInviteYou, WORDS, BOB.account().0);
    }

    #[test]
    fn without_an_invite_there_is_nothing_to_accept() {
        given([ALICE.is_online(), BOB.is_online()])
            .when(ALICE.types("accept-invite bob"))
            .then_refused(DidNotInviteYou, WORDS, BOB.account().0);
        given([ALICE.is_online()])
            .when(ALICE.types("accept-invite bob"))
            .then_refused(DidNotInviteYou, WORDS, None);
        given([ALICE.is_online()])
            .when(ALICE.types("accept-invite alice"))
            .then_refused(DidNotInviteYou, "alice did not invite you", ALICE.account().0);
    }

    #[test]
    fn nobody_accepts_their_own_invite() {
        given([ALICE.is_online(), BOB.is_online(), ALICE.invited(BOB)])
            .when(ALICE.types("accept-invite bob"))
            .then_refused(DidNotInviteYou, WORDS, BOB.account().0);
    }

    #[test]
    fn an_invite_goes_with_the_account_that_sent_it() {
        let gone = [BOB.is_registered(), BOB.invited(ALICE), BOB.deleted_the_account()].concat();
        given([ALICE.is_online(), gone])
            .when(ALICE.types("accept-invite bob"))
            .then_refused(DidNotInviteYou, WORDS, None);
    }
}
