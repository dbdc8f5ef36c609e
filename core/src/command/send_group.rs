//! `send-group <user> <group> <message>`: writes to the members of a group who are online, oneself too.

use uuid::Uuid;

use super::actor::Actor;
use super::changing::ChangingCommand;
use crate::event::Event;
use crate::facts::Facts;
use crate::name;
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::words_and_message;
use crate::refusal::{Refusal, RefusalCode};

/// A message to the group called `group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendGroup {
    /// A name.
    pub group: String,
    /// The text.
    pub text: String,
}

impl ChangingCommand for SendGroup {
    fn parse(rest: &str) -> Option<Self> {
        words_and_message(rest).map(|([group], text)| SendGroup {
            group: name::normal(group),
            text: text.into(),
        })
    }

    fn subject(&self) -> &str {
        &self.group
    }

    fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs.groups.insert(self.group.clone());
        needs.memberships.insert((actor.account, self.group.clone()));
        needs.lock(LockKey::group(&self.group), LockMode::Shared);
    }

    fn decide(&self, actor: &Actor, facts: &Facts, _: Uuid) -> Result<Event, Refusal> {
        let group = facts.group_named(&self.group).ok_or(RefusalCode::NoSuchGroup)?.id;
        if !facts.is_member(group, actor.account) {
            return Err(Refusal::about(RefusalCode::NotMember, group.0));
        }
        Ok(Event::GroupMessageSent {
            from: actor.account,
            group,
            text: self.text.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Changing, SendGroup};
    use crate::event::Event;
    use crate::refusal::RefusalCode::{NoSuchGroup, NotMember};
    use crate::testing::{ALICE, BOB, CREW, assert_usage, given, read};

    #[test]
    fn it_takes_a_name_and_a_message() {
        let (group, text) = ("crew".to_owned(), "hi \t all".to_owned());
        assert_eq!(
            read("send-group crew  hi \t all "),
            Ok(Changing::SendGroup(SendGroup { group, text }))
        );
        assert_usage("send-group", ["", "crew", "crew \t"]);
    }

    #[test]
    fn members_write_to_the_group_also_when_they_are_alone() {
        let (from, group, text) = (ALICE.account(), CREW, "hi".to_owned());
        let joined = [BOB.is_registered(), BOB.created_crew(), ALICE.joined_crew()].concat();
        for membership in [ALICE.created_crew(), joined] {
            given([ALICE.is_online(), membership])
                .when(ALICE.types("send-group crew hi"))
                .then([Event::GroupMessageSent {
                    from,
                    group,
                    text: text.clone(),
                }]);
        }
    }

    #[test]
    fn no_group_is_called_so() {
        given([ALICE.is_online()])
            .when(ALICE.types("send-group crew hi"))
            .then_refused(NoSuchGroup, "No such group exist", None);
    }

    #[test]
    fn who_is_not_in_it_does_not_write_to_it() {
        given([ALICE.is_online(), BOB.is_online(), BOB.created_crew()])
            .when(ALICE.types("send-group crew hi"))
            .then_refused(NotMember, "You are not the member of crew", CREW.0);
    }
}
