//! Events come back from the log as they went in, whatever people wrote.

use proptest::prelude::*;
use tenfold_core::event::{Event, Undecodable};
use tenfold_core::ids::{AccountId, GroupId, InstanceId};
use uuid::Uuid;

use super::world::{World, steps};

/// Events with text in them that somebody chose.
fn worded() -> impl Strategy<Value = Event> {
    let id = any::<u128>().prop_map(Uuid::from_u128);
    (id.clone(), id, any::<String>(), 0u8..8).prop_map(|(one, other, text, kind)| match kind {
        0 => Event::AccountRegistered {
            account: AccountId(one),
            name: text,
        },
        1 => Event::Posted {
            author: AccountId(one),
            text,
        },
        2 => Event::MessageSent {
            from: AccountId(one),
            to: AccountId(other),
            text,
        },
        3 => Event::GroupMessageSent {
            from: AccountId(one),
            group: GroupId(other),
            text,
        },
        4 => Event::GroupCreated {
            group: GroupId(one),
            name: text,
            creator: AccountId(other),
        },
        5 => Event::InstanceLaunched {
            instance: InstanceId(one),
            reference: text,
        },
        6 => Event::InstanceReady {
            instance: InstanceId(one),
            host: Some(text),
            port: 1,
        },
        _ => Event::InstanceLost {
            instance: InstanceId(one),
            reason: text,
            launch_failure: None,
        },
    })
}

fn there_and_back(event: &Event) -> Result<Event, Undecodable> {
    let encoded = event.encode();
    Event::decode(
        encoded.kind,
        encoded.version,
        &encoded.data,
        encoded.personal.as_deref(),
    )
}

proptest! {
    #[test]
    fn any_text_comes_back(event in worded()) {
        prop_assert_eq!(there_and_back(&event).expect("it was just written"), event);
    }

    #[test]
    fn whole_logs_come_back(past in steps(60)) {
        for event in World::after(&past).log {
            prop_assert_eq!(there_and_back(&event).expect("it was just written"), event);
        }
    }

    #[test]
    fn what_a_person_wrote_stands_in_personal_alone(event in worded(), secret in "[a-z]{40}") {
        let event = match event {
            Event::AccountRegistered { account, .. } => Event::AccountRegistered { account, name: secret.clone() },
            Event::MessageSent { from, to, .. } => Event::MessageSent { from, to, text: secret.clone() },
            Event::GroupMessageSent { from, group, .. } => Event::GroupMessageSent { from, group, text: secret.clone() },
            _ => Event::Posted { author: AccountId(Uuid::nil()), text: secret.clone() },
        };
        let encoded = event.encode();
        prop_assert!(!encoded.data.contains(&secret));
        prop_assert!(encoded.personal.is_some_and(|personal| personal.contains(&secret)));
    }

    #[test]
    fn reading_is_total(kind in "[A-Za-z\"{}]{0,20}", version in any::<i16>(), data in any::<String>(), personal in any::<Option<String>>()) {
        prop_assert!(Event::decode(&kind, version, &data, personal.as_deref()).is_err());
        prop_assert!(Event::decode("Posted", 1, &data, personal.as_deref()).is_err());
    }
}
