//! `join-group <user> <group>`: becomes a member.

use uuid::Uuid;

use super::actor::Actor;
use super::changing::{ChangingCommand, needs_membership, one_name};
use crate::event::Event;
use crate::facts::Facts;
use crate::needs::Needs;
use crate::refusal::{Refusal, RefusalCode};

/// To be a member of the group called `group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinGroup {
    /// A name.
    pub group: String,
}

impl ChangingCommand for JoinGroup {
    fn parse(rest: &str) -> Option<Self> {
        one_name(rest).map(|group| JoinGroup { group })
    }

    fn subject(&self) -> &str {
        &self.group
    }

    fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs_membership(&self.group, actor, needs);
    }

    fn decide(&self, actor: &Actor, facts: &Facts, _: Uuid) -> Result<Event, Refusal> {
        let group = facts.group_named(&self.group).ok_or(RefusalCode::GroupDoesNotExist)?.id;
        if facts.is_member(group, actor.account) {
            return Err(Refusal::about(RefusalCode::AlreadyMember, group.0));
        }
        Ok(Event::GroupJoined {
            group,
            account: actor.account,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Changing, JoinGroup};
    use crate::event::Event;
    use crate::refusal::RefusalCode::{AlreadyMember, GroupDoesNotExist};
    use crate::testing::{ALICE, BOB, CREW, assert_usage, given, read};

    #[test]
    fn it_takes_one_name() {
        let group = "crew".to_owned();
        assert_eq!(read("join-group crew\t"), Ok(Changing::JoinGroup(JoinGroup { group })));
        assert_usage("join-group", ["", "the crew"]);
    }

    #[test]
    fn anybody_may_join_once() {
        let (group, account) = (CREW, ALICE.account());
        given([ALICE.is_online(), BOB.is_online(), BOB.created_crew()])
            .when(ALICE.types("join-group crew"))
            .then([Event::GroupJoined { group, account }])
            .when(ALICE.types("join-group crew"))
            .then_refused(AlreadyMember, "Already a member of crew", CREW.0);
    }

    #[test]
    fn its_creator_is_in_it_already() {
        given([ALICE.is_online(), ALICE.created_crew()])
            .when(ALICE.types("join-group crew"))
            .then_refused(AlreadyMember, "Already a member of crew", CREW.0);
    }

    #[test]
    fn a_name_that_no_group_has_good_or_bad() {
        for name in ["crew", "\u{200b}"] {
            given([ALICE.is_online()])
                .when(ALICE.types(&format!("join-group {name}")))
                .then_refused(GroupDoesNotExist, &format!("{name} does not exist"), None);
        }
    }
}
