//! A log that was changed by hand is told, whatever was changed, and nothing is made anew from it.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::collections::BTreeSet;

use common::service::{Service, happened};
use tenfold_core::command::Actor;
use tenfold_core::intent::Intent;
use tenfold_log::append::{Submission, Writer};
use tenfold_log::database::Client;
use tenfold_log::integrity::{StaleError, Witness, sign, stale};
use tenfold_replay::fold::Counter;
use tenfold_replay::rebuild::{OnDamage, Progress, RebuildError, rebuild, rebuild_with};
use tenfold_replay::verify::verify;

/// Bob and Carol, who know each other and have written; signed twice, and something behind the last checkpoint.
struct Company {
    service: Service,
    client: Client,
    bob: Actor,
    carol: Actor,
}

async fn company() -> Company {
    let service = Service::new(10).await;
    let client = service.own.database.connect("test").await.unwrap();
    sign(&client).await.unwrap().unwrap();
    let [bob, carol] = [service.person("bob").await, service.person("carol").await];
    service.befriend(&bob, &carol).await;
    for (actor, line) in [
        (&bob, "post one"),
        (&carol, "send bob hello"),
        (&bob, "send carol hello"),
        (&carol, "create-group crew"),
        (&bob, "join-group crew"),
    ] {
        happened(service.run(actor, line).await);
    }
    sign(&client).await.unwrap().unwrap();
    for (actor, line) in [
        (&bob, "send-group crew hello"),
        (&carol, "post two"),
        (&bob, "post three"),
    ] {
        happened(service.run(actor, line).await);
    }
    let company = Company {
        service,
        client,
        bob,
        carol,
    };
    assert_eq!(company.findings().await, [""; 0]);
    company
}

impl Company {
    async fn findings(&self) -> Vec<String> {
        verify(&self.client, &Counter::default()).await.unwrap().findings
    }

    async fn keep(&self) {
        let keep = "drop table if exists kept, kept_checkpoint;
                    create table kept as select * from event; create table kept_checkpoint as select * from log_checkpoint";
        self.client.batch_execute(keep).await.unwrap();
    }

    /// The log as it was kept; its checkpoints, too, where they are asked for.
    async fn bring_back(&self, checkpoints: bool) {
        let mut back = "truncate event; insert into event select * from kept;".to_owned();
        if checkpoints {
            back += "truncate log_checkpoint; insert into log_checkpoint select * from kept_checkpoint;";
        }
        self.client.batch_execute(&back).await.unwrap();
    }

    /// The change is told, and no rebuild is made of it where it `matters`; then it is undone.
    async fn assert_told(&self, change: &str, matters: bool) {
        self.client.batch_execute(change).await.unwrap();
        let findings = self.findings().await;
        assert!(!findings.is_empty(), "nothing is found after {change}");
        let rebuilt = rebuild(&self.service.own.database, &Progress::default()).await;
        match rebuilt {
            Err(error) => assert!(error.to_string().contains("restore"), "{change}: {error}"),
            Ok(_) => assert!(!matters, "a rebuild was made after {change}: {findings:#?}"),
        }
        self.bring_back(true).await;
    }
}

#[tokio::test]
async fn every_column_of_every_event_is_under_its_mac() {
    let company = company().await;
    let changes = [
        ("position", "position = position + 100000"),
        ("id", "id = gen_random_uuid()"),
        ("stream", "stream = gen_random_uuid()"),
        ("version", "version = version + 1000"),
        ("kind", "kind = 'SessionEnded'"),
        ("kind_version", "kind_version = 7"),
        ("command_id", "command_id = gen_random_uuid()"),
        ("ordinal", "ordinal = ordinal + 1"),
        ("digest", "digest = coalesce(digest, 0) + 1"),
        ("actor", "actor = case when actor is null then gen_random_uuid() end"),
        (
            "recipient",
            "recipient = case when recipient is null then gen_random_uuid() end",
        ),
        ("recorded_at", "recorded_at = recorded_at + interval '1 microsecond'"),
        ("data", "data = (data::text || ' ')::json"),
        ("personal", "sealed = null, personal = '{\"text\":\"forged\"}'"),
        ("sealed", "personal = null, sealed = coalesce(sealed, '') || '\\x00'"),
        ("mac", "mac = set_byte(mac, 31, get_byte(mac, 31) # 1)"),
    ];
    let select =
        "select attname::text from pg_attribute where attrelid = 'event'::regclass and attnum > 0 and not attisdropped";
    let columns = company.client.query(select, &[]).await.unwrap();
    let columns: BTreeSet<String> = columns.iter().map(|row| row.get(0)).collect();
    let changed: BTreeSet<String> = changes.iter().map(|(column, _)| (*column).to_owned()).collect();
    assert_eq!(
        changed, columns,
        "a column that no MAC is made of, or no change is tried of"
    );
    company.keep().await;
    let rows = company
        .client
        .query("select position, kind from kept", &[])
        .await
        .unwrap();
    for row in rows {
        let (position, kind): (i64, &str) = (row.get(0), row.get(1));
        // All kinds would take long.
        if !["MessageSent", "InviteAccepted", "Posted", "InstanceReady"].contains(&kind) {
            continue;
        }
        for (_, change) in changes {
            let update = format!("update event set {change} where position = {position}");
            company.client.batch_execute(&update).await.unwrap();
            let findings = company.findings().await;
            assert!(!findings.is_empty(), "{kind}: {change}");
            company.bring_back(true).await;
        }
    }
}

#[tokio::test]
async fn what_was_deleted_exchanged_or_forged_is_told_and_not_rebuilt_from() {
    let company = company().await;
    company.keep().await;
    for (change, matters) in [
        ("delete from event where position = (select min(position) from event)", true),
        ("delete from event where kind = 'InviteAccepted'", true),
        ("delete from event where kind = 'MessageSent'", true),
        // The end of a stream, and all of one.
        (
            "delete from event e where kind = 'GroupJoined' or kind = 'GroupMessageSent' or position = (select max(position) from event)",
            true,
        ),
        ("delete from event where stream = (select id from account where name = 'bob')", true),
        // The end of the log, with what was signed.
        ("delete from event where position >= (select max(position) from log_checkpoint)", true),
        // Two events change their places, their streams, or their contents.
        (
            "create table two as select position, row_number() over () as number from event where kind = 'MessageSent';
             update event set position = -position where position in (select position from two);
             update event set position = (select position from two where position <> -event.position) where position < 0;
             drop table two",
            true,
        ),
        (
            "create table two as select position, data, sealed from event where kind = 'MessageSent';
             update event e set data = two.data, sealed = two.sealed from two
              where e.kind = 'MessageSent' and two.position <> e.position;
             drop table two",
            false,
        ),
        // Forged: without a MAC, and with another one's.
        (
            "insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, actor, data)
             select nextval('event_position'), gen_random_uuid(), stream, (select max(version) + 1 from event b where b.stream = e.stream),
                    kind, 1, gen_random_uuid(), 0, actor, data from event e where kind = 'InviteAccepted'",
            true,
        ),
        (
            "insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, actor, data, mac)
             select nextval('event_position'), gen_random_uuid(), stream, (select max(version) + 1 from event b where b.stream = e.stream),
                    kind, 1, gen_random_uuid(), 0, actor, data, mac from event e where kind = 'InviteAccepted'",
            true,
        ),
        // All MACs removed, with and without the checkpoints' agreement.
        ("update event set mac = null where version > 1", true),
        ("update log_checkpoint set macs_after = 1000000; update event set mac = null", true),
        // The checkpoints themselves.
        ("update log_checkpoint set events = events - 1 where position = (select max(position) from log_checkpoint)", true),
        ("delete from log_checkpoint where position = (select min(position) from log_checkpoint)", true),
    ] {
        company.assert_told(change, matters).await;
    }
}

#[tokio::test]
async fn an_end_that_is_cut_off_with_its_checkpoint_is_told_by_what_was_kept_outside() {
    let company = company().await;
    company.keep().await;
    let before = sign(&company.client).await.unwrap().unwrap();
    happened(company.service.run(&company.bob, "post four").await);
    let newest = sign(&company.client).await.unwrap().unwrap();
    assert!(newest.position > before.position);
    let witness = Witness::of(&company.client, &newest).await.unwrap().unwrap();
    assert_eq!(witness.contradicts(&company.client).await.unwrap(), None);
    // The log of an old dump: with the checkpoints of today it lacks events; with its own it is sound, but for the witness.
    company.bring_back(false).await;
    assert!(company.findings().await.iter().any(|what| what.contains("missing")));
    let refused = stale::check(&company.client).await.unwrap_err();
    assert!(
        matches!(refused, StaleError::CutOff { .. }) && refused.to_string().contains("restore"),
        "{refused}"
    );
    company.bring_back(true).await;
    company
        .client
        .batch_execute("delete from post where text = 'four'")
        .await
        .unwrap();
    assert_eq!(company.findings().await, [""; 0]);
    let told = witness.contradicts(&company.client).await.unwrap().unwrap();
    assert!(told.to_string().contains("older copy"), "{told}");
    // It says nothing of another log.
    let other = Service::new(1).await;
    let other = other.own.database.connect("test").await.unwrap();
    assert_eq!(witness.contradicts(&other).await.unwrap(), None);
}

#[tokio::test]
async fn an_event_of_another_history_does_not_fit_between_those_of_this_one() {
    let company = company().await;
    let Company {
        service, client, bob, ..
    } = &company;
    company.keep().await;
    let place = "select setval('event_position', (select max(position) from kept))";
    happened(service.run(bob, "send carol of-another-history").await);
    client
        .batch_execute("create table other as select * from event where position > (select max(position) from kept)")
        .await
        .unwrap();
    company.bring_back(true).await;
    client.batch_execute(place).await.unwrap();
    // The same positions and versions again, by a server that knows nothing of it.
    let writer = Writer::start(service.own.database.clone()).await.unwrap();
    for line in ["send carol one", "send carol two"] {
        happened(writer.submit(service.change(bob, line)).await.unwrap());
    }
    assert_eq!(company.findings().await, [""; 0]);
    client
        .batch_execute(
            "delete from event where position in (select position from other); insert into event select * from other",
        )
        .await
        .unwrap();
    let findings = company.findings().await;
    assert!(findings.len() == 1 && findings[0].contains("MAC"), "{findings:#?}");
}

#[tokio::test]
async fn a_sound_log_stays_sound_whatever_the_service_does() {
    let company = company().await;
    let Company {
        service,
        client,
        bob,
        carol,
    } = &company;
    let own = &service.own;
    let second = Writer::start(own.database.clone()).await.unwrap();
    let mut running = tokio::task::JoinSet::new();
    for round in 0..40 {
        let writer = if round % 2 == 0 { &service.writer } else { &second };
        let (writer, post) = (writer.clone(), service.change(bob, &format!("post {round}")));
        running.spawn(async move { happened(writer.submit(post).await.unwrap()) });
    }
    running.join_all().await;
    happened(
        service
            .writer
            .submit(Submission::new(Intent::Delete(carol.clone())))
            .await
            .unwrap(),
    );
    sign(client).await.unwrap();
    assert_eq!(company.findings().await, [""; 0]);
    client
        .execute(
            "delete from tenfold_keys.account where account_id = $1",
            &[&bob.account.0],
        )
        .await
        .unwrap();
    assert_eq!(tenfold_replay::keyless::delete_all(client).await.unwrap(), 1);
    sign(client).await.unwrap();
    rebuild(&own.database, &Progress::default()).await.unwrap();
    assert_eq!(company.findings().await, [""; 0]);
}

#[tokio::test]
async fn a_message_that_was_altered_stops_no_rebuild() {
    let company = company().await;
    let flip = "update event set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1) where kind = 'MessageSent'";
    company.client.batch_execute(flip).await.unwrap();
    assert!(!company.findings().await.is_empty());
    rebuild(&company.service.own.database, &Progress::default())
        .await
        .unwrap();
    let flip = "update event set data = (data::text || ' ')::json where kind = 'InviteAccepted'";
    company.client.batch_execute(flip).await.unwrap();
    let own = &company.service.own.database;
    let refused = rebuild(own, &Progress::default()).await;
    assert!(matches!(refused, Err(RebuildError::NotWhole { .. })), "{refused:?}");
    rebuild_with(own, &Progress::default(), OnDamage::GoOn).await.unwrap();
}

#[tokio::test]
async fn projections_that_are_not_the_logs_are_not_served() {
    let company = company().await;
    let client = &company.client;
    stale::check(client).await.unwrap();
    client
        .batch_execute("create schema kept; create table kept.account as select * from account; create table kept.pair as select * from pair;
                        create table kept.post as select * from post; create table kept.groups as select * from groups;
                        create table kept.membership as select * from membership; create table kept.instance as select * from instance;
                        create table kept.session as select * from session")
        .await
        .unwrap();
    for (change, table, part) in [
        ("truncate account", "account", "accounts that live"),
        (
            "delete from account where name = 'bob'",
            "account",
            "1 accounts that live",
        ),
        (
            "insert into account values (gen_random_uuid(), 'zoe', 1)",
            "account",
            "never registered",
        ),
        ("truncate pair", "pair", "friendships"),
        ("truncate post", "post", "posts at the end"),
        (
            "insert into post values (100000, gen_random_uuid(), 'forged')",
            "post",
            "not in the log",
        ),
        ("truncate groups", "groups", "groups"),
        ("truncate membership", "membership", "members"),
        ("truncate instance", "instance", "application servers"),
        ("update session set position = position + 1", "session", "sessions"),
    ] {
        client.batch_execute(change).await.unwrap();
        let refused = stale::check(client).await.unwrap_err().to_string();
        assert!(
            refused.contains(part) && refused.contains("bin/events rebuild"),
            "{change}: {refused}"
        );
        let back = format!("truncate {table}; insert into {table} select * from kept.{table}");
        client.batch_execute(&back).await.unwrap();
    }
    stale::check(client).await.unwrap();
}

#[tokio::test]
async fn two_histories_in_one_log_are_told_with_the_events_that_collide() {
    let company = company().await;
    let Company { service, client, .. } = &company;
    // A server on projections that were not made anew after a restore.
    client.batch_execute("truncate account, groups").await.unwrap();
    let bob = service.person("bob").await;
    happened(service.run(&bob, "create-group crew").await);
    let findings = company.findings().await.join("\n");
    assert!(
        findings.contains("two histories") && findings.contains("bob") && findings.contains("crew"),
        "{findings}"
    );
    let refused = rebuild(&service.own.database, &Progress::default()).await.unwrap_err();
    assert!(matches!(refused, RebuildError::Collisions(_)), "{refused}");
    let registered =
        "select string_agg(position::text, ' and ' order by position) from event e where kind = 'AccountRegistered'
                         and stream = any($1)";
    let both: String = client
        .query_one(registered, &[&vec![company.bob.account.0, bob.account.0]])
        .await
        .unwrap()
        .get(0);
    let said = refused.to_string();
    assert!(said.contains(&both) && said.contains("restore"), "{both}: {said}");
}
