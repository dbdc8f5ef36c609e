//! `send <user> <friend> <message>`: writes to a friend who is online.

use uuid::Uuid;

use super::actor::Actor;
use super::changing::ChangingCommand;
use crate::event::Event;
use crate::facts::{Facts, PairState};
use crate::name;
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::words_and_message;
use crate::refusal::{Refusal, RefusalCode};

/// A message to the user called `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// A name.
    pub to: String,
    /// The text.
    pub text: String,
}

impl ChangingCommand for Send {
    fn parse(rest: &str) -> Option<Self> {
        words_and_message(rest).map(|([to], text)| Send {
            to: name::normal(to),
            text: text.into(),
        })
    }

    fn subject(&self) -> &str {
        &self.to
    }

    fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs.names.insert(self.to.clone());
        needs.pairs.insert((actor.account, self.to.clone()));
        needs.lock(LockKey::user(&self.to), LockMode::Shared);
        needs.lock(LockKey::pair(&actor.name, &self.to), LockMode::Shared);
    }

    fn decide(&self, actor: &Actor, facts: &Facts, _: Uuid) -> Result<Event, Refusal> {
        let to = facts
            .account_seen_by(actor.account, &self.to)
            .ok_or(RefusalCode::NoSuchUser)?
            .id;
        let friends = facts
            .pair(actor.account, to)
            .is_some_and(|pair| pair.state == PairState::Friends);
        if !friends {
            return Err(Refusal::about(RefusalCode::NotYourFriend, to.0));
        }
        if facts.session_of(to).is_none() {
            return Err(Refusal::about(RefusalCode::NotOnline, to.0));
        }
        Ok(Event::MessageSent {
            from: actor.account,
            to,
            text: self.text.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Changing, Send};
    use crate::event::Event;
    use crate::refusal::RefusalCode::{NoSuchUser, NotOnline, NotYourFriend};
    use crate::testing::{ALICE, BOB, assert_usage, given, read};

    #[test]
    fn it_takes_a_name_and_a_message() {
        let (to, text) = ("bob".to_owned(), "hi  you".to_owned());
        assert_eq!(read("send\tbob\t hi  you "), Ok(Changing::Send(Send { to, text })));
        assert_usage("send", ["", "bob", "\tbob\t "]);
    }

    #[test]
    fn a_friend_who_is_online_is_written_to() {
        let (from, to, text) = (ALICE.account(), BOB.account(), "hi".to_owned());
        for friendship in [ALICE.befriended(BOB), BOB.befriended(ALICE)] {
            given([ALICE.is_online(), BOB.is_online(), friendship])
                .when(ALICE.types("send bob hi"))
                .then([Event::MessageSent {
                    from,
                    to,
                    text: text.clone(),
                }]);
        }
    }

    #[test]
    fn a_session_without_a_seat_is_online_too() {
        let (from, to, text) = (ALICE.account(), BOB.account(), "hi".to_owned());
        given([ALICE.is_online(), BOB.has_session(), ALICE.befriended(BOB)])
            .when(ALICE.types("send bob hi"))
            .then([Event::MessageSent { from, to, text }]);
    }

    #[test]
    fn nobody_is_called_so() {
        given([ALICE.is_online()])
            .when(ALICE.types("send bob hi"))
            .then_refused(NoSuchUser, "No such user exist", None);
    }

    #[test]
    fn strangers_are_not_written_to_online_or_not() {
        for bob in [BOB.is_online(), BOB.is_registered()] {
            given([ALICE.is_online(), bob])
                .when(ALICE.types("send bob hi"))
                .then_refused(NotYourFriend, "bob is not your friend", BOB.account().0);
        }
    }

    #[test]
    fn an_invite_is_no_friendship_yet() {
        for invite in [ALICE.invited(BOB), BOB.invited(ALICE)] {
            given([ALICE.is_online(), BOB.is_online(), invite])
                .when(ALICE.types("send bob hi"))
                .then_refused(NotYourFriend, "bob is not your friend", BOB.account().0);
        }
    }

    #[test]
    fn nobody_is_their_own_friend() {
        given([ALICE.is_online()])
            .when(ALICE.types("send alice hi"))
            .then_refused(NotYourFriend, "alice is not your friend", ALICE.account().0);
    }

    #[test]
    fn a_friend_without_a_session_is_not_online() {
        given([ALICE.is_online(), BOB.is_registered(), ALICE.befriended(BOB)])
            .when(ALICE.types("send bob hi"))
            .then_refused(NotOnline, "bob is not online", BOB.account().0);
    }
}
