//! The writer and the reader on a real Postgres: what is decided together, what conflicts, what is answered again.

#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use common::service::{Service, happened};
use tenfold_core::command::{Actor, Changing, Listing, NewAccount, OpenSession};
use tenfold_core::decide::Rejection;
use tenfold_core::ids::{AccountId, CommandId, SessionId};
use tenfold_core::intent::Intent;
use tenfold_core::refusal::RefusalCode;
use tenfold_log::append::{Outcome, Submission, Writer};
use tenfold_log::read::{Listed, SessionStatus};
use uuid::Uuid;

#[track_caller]
fn refused(outcome: Outcome) -> RefusalCode {
    match outcome {
        Outcome::Refused { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn friends_are_listed_as_the_contract_says() {
    let service = Service::new(10).await;
    let [a, b, c, d] = [
        service.person("a").await,
        service.person("b").await,
        service.person("c").await,
        service.person("d").await,
    ];
    service.befriend(&a, &b).await; // b accepted a's
    service.befriend(&c, &a).await; // a accepted c's
    service.befriend(&d, &a).await; // a accepted d's
    assert_eq!(service.names(&a, Listing::Friends).await, ["c", "d", "b"]);
    assert_eq!(refused(service.run(&a, "invite b").await), RefusalCode::AlreadyFriend);
    happened(service.run(&b, "invite c").await);
    assert_eq!(service.names(&c, Listing::Invites).await, ["b"]);
    assert_eq!(refused(service.run(&c, "invite b").await), RefusalCode::HasInvitedYou);
    assert_eq!(refused(service.run(&b, "invite c").await), RefusalCode::AlreadyInvited);
}

#[tokio::test]
async fn posts_are_listed_friend_by_friend() {
    let service = Service::new(10).await;
    let [a, b, c] = [
        service.person("a").await,
        service.person("b").await,
        service.person("c").await,
    ];
    for line in ["b1", "b2"] {
        happened(service.run(&b, &format!("post {line}")).await);
    }
    happened(service.run(&c, "post c1").await);
    happened(service.run(&b, "post b3").await);
    service.befriend(&c, &a).await;
    service.befriend(&a, &b).await;
    assert_eq!(
        posts(&service, &a, 8 << 20).await,
        (texts(&["c:c1", "b:b1", "b:b2", "b:b3"]), false)
    );
    // Cut at an item's end: one takes 25 bytes of JSON and a comma.
    assert_eq!(posts(&service, &a, 60).await, (texts(&["c:c1", "b:b1"]), true));
    assert_eq!(posts(&service, &a, 1).await, (Vec::new(), true));
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

async fn posts(service: &Service, actor: &Actor, most: usize) -> (Vec<String>, bool) {
    let listed = service.reader.list(actor, service.instance, Listing::Posts, most).await;
    let Ok(Listed::Posts(posts)) = listed else {
        panic!("posts are posts")
    };
    let lines = posts
        .items
        .into_iter()
        .map(|post| format!("{}:{}", post.id, post.message));
    (lines.collect(), posts.is_cut)
}

#[tokio::test]
async fn every_list_is_cut_at_a_name_s_end() {
    let service = Service::new(100).await;
    let a = service.person("a").await;
    for number in 0..10 {
        let other = service.person(&format!("friend-{number}")).await;
        service.befriend(&a, &other).await;
        happened(service.run(&a, &format!("create-group group-{number}")).await);
        let inviter = service.person(&format!("inviter-{number}")).await;
        happened(service.run(&inviter, "invite a").await);
        service.person(&format!("foe-{number}")).await;
        happened(service.run(&a, &format!("block foe-{number}")).await);
    }
    for (listing, begins) in [
        (Listing::Friends, "friend-0"),
        (Listing::Groups, "group-0"),
        (Listing::Joined, "group-0"),
        (Listing::Invites, "inviter-0"),
        (Listing::Blocked, "foe-0"),
    ] {
        for (most, expected) in [(8 << 20, 10), (30, 2)] {
            let listed = service.reader.list(&a, service.instance, listing, most).await;
            let Ok(Listed::Names(names)) = listed else {
                panic!("names are names")
            };
            assert_eq!(names.is_cut, expected < 10, "{listing:?}");
            assert!(
                names.items.len() >= expected && names.items.len() <= expected + 1,
                "{listing:?}: {names:?}"
            );
            assert_eq!(names.items[0], begins);
        }
    }
}

#[tokio::test]
async fn a_command_sent_again_is_answered_again_and_done_once() {
    let service = Service::new(10).await;
    let a = service.person("a").await;
    let id = CommandId(Uuid::now_v7());
    let first = happened(
        service
            .writer
            .submit(service.change(&a, "post hi").identified(id, 1))
            .await
            .unwrap(),
    );
    let again = happened(
        service
            .writer
            .submit(service.change(&a, "post hi").identified(id, 1))
            .await
            .unwrap(),
    );
    assert_eq!(first, again);
    let other = service
        .writer
        .submit(service.change(&a, "post ho").identified(id, 2))
        .await
        .unwrap();
    assert_eq!(other, Outcome::IdReused);
    let logout = || Submission::new(Intent::Logout(a.clone())).identified(CommandId(Uuid::from_u128(5)), 3);
    let first = service.writer.submit(logout()).await.unwrap();
    happened(first.clone());
    assert_eq!(
        service.writer.submit(logout()).await.unwrap(),
        first,
        "though the session is over"
    );
    assert_eq!(
        service.run(&a, "post late").await,
        Outcome::Rejected(Rejection::NotLoggedIn)
    );
}

#[tokio::test]
async fn a_refused_registration_is_remembered_though_not_logged() {
    let service = Service::new(10).await;
    let a = service.person("a").await;
    let register = || {
        let account = AccountId(Uuid::now_v7());
        Submission::new(Intent::Register(NewAccount {
            account,
            name: "a".into(),
        }))
        .identified(CommandId(Uuid::from_u128(9)), 4)
    };
    assert_eq!(
        refused(service.writer.submit(register()).await.unwrap()),
        RefusalCode::NameTaken
    );
    happened(service.writer.submit(Submission::new(Intent::Delete(a))).await.unwrap());
    assert_eq!(
        refused(service.writer.submit(register()).await.unwrap()),
        RefusalCode::NameTaken
    );
    service.register("a").await;
}

#[tokio::test]
async fn many_at_once_through_two_writers_conflict_and_all_get_their_answer() {
    let service = Service::new(10).await;
    let second = Writer::start(service.own.database.clone()).await.unwrap();
    let mut asked = tokio::task::JoinSet::new();
    for index in 0..60 {
        let writer = if index % 2 == 0 {
            service.writer.clone()
        } else {
            second.clone()
        };
        let new = NewAccount {
            account: AccountId(Uuid::now_v7()),
            name: format!("user{}", index % 20),
        };
        asked.spawn(async move { writer.submit(Submission::new(Intent::Register(new))).await.unwrap() });
    }
    let outcomes = asked.join_all().await;
    let made = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::Happened { .. }))
        .count();
    let taken = outcomes
        .into_iter()
        .filter(|outcome| !matches!(outcome, Outcome::Happened { .. }));
    assert_eq!(made, 20);
    assert!(taken.map(refused).all(|code| code == RefusalCode::NameTaken));
}

#[tokio::test]
async fn what_is_remembered_yields_to_what_another_server_did() {
    let service = Service::new(10).await;
    let elsewhere = Writer::start(service.own.database.clone()).await.unwrap();
    let a = service.person("a").await;
    happened(service.run(&a, "post one").await);
    happened(elsewhere.submit(service.change(&a, "post two")).await.unwrap());
    happened(service.run(&a, "post three").await);
    happened(
        elsewhere
            .submit(Submission::new(Intent::Logout(a.clone())))
            .await
            .unwrap(),
    );
    assert_eq!(
        service.run(&a, "post four").await,
        Outcome::Rejected(Rejection::NotLoggedIn)
    );
    assert_eq!(
        service.reader.session_status(&a).await.unwrap(),
        SessionStatus::NotLoggedIn
    );
}

#[tokio::test]
async fn crossing_invites_make_one_invite() {
    let service = Service::new(10).await;
    let second = Writer::start(service.own.database.clone()).await.unwrap();
    for round in 0..20 {
        let a = service.register(&format!("a{round}")).await;
        let b = service.register(&format!("b{round}")).await;
        let a = service.login(a, &format!("a{round}")).await;
        let b = service.login(b, &format!("b{round}")).await;
        let one = service.writer.submit(service.change(&a, &format!("invite {}", b.name)));
        let other = second.submit(service.change(&b, &format!("invite {}", a.name)));
        let (one, other) = tokio::join!(one, other);
        let outcomes = [one.unwrap(), other.unwrap()];
        let sent = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Happened { .. }))
            .count();
        assert_eq!(sent, 1, "{outcomes:?}");
        for actor in [a, b] {
            happened(
                service
                    .writer
                    .submit(Submission::new(Intent::Logout(actor)))
                    .await
                    .unwrap(),
            );
        }
    }
}

#[tokio::test]
async fn no_eleventh_gets_a_seat() {
    let service = Service::new(10).await;
    let second = Writer::start(service.own.database.clone()).await.unwrap();
    let mut asked = tokio::task::JoinSet::new();
    for index in 0..14 {
        let name = format!("user{index}");
        let account = service.register(&name).await;
        let writer = if index % 2 == 0 {
            service.writer.clone()
        } else {
            second.clone()
        };
        let open = OpenSession {
            account,
            name,
            session: SessionId(Uuid::now_v7()),
        };
        asked.spawn(async move { writer.submit(Submission::new(Intent::OpenSession(open))).await.unwrap() });
    }
    let outcomes = asked.join_all().await;
    let waiting = outcomes
        .iter()
        .filter(|outcome| **outcome == Outcome::Rejected(Rejection::NoFreeSeat))
        .count();
    assert_eq!(waiting, 4, "{outcomes:?}");
}

#[tokio::test]
async fn a_bad_parameter_faults_nobody_else() {
    let service = Service::new(10).await;
    let a = service.person("a").await;
    // Postgres takes no NUL in a text: the wire refuses it, and if it did not, only this one must fail.
    let mut bad = service.change(&a, "post x");
    let Intent::Change {
        command: Changing::Post(post),
        ..
    } = &mut bad.intent
    else {
        panic!("a post")
    };
    post.text = "a\0b".into();
    let (bad, good) = tokio::join!(
        service.writer.submit(bad),
        service.writer.submit(service.change(&a, "post y"))
    );
    assert!(bad.is_err());
    happened(good.unwrap());
}
