//! What a question costs must not grow with the log. Plans are made once and kept, but Postgres makes them anew when it has
//! counted its tables, and a plan that looked quick to it then has walked along the whole log for every message.

#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use common::service::Service;
use serde_json::Value;
use tenfold_log::database::Client;
use tokio_postgres::SimpleQueryMessage;

/// So many events, posts and groups of others there are; a page of an index holds some hundreds.
const OTHERS: i64 = 20_000;
/// So many pages one question may touch: a few in each index, for each of ten people.
const MOST_PAGES: i64 = 400;
const SETTINGS: &str = include_str!("../sql/read/settings.sql");

/// A question, the types of its parameters, and what it is asked with: `USER`, `SESSION`, `USERS` and `SESSIONS` stand for
/// those who ask.
type Question = (&'static str, &'static str, &'static str, &'static str);

const QUESTIONS: [Question; 10] = [
    (
        "deliver",
        include_str!("../sql/read/deliver.sql"),
        "uuid[], uuid[], int8[], int8, int8[]",
        "SESSIONS, USERS, array_fill(0::int8, array[10]), 256, '{}'",
    ),
    (
        "addresses",
        include_str!("../sql/read/addresses.sql"),
        "uuid[], uuid[]",
        "USERS, USERS",
    ),
    (
        "lifecycle",
        include_str!("../sql/read/lifecycle.sql"),
        "int8, int8, int8",
        "0, 9223372036854775807, 2000",
    ),
    (
        "identify",
        include_str!("../sql/read/identify.sql"),
        "uuid, bytea",
        "SESSION, '\\x00'",
    ),
    (
        "session_status",
        include_str!("../sql/read/session_status.sql"),
        "uuid",
        "SESSION",
    ),
    (
        "list_friends",
        include_str!("../sql/read/list_friends.sql"),
        "uuid, uuid, int8",
        "SESSION, USER, 8388608",
    ),
    (
        "list_invites",
        include_str!("../sql/read/list_invites.sql"),
        "uuid, uuid, int8",
        "SESSION, USER, 8388608",
    ),
    (
        "list_blocked",
        include_str!("../sql/read/list_blocked.sql"),
        "uuid, uuid, int8",
        "SESSION, USER, 8388608",
    ),
    (
        "list_joined",
        include_str!("../sql/read/list_joined.sql"),
        "uuid, uuid, int8",
        "SESSION, USER, 8388608",
    ),
    (
        "list_posts",
        include_str!("../sql/read/list_posts.sql"),
        "uuid, uuid, int8",
        "SESSION, USER, 8388608",
    ),
];

/// Ten friends in a group, and a log in which others have written much, counted.
async fn grown(in_a_group: bool) -> (Service, Client) {
    let service = Service::new(10).await;
    let mut people = Vec::new();
    for number in 0..10 {
        people.push(service.person(&format!("p{number}")).await);
    }
    for other in &people[1..] {
        service.befriend(&people[0], other).await;
        service.run(&people[0], &format!("send {} hello", other.name)).await;
    }
    if in_a_group {
        service.run(&people[0], "create-group g").await;
        for other in &people[1..] {
            service.run(other, "join-group g").await;
        }
        service.run(&people[0], "send-group g hello").await;
    }
    let client = service.own.database.connect("test").await.unwrap();
    let grow = format!(
        "insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, recipient, data, personal)
         select nextval('event_position'), gen_random_uuid(), gen_random_uuid(), 1, 'MessageSent', 1, gen_random_uuid(), 0,
                md5((n % 50)::text)::uuid, '{{}}', '{{}}'
           from generate_series(1, {OTHERS}) as n;
         insert into post (author, position, text)
         select md5((n % 50)::text)::uuid, 1000000 + n, 'text' from generate_series(1, {OTHERS}) as n;
         analyze;"
    );
    client.batch_execute(&grow).await.unwrap();
    client.batch_execute(SETTINGS).await.unwrap();
    (service, client)
}

/// The pages that the question touches, and the plan.
async fn pages(client: &Client, (name, sql, types, parameters): Question) -> (i64, Value) {
    let mut parameters = parameters.to_owned();
    for (word, meant) in [
        ("SESSIONS", "(select array_agg(id order by position) from session)"),
        ("USERS", "(select array_agg(account_id order by position) from session)"),
        ("SESSION", "(select id from session order by position limit 1)"),
        ("USER", "(select account_id from session order by position limit 1)"),
    ] {
        let value = client.query_one(&format!("select ({meant})::text"), &[]).await.unwrap();
        parameters = parameters.replace(word, &format!("'{}'", value.get::<_, String>(0)));
    }
    client
        .batch_execute(&format!("prepare {name}({types}) as {sql}"))
        .await
        .unwrap();
    let explain = format!("explain (analyze, buffers, format json) execute {name}({parameters})");
    let answer = client.simple_query(&explain).await.unwrap();
    let text = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let plan: Value = serde_json::from_str(text.unwrap()).unwrap();
    let touched = |key: &str| plan[0]["Plan"][key].as_i64().unwrap();
    (touched("Shared Hit Blocks") + touched("Shared Read Blocks"), plan)
}

async fn all_stay_cheap(in_a_group: bool) {
    let (_service, client) = grown(in_a_group).await;
    for question in QUESTIONS {
        let (pages, plan) = pages(&client, question).await;
        assert!(pages < MOST_PAGES, "{} touches {pages} pages: {plan:#}", question.0);
    }
}

#[tokio::test]
async fn questions_stay_cheap_as_the_log_grows() {
    all_stay_cheap(true).await;
}

#[tokio::test]
async fn questions_stay_cheap_where_nobody_is_in_a_group() {
    all_stay_cheap(false).await;
}
