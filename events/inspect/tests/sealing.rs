//! What people write and are called is sealed in the log; when an account is deleted nothing of it can be found any more.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::collections::HashMap;
use std::process::{Command, Output};

use common::service::{Service, happened};
use common::{MASTER_KEY, OwnDatabase};
use tenfold_core::command::Actor;
use tenfold_core::event::Event;
use tenfold_core::ids::Position;
use tenfold_core::intent::Intent;
use tenfold_log::append::Submission;
use tenfold_log::database::Client;
use tenfold_log::operational::setting;
use tenfold_log::read::{Delivered, Held};
use tenfold_log::sealing::{MasterKey, erased, plain};
use tenfold_log::span::{Span, high_water_mark};
use tenfold_replay::fold::{Counter, Folded, fold, replay};
use tenfold_replay::rebuild::{Progress, RebuildError, rebuild};
use tenfold_replay::state;
use tenfold_replay::verify::verify;
use tenfold_synthetic::{Shape, Synthetic, store, store_sealed};

/// What the deleted person is called and writes; nothing else in these tests looks like any of it.
const SECRETS: [&str; 5] = ["zerlina", "first-quux", "second-quux", "whispered-quux", "shouted-quux"];

/// Bob and Carol, and Zerlina, who knows them both and has written to both.
struct Company {
    service: Service,
    bob: Actor,
    carol: Actor,
    zerlina: Actor,
}

async fn company() -> Company {
    let service = Service::new(10).await;
    let [bob, carol, zerlina] = [
        service.person("bob").await,
        service.person("carol").await,
        service.person("zerlina").await,
    ];
    service.befriend(&bob, &zerlina).await;
    service.befriend(&zerlina, &carol).await;
    service.befriend(&bob, &carol).await;
    for (actor, line) in [
        (&zerlina, "post first-quux"),
        (&bob, "post still here"),
        (&zerlina, "post second-quux"),
        (&zerlina, "create-group crew"),
        (&bob, "join-group crew"),
        (&zerlina, "send bob whispered-quux"),
        (&carol, "send bob audible"),
        (&zerlina, "send-group crew shouted-quux"),
        (&bob, "send-group crew heard you"),
    ] {
        happened(service.run(actor, line).await);
    }
    Company {
        service,
        bob,
        carol,
        zerlina,
    }
}

impl Company {
    async fn client(&self) -> Client {
        self.service.own.database.connect("test").await.unwrap()
    }

    async fn delete_zerlina(&self) {
        let delete = Submission::new(Intent::Delete(self.zerlina.clone()));
        happened(self.service.writer.submit(delete).await.unwrap());
    }
}

/// Every row of every table there is, as text.
async fn everything(client: &Client) -> String {
    let tables = "select format('%I.%I', schemaname, tablename) from pg_tables
                   where schemaname not in ('pg_catalog', 'information_schema')";
    let mut all = String::new();
    for table in client.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        let rows = client
            .query(&format!("select t::text from {table} t"), &[])
            .await
            .unwrap();
        all.extend(rows.iter().map(|row| format!("{table}: {}\n", row.get::<_, String>(0))));
    }
    all
}

#[track_caller]
fn assert_tells_nothing(text: &str, of: &str) {
    for secret in SECRETS {
        let at = text.find(secret);
        let line = at
            .map(|at| text[..at].rfind('\n').map_or(0, |end| end + 1))
            .map(|begin| &text[begin..]);
        assert!(
            at.is_none(),
            "{of} tells {secret}: {:?}",
            line.and_then(|line| line.lines().next())
        );
    }
}

/// `tenfold-events` on the database, with the master key unless it is `None`.
async fn events(url: &str, arguments: &[&str], key: Option<&MasterKey>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenfold-events"));
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TENFOLD_")) {
        command.env_remove(variable);
    }
    command
        .args(arguments)
        .args(["--database", url])
        .env_remove("DATABASE_URL");
    let nowhere = tempfile::tempdir().unwrap();
    command.env("TENFOLD_HOME", nowhere.path());
    if let Some(key) = key {
        command.env("TENFOLD_MASTER_KEY", key.reveal());
    }
    let output = tokio::task::spawn_blocking(move || (command.output().unwrap(), nowhere));
    output.await.unwrap().0
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn succeeds(url: &str, arguments: &[&str]) -> String {
    let output = events(url, arguments, Some(&MasterKey::new(MASTER_KEY))).await;
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// One sentence on standard error, nothing on standard output, and status 2.
async fn refused(url: &str, arguments: &[&str], key: Option<&MasterKey>) -> String {
    let output = events(url, arguments, key).await;
    let said = text(&output.stderr);
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(2), ""),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[tokio::test]
async fn in_the_log_there_is_no_plain_text() {
    let company = company().await;
    let client = company.client().await;
    let rows = client.query("select t::text from event t", &[]).await.unwrap();
    let log: String = rows.iter().map(|row| row.get::<_, String>(0)).collect();
    assert_tells_nothing(&log, "the log");
    let unsealed = "select count(*) from event where personal is not null";
    assert_eq!(client.query_one(unsealed, &[]).await.unwrap().get::<_, i64>(0), 0);
    let url = &company.service.own.url;
    let told = succeeds(url, &["tail", "--json"]).await;
    for secret in SECRETS {
        assert!(told.contains(secret), "while she lives her {secret} is told: {told}");
    }
}

#[tokio::test]
async fn nothing_of_a_deleted_account_is_found_anywhere_and_the_others_past_is_as_it_was() {
    let company = company().await;
    let client = company.client().await;
    let url = company.service.own.url.clone();
    let before = state::now(&client).await.unwrap();
    company.delete_zerlina().await;
    assert_tells_nothing(&everything(&client).await, "the database");
    let end = high_water_mark(&client).await.unwrap();
    let stand_in = erased(company.zerlina.account.0);
    for arguments in [&["tail", "--json"][..], &["tail"]] {
        let told = succeeds(&url, arguments).await;
        assert_tells_nothing(&told, "tail");
        assert!(told.contains(&stand_in) && told.contains("still here"), "{told}");
    }
    // Each state there ever was, here, and some of them by the program.
    for position in 0..=end.0 {
        let then = state::at(&client, Position(position)).await.unwrap();
        assert_tells_nothing(&format!("{then:?}"), &format!("the state at {position}"));
    }
    let then = state::at(&client, before.position).await.unwrap();
    let renamed = |text: &String| match text.as_str() {
        "zerlina" | "first-quux" | "second-quux" => stand_in.clone(),
        other => other.to_owned(),
    };
    let mut wanted: Vec<String> = before.accounts.iter().map(renamed).collect();
    wanted.sort_unstable();
    assert_eq!(then.accounts, wanted);
    assert_eq!(
        (then.friends.len(), then.posts.len()),
        (before.friends.len(), before.posts.len())
    );
    assert!(
        then.posts
            .iter()
            .any(|post| post.author == "bob" && post.message == "still here")
    );
    assert!(
        then.posts
            .iter()
            .any(|post| post.author == stand_in && post.message == stand_in)
    );
    let told = succeeds(&url, &["state", "--json", "--at", &before.position.to_string()]).await;
    assert_tells_nothing(&told, "state --at");
    // The tools go on.
    succeeds(&url, &["verify"]).await;
    succeeds(&url, &["rebuild"]).await;
    succeeds(&url, &["verify"]).await;
    assert_tells_nothing(&everything(&client).await, "the rebuilt database");
    assert_eq!(
        company
            .service
            .names(&company.bob, tenfold_core::command::Listing::Friends)
            .await,
        ["carol"]
    );
    // Her name is free, and whoever takes it is somebody else.
    let another = company.service.person("zerlina").await;
    assert_ne!(another.account, company.zerlina.account);
}

#[tokio::test]
async fn what_a_deleted_account_sent_and_nobody_was_told_is_skipped_in_order() {
    let company = company().await;
    let from = |delivery: &tenfold_log::read::Delivery| -> Vec<String> {
        let message = |item: &Delivered| match item {
            Delivered::Message { push, .. } => push.to_line(),
            other => format!("{other:?}"),
        };
        delivery.items.iter().map(|(_, item)| message(item)).collect()
    };
    let cursors = [
        (company.bob.clone(), Position::START),
        (company.carol.clone(), Position::START),
    ];
    let reader = &company.service.reader;
    let all = reader.deliver(&cursors, 100, &Held::new()).await.unwrap();
    assert_eq!(all.items.len(), 4, "{:?}", from(&all));
    company.delete_zerlina().await;
    for limit in [100, 1, 2] {
        let mut told = Vec::new();
        let mut cursor = Position::START;
        let mut limit = limit;
        // As the subscription does: where nothing of what was read is for anybody, more is read.
        let high_water_mark = loop {
            let asked = [(company.bob.clone(), cursor)];
            let round = reader.deliver(&asked, limit, &Held::new()).await.unwrap();
            told.extend(from(&round));
            match round.items.last() {
                Some((_, item)) => cursor = item.position(),
                None => limit *= 2,
            }
            if round.unfinished.is_empty() {
                break round.high_water_mark;
            }
        };
        assert!(high_water_mark > all.items[0].1.position());
        let text = told.join("\n");
        assert_tells_nothing(&text, "delivery");
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("audible") && told[1].contains("heard you"), "{told:?}");
    }
}

#[tokio::test]
async fn a_command_sent_again_is_answered_again_also_after_the_account_is_gone() {
    let company = company().await;
    let service = &company.service;
    let id = tenfold_core::ids::CommandId(uuid::Uuid::now_v7());
    let post = || service.change(&company.zerlina, "post third").identified(id, 1);
    let (position, events) = happened(service.writer.submit(post()).await.unwrap());
    assert!(matches!(&events[..], [Event::Posted { text, .. }] if text == "third"));
    assert_eq!(
        happened(service.writer.submit(post()).await.unwrap()),
        (position, events)
    );
    company.delete_zerlina().await;
    assert_eq!(happened(service.writer.submit(post()).await.unwrap()).0, position);
}

#[tokio::test]
async fn a_part_that_was_moved_to_another_event_is_shown_as_damaged_and_what_is_known_of_it_stays() {
    let company = company().await;
    let client = company.client().await;
    let swap = "update event e set sealed = other.sealed from event other
                 where e.kind = 'Posted' and other.kind = 'Posted' and e.stream = other.stream
                   and other.position > e.position returning e.position";
    let position: i64 = client.query_one(swap, &[]).await.unwrap().get(0);
    let (until, counter) = (high_water_mark(&client).await.unwrap(), Counter::default());
    let folded = fold(&client, Span::up_to(until), Folded::default(), &counter)
        .await
        .unwrap();
    let texts: Vec<&str> = folded.facts.posts().map(|post| post.text.as_str()).collect();
    assert!(texts.contains(&"(damaged)") && texts.len() > 1, "{texts:?}");
    let damages = counter.damages();
    assert!(
        damages[0].position.0 == position && damages[0].cause.contains("does not open"),
        "{damages:?}"
    );
    let before = everything(&client).await;
    let (url, key) = (&company.service.own.url, MasterKey::new(MASTER_KEY));
    for (task, status) in [("verify", 1), ("rebuild", 2)] {
        let output = events(url, &[task], Some(&key)).await;
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(
            output.status.code() == Some(status) && said.contains("does not open"),
            "{said}"
        );
        assert!(said.contains("restore") && !said.contains("events rebuild"), "{said}");
    }
    assert_eq!(
        everything(&client).await,
        before,
        "the text that the projection has is not replaced"
    );
    assert!(succeeds(url, &["tail"]).await.contains("(damaged)"));
}

#[tokio::test]
async fn a_damaged_message_stops_no_tool() {
    let company = company().await;
    let client = company.client().await;
    let flip = "update event set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 255)
                 where position = (select max(position) from event where kind = 'MessageSent') returning position";
    let position = client.query_one(flip, &[]).await.unwrap().get::<_, i64>(0).to_string();
    let url = &company.service.own.url;
    for arguments in [
        &["state", "--at", &position][..],
        &["rebuild"],
        &["fork", "--skip", &position],
        &["show", &position],
        &["tail"],
    ] {
        let output = events(url, arguments, Some(&MasterKey::new(MASTER_KEY))).await;
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        assert!(said.contains("(damaged)"), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn without_the_master_key_names_and_texts_are_sealed_and_nothing_is_made_of_that() {
    let company = company().await;
    let client = company.client().await;
    let url = &company.service.own.url;
    let before = everything(&client).await;
    for arguments in [&["tail", "--json"][..], &["tail"], &["state", "--at", "20"]] {
        let output = events(url, arguments, None).await;
        let told = text(&output.stdout);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_tells_nothing(&told, "a tool without the key");
        assert!(told.contains("(sealed)"), "{told}");
    }
    for task in ["verify", "rebuild"] {
        let said = refused(url, &[task], None).await;
        assert!(said.contains("master.key") && said.contains("--home"), "{said}");
    }
    assert_eq!(everything(&client).await, before);
    let fingerprint = MasterKey::new(MASTER_KEY).fingerprint();
    setting::load_or_create(&client, setting::MASTER_KEY, &fingerprint)
        .await
        .unwrap();
    let wrong = MasterKey::new([8; 32]);
    let said = refused(url, &["state"], Some(&wrong)).await;
    assert!(
        said.contains(&fingerprint) && said.contains(&wrong.fingerprint()),
        "{said}"
    );
}

#[tokio::test]
async fn where_the_keys_were_not_brought_back_a_rebuild_changes_nothing() {
    let company = company().await;
    let client = company.client().await;
    client.batch_execute("delete from tenfold_keys.account").await.unwrap();
    let before = everything(&client).await;
    let refused = rebuild(&company.service.own.database, &Progress::default()).await;
    assert!(matches!(refused, Err(RebuildError::NoKeys(3))), "{refused:?}");
    assert_eq!(everything(&client).await, before);
}

#[tokio::test]
async fn what_an_earlier_version_wrote_is_sealed_and_reads_as_before() {
    let own = OwnDatabase::empty().await;
    own.database.migrate_as_of_old(3).await.unwrap();
    let client = own.database.connect("test").await.unwrap();
    store(&client, Synthetic::new(Shape::dense(3)).take(2500))
        .await
        .unwrap();
    own.database.migrate().await.unwrap();
    let before = texts(&client).await;
    let sealed = plain::seal_all(&client).await.unwrap();
    assert_eq!(sealed as usize, before.len());
    assert_eq!(plain::seal_all(&client).await.unwrap(), 0);
    let deleted: Vec<uuid::Uuid> = client
        .query("select stream from event where kind = 'AccountDeleted'", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert!(deleted.len() > 5, "{}", deleted.len());
    let after = texts(&client).await;
    assert_eq!(after.len(), before.len());
    for (position, (stream, text)) in &before {
        let is_gone = deleted.contains(stream);
        let wanted = if is_gone { erased(*stream) } else { text.clone() };
        assert_eq!(after[position].1, wanted, "at {position}");
    }
    rebuild(&own.database, &Progress::default()).await.unwrap();
    let verdict = verify(&client, &Counter::default()).await.unwrap();
    assert!(verdict.differences.is_empty(), "{:#?}", verdict.differences.sentences());
}

#[tokio::test]
async fn a_synthetic_log_can_be_stored_as_a_service_would_have_sealed_it() {
    let log = || Synthetic::new(Shape::dense(5)).take(15_000);
    let (plain, sealed) = (OwnDatabase::new().await, OwnDatabase::new().await);
    let [one, other] = [
        plain.database.connect("test").await.unwrap(),
        sealed.database.connect("test").await.unwrap(),
    ];
    store(&one, log()).await.unwrap();
    let end = store_sealed(&other, &MasterKey::new(MASTER_KEY), log()).await.unwrap();
    // Longer than what a few keys are looked up for: all are taken.
    assert_eq!(
        state::at(&one, end).await.unwrap(),
        state::at(&other, end).await.unwrap()
    );
    rebuild(&sealed.database, &Progress::default()).await.unwrap();
    let verdict = verify(&other, &Counter::default()).await.unwrap();
    assert!(verdict.differences.is_empty(), "{:#?}", verdict.differences.sentences());
    let unsealed = "select count(*) from event where personal is not null";
    assert_eq!(other.query_one(unsealed, &[]).await.unwrap().get::<_, i64>(0), 0);
}

/// What people wrote and are called, by position, with whose it is.
async fn texts(client: &Client) -> HashMap<i64, (uuid::Uuid, String)> {
    let until = high_water_mark(client).await.unwrap();
    replay(
        client,
        Span::up_to(until),
        HashMap::new(),
        &Counter::default(),
        |texts, entry| {
            if let Some((_, text)) = entry.event.personal() {
                texts.insert(entry.position.0, (entry.event.stream().id(), text.to_owned()));
            }
            Ok(())
        },
    )
    .await
    .unwrap()
}

/// Hand-made changes of the log itself. The projections are as they were, or a rebuild would seal the change in.
#[tokio::test]
async fn a_log_that_was_changed_by_hand_is_told_and_never_to_be_rebuilt() {
    let company = company().await;
    let client = company.client().await;
    let url = &company.service.own.url;
    assert!(succeeds(url, &["verify"]).await.contains("what the log says"));
    let changes = [
        (
            "delete from event where position = (select min(position) from event where kind = 'MessageSent')",
            "missing",
        ),
        ("delete from event where kind = 'InviteAccepted'", "missing"),
        (
            "update event set recipient = gen_random_uuid() where kind = 'MessageSent'",
            "recipient",
        ),
        (
            "update event set recorded_at = recorded_at - interval '1 day' where kind = 'MessageSent'",
            "time",
        ),
        (
            "update event set actor = gen_random_uuid() where kind = 'MessageSent'",
            "actor",
        ),
        (
            "update event set version = version + 1000 where kind = 'MessageSent'",
            "version",
        ),
        (
            "update event set sealed = null, personal = '{\"text\":\"forged\"}' where kind = 'MessageSent'",
            "plain text",
        ),
        (
            "update event set position = position + 1000 where kind = 'MessageSent'",
            "sequence",
        ),
    ];
    client
        .batch_execute("create table kept as select * from event")
        .await
        .unwrap();
    for (change, part) in changes {
        client.batch_execute(change).await.unwrap();
        let output = events(url, &["verify"], Some(&MasterKey::new(MASTER_KEY))).await;
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{change}: {said}");
        assert!(said.contains(part) && said.contains("restore"), "{change}: {said}");
        assert!(!said.contains("events rebuild"), "{change}: {said}");
        let back = "truncate event; insert into event select * from kept";
        client.batch_execute(back).await.unwrap();
    }
}
