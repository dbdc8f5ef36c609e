//! When a log is signed for the first time, and when it is looked through.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::time::Duration;

use common::OwnDatabase;
use common::service::{Service, happened};
use tenfold_log::integrity::{is_due, sign};
use tenfold_replay::fold::Counter;
use tenfold_replay::verify::verify;

#[tokio::test]
async fn what_a_server_of_the_version_before_appends_is_sound_until_the_first_checkpoint() {
    let service = Service::new(10).await;
    let client = service.own.database.connect("test").await.unwrap();
    let bob = service.person("bob").await;
    let append_as_before = "select append_event(gen_random_uuid(), stream, version + 1, 'SessionResumed', 1::smallint, gen_random_uuid(), 0::smallint,
                                                null, stream, null, data::text, null::bytea, null::text)
                              from event where stream = $1 order by version desc limit 1";
    client.query_one(append_as_before, &[&bob.account.0]).await.unwrap();
    happened(service.run(&bob, "post after it").await);
    let verdict = verify(&client, &Counter::default()).await.unwrap();
    assert_eq!(verdict.findings.len(), 0, "{:#?}", verdict.findings);
    // It may still append: nothing is signed yet.
    assert_eq!(sign(&client).await.unwrap(), None);
    let by = |interval: &str| format!("update event set recorded_at = recorded_at {interval} where mac is null");
    client.batch_execute(&by("- interval '1 hour'")).await.unwrap();
    let signed = sign(&client).await.unwrap().unwrap();
    // From now on its own words are signed, too, and none is added.
    client.batch_execute(&by("+ interval '1 hour'")).await.unwrap();
    client.query_one(append_as_before, &[&bob.account.0]).await.unwrap();
    let findings = verify(&client, &Counter::default()).await.unwrap().findings;
    let told = |at: i64, what: &str| {
        let at = format!("position {at}:");
        findings
            .iter()
            .any(|finding| finding.starts_with(&at) && finding.contains(what))
    };
    assert!(told(signed.position.0, "altered"), "{findings:#?}");
    assert!(told(signed.position.0 + 1, "forged"), "{findings:#?}");
}

#[tokio::test]
async fn one_login_server_looks_through_the_log_a_day() {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    assert!(is_due(&client, Duration::from_secs(60)).await.unwrap());
    assert!(!is_due(&client, Duration::from_secs(60)).await.unwrap());
    assert!(is_due(&client, Duration::ZERO).await.unwrap());
}
