//! `delete <user>`: ends the session and the account, and frees its name.

use super::actor::Actor;
use super::logout;
use super::name::{CommandName, WrongUsage};
use crate::event::{Event, SessionEnd};
use crate::facts::Facts;
use crate::needs::Needs;
use crate::protocol::exactly;

/// To delete the actor's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delete;

impl Delete {
    /// Reads the words behind the user's.
    ///
    /// # Errors
    /// [`WrongUsage`] where there are any.
    pub fn parse(rest: &str) -> Result<Delete, WrongUsage> {
        exactly(rest).map(|[]| Delete).ok_or(WrongUsage(CommandName::Delete))
    }
}

pub(crate) fn needs(actor: &Actor, needs: &mut Needs) {
    logout::needs_end(actor, needs);
}

pub(crate) fn decide(actor: &Actor, facts: &Facts) -> Vec<Event> {
    let mut events = logout::end(actor, facts, SessionEnd::Deleted);
    events.push(Event::AccountDeleted { account: actor.account });
    events
}

#[cfg(test)]
mod tests {
    use crate::command::NewAccount;
    use crate::decide::Rejection;
    use crate::event::{Event, SeatRelease, SessionEnd};
    use crate::intent::Intent;
    use crate::testing::{ALICE, BOB, CAROL, FIRST, Given, assert_usage, given, read_any};

    #[test]
    fn it_takes_no_words_behind_the_user() {
        assert_eq!(read_any("delete\t"), Ok(None));
        assert_usage("delete", ["x", "x y"]);
    }

    /// Alice, who knows Bob and Carol and is in a group, is gone.
    fn alice_is_gone() -> Given {
        let (session, account, instance) = (ALICE.session(), ALICE.account(), FIRST.id());
        let reason = SeatRelease::Ended;
        let alice = [ALICE.is_online(), ALICE.created_crew()].concat();
        let known = [ALICE.befriended(BOB), CAROL.invited(ALICE)].concat();
        let text = "hello".to_owned();
        let posted = vec![Event::Posted { author: account, text }];
        given([alice, BOB.is_online(), CAROL.is_online(), known, posted])
            .when(Intent::Delete(ALICE.actor()))
            .then([
                Event::SeatReleased {
                    session,
                    account,
                    instance,
                    reason,
                },
                Event::SessionEnded {
                    session,
                    account,
                    reason: SessionEnd::Deleted,
                    acknowledged: None,
                },
                Event::AccountDeleted { account },
            ])
    }

    #[test]
    fn account_session_friendships_invites_posts_and_memberships_are_gone() {
        let facts = alice_is_gone().facts;
        assert_eq!(facts.account(ALICE.account()), None);
        assert_eq!(facts.session_of(ALICE.account()), None);
        assert_eq!(facts.seat_of(ALICE.session()), None);
        assert_eq!(
            (
                facts.pairs().count(),
                facts.posts().count(),
                facts.memberships().count()
            ),
            (0, 0, 0)
        );
    }

    #[test]
    fn the_group_it_created_lives_on() {
        let (group, account) = (crate::testing::CREW, BOB.account());
        alice_is_gone()
            .when(BOB.types("join-group crew"))
            .then([Event::GroupJoined { group, account }]);
    }

    #[test]
    fn its_name_is_free_and_whoever_takes_it_is_somebody_else() {
        let (account, name) = (crate::ids::AccountId(crate::testing::FRESH), "alice".to_owned());
        let register = NewAccount {
            account,
            name: name.clone(),
        };
        alice_is_gone()
            .when(Intent::Register(register))
            .then([Event::AccountRegistered { account, name }])
            .when(BOB.types("invite alice"))
            .then([Event::InviteSent {
                from: BOB.account(),
                to: account,
            }]);
    }

    #[test]
    fn its_token_is_worth_nothing_any_more() {
        for intent in [
            Intent::Delete(ALICE.actor()),
            Intent::Logout(ALICE.actor()),
            ALICE.types("post x"),
        ] {
            alice_is_gone().when(intent).then_rejected(Rejection::NotLoggedIn);
        }
    }
}
