//! `leave-group <user> <group>`: is a member no more.

use uuid::Uuid;

use super::actor::Actor;
use super::changing::{ChangingCommand, needs_membership, one_name};
use crate::event::Event;
use crate::facts::Facts;
use crate::needs::Needs;
use crate::refusal::{Refusal, RefusalCode};

/// To leave the group called `group`, which lives on, empty or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveGroup {
    /// A name.
    pub group: String,
}

impl ChangingCommand for LeaveGroup {
    fn parse(rest: &str) -> Option<Self> {
        one_name(rest).map(|group| LeaveGroup { group })
    }

    fn subject(&self) -> &str {
        &self.group
    }

    fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs_membership(&self.group, actor, needs);
    }

    fn decide(&self, actor: &Actor, facts: &Facts, _: Uuid) -> Result<Event, Refusal> {
        let group = facts.group_named(&self.group).ok_or(RefusalCode::GroupDoesNotExist)?.id;
        if !facts.is_member(group, actor.account) {
            return Err(Refusal::about(RefusalCode::NotMember, group.0));
        }
        Ok(Event::GroupLeft {
            group,
            account: actor.account,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Changing, LeaveGroup};
    use crate::event::Event;
    use crate::refusal::RefusalCode::{GroupDoesNotExist, NotMember};
    use crate::testing::{ALICE, BOB, CREW, assert_usage, given, read};

    #[test]
    fn it_takes_one_name() {
        let group = "crew".to_owned();
        assert_eq!(
            read("leave-group crew\t"),
            Ok(Changing::LeaveGroup(LeaveGroup { group }))
        );
        assert_usage("leave-group", ["", "the crew"]);
    }

    #[test]
    fn a_member_leaves_also_its_creator_and_may_come_back() {
        let (group, account) = (CREW, ALICE.account());
        given([ALICE.is_online(), ALICE.created_crew()])
            .when(ALICE.types("leave-group crew"))
            .then([Event::GroupLeft { group, account }])
            .when(ALICE.types("join-group crew"))
            .then([Event::GroupJoined { group, account }]);
    }

    #[test]
    fn who_is_not_in_it_does_not_leave_it() {
        given([ALICE.is_online(), BOB.is_online(), BOB.created_crew()])
            .when(ALICE.types("leave-group crew"))
            .then_refused(NotMember, "You are not the member of crew", CREW.0);
        given([ALICE.is_online()])
            .when(ALICE.types("leave-group crew"))
            .then_refused(GroupDoesNotExist, "crew does not exist", None);
    }
}
