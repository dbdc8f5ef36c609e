//! `create-group <user> <group>`: makes a group; its creator is a member.

use uuid::Uuid;

use super::actor::Actor;
use super::changing::{ChangingCommand, one_name};
use crate::event::Event;
use crate::facts::Facts;
use crate::ids::GroupId;
use crate::name;
use crate::needs::{LockKey, LockMode, Needs};
use crate::refusal::{Refusal, RefusalCode};

/// A group called `group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateGroup {
    /// A name.
    pub group: String,
}

impl ChangingCommand for CreateGroup {
    fn parse(rest: &str) -> Option<Self> {
        one_name(rest).map(|group| CreateGroup { group })
    }

    fn subject(&self) -> &str {
        &self.group
    }

    fn needs(&self, _: &Actor, needs: &mut Needs) {
        let look = name::skeleton(&self.group);
        needs.groups.insert(self.group.clone());
        needs.lock(LockKey::group(&self.group), LockMode::Exclusive);
        needs.lock(LockKey::look(&look), LockMode::Exclusive);
        needs.group_looks.insert(look);
    }

    fn decide(&self, actor: &Actor, facts: &Facts, fresh: Uuid) -> Result<Event, Refusal> {
        name::check(&self.group).map_err(|_| RefusalCode::BadName)?;
        if let Some(group) = facts.group_named(&self.group) {
            return Err(Refusal::about(RefusalCode::GroupExists, group.id.0));
        }
        if let Some(group) = facts.group_like(&self.group) {
            return Err(Refusal::about(RefusalCode::LookAlike, group.id.0));
        }
        let (group, name) = (GroupId(fresh), self.group.clone());
        Ok(Event::GroupCreated {
            group,
            name,
            creator: actor.account,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Changing, CreateGroup};
    use crate::event::Event;
    use crate::ids::GroupId;
    use crate::refusal::RefusalCode::{BadName, GroupExists};
    use crate::testing::{ALICE, BOB, CREW, FRESH, assert_usage, given, read};

    #[test]
    fn it_takes_one_name() {
        let group = "crew".to_owned();
        assert_eq!(
            read("create-group \tcrew"),
            Ok(Changing::CreateGroup(CreateGroup { group }))
        );
        assert_usage("create-group", ["", "the crew"]);
    }

    #[test]
    fn a_group_is_made_under_a_new_id_by_one_of_its_members() {
        let (group, name, creator) = (GroupId(FRESH), "crew".to_owned(), ALICE.account());
        given([ALICE.is_online()])
            .when(ALICE.types("create-group crew"))
            .then([Event::GroupCreated { group, name, creator }])
            .when(ALICE.types("join-group crew"))
            .then_refused(
                crate::refusal::RefusalCode::AlreadyMember,
                "Already a member of crew",
                FRESH,
            );
    }

    #[test]
    fn a_group_may_be_called_like_a_user() {
        let (group, name, creator) = (GroupId(FRESH), "bob".to_owned(), ALICE.account());
        given([ALICE.is_online(), BOB.is_online()])
            .when(ALICE.types("create-group bob"))
            .then([Event::GroupCreated { group, name, creator }]);
    }

    #[test]
    fn the_name_is_taken_also_when_its_creator_is_gone() {
        let gone = [BOB.is_registered(), BOB.created_crew(), BOB.deleted_the_account()].concat();
        for creator in [[BOB.is_online(), BOB.created_crew()].concat(), gone] {
            given([ALICE.is_online(), creator])
                .when(ALICE.types("create-group crew"))
                .then_refused(GroupExists, "crew already exist", CREW.0);
        }
    }

    #[test]
    fn a_bad_name_is_no_group() {
        for (name, words) in [
            ("x".repeat(65), "Bad name: a name has 1 to 64 characters"),
            (
                "a:b".into(),
                "Bad name: a name has no white space, and none of the signs < > : ( )",
            ),
        ] {
            given([ALICE.is_online()])
                .when(ALICE.types(&format!("create-group {name}")))
                .then_refused(BadName, words, None);
        }
    }
}
