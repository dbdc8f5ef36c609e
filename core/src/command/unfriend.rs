//! `unfriend <user> <id>`: is friends with somebody no more.

use uuid::Uuid;

use super::actor::Actor;
use super::changing::{ChangingCommand, needs_pair, one_name};
use crate::event::Event;
use crate::facts::{Facts, PairState};
use crate::needs::Needs;
use crate::refusal::{Refusal, RefusalCode};

/// The end of the friendship with the user called `whom`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfriend {
    /// A name.
    pub whom: String,
}

impl ChangingCommand for Unfriend {
    fn parse(rest: &str) -> Option<Self> {
        one_name(rest).map(|whom| Unfriend { whom })
    }

    fn subject(&self) -> &str {
        &self.whom
    }

    fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs_pair(&self.whom, actor, needs);
    }

    fn decide(&self, actor: &Actor, facts: &Facts, _: Uuid) -> Result<Event, Refusal> {
        let code = RefusalCode::NotYourFriend;
        let whom = facts.account_seen_by(actor.account, &self.whom).ok_or(code)?.id;
        match facts.pair(actor.account, whom) {
            Some(pair) if pair.state == PairState::Friends => Ok(Event::Unfriended {
                by: actor.account,
                whom,
            }),
            _ => Err(Refusal::about(code, whom.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Changing, Unfriend};
    use crate::event::Event;
    use crate::refusal::RefusalCode::NotYourFriend;
    use crate::testing::{ALICE, BOB, assert_usage, given, read};

    const WORDS: &str = "bob is not your friend";

    #[test]
    fn it_takes_one_name() {
        let whom = "bob".to_owned();
        assert_eq!(read("unfriend\tbob "), Ok(Changing::Unfriend(Unfriend { whom })));
        assert_usage("unfriend", ["", "\t", "bob carol"]);
    }

    #[test]
    fn a_friendship_ends_for_both_and_either_may_invite_again() {
        let (by, whom) = (ALICE.account(), BOB.account());
        for friendship in [ALICE.befriended(BOB), BOB.befriended(ALICE)] {
            let after = given([ALICE.is_online(), BOB.is_online(), friendship])
                .when(ALICE.types("unfriend bob"))
                .then([Event::Unfriended { by, whom }]);
            after
                .clone()
                .when(ALICE.types("unfriend bob"))
                .then_refused(NotYourFriend, WORDS, whom.0);
            let words = "alice is not your friend";
            after
                .clone()
                .when(BOB.types("send alice hi"))
                .then_refused(NotYourFriend, words, by.0);
            after
                .when(BOB.types("invite alice"))
                .then([Event::InviteSent { from: whom, to: by }]);
        }
    }

    #[test]
    fn an_invite_is_no_friendship_and_nobody_is_nobodys_friend() {
        given([ALICE.is_online(), BOB.is_online(), BOB.invited(ALICE)])
            .when(ALICE.types("unfriend bob"))
            .then_refused(NotYourFriend, WORDS, BOB.account().0);
        given([ALICE.is_online()])
            .when(ALICE.types("unfriend bob"))
            .then_refused(NotYourFriend, WORDS, None);
    }
}
