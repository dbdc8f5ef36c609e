//! Without the master key names and texts cannot be told apart: no tool takes what stands for them for names.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::process::Output;

use common::program::{program, text};
use common::service::{Service, happened};

/// The program, without the key.
async fn locked(url: &str, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = program(&[arguments, &["--database", url]].concat());
    command
        .env_remove("TENFOLD_MASTER_KEY")
        .env("TENFOLD_HOME", home.path());
    tokio::task::spawn_blocking(move || (command.output().unwrap(), home))
        .await
        .unwrap()
        .0
}

async fn with_people() -> (Service, String) {
    let service = Service::new(10).await;
    let [ann, bob] = [service.person("ann").await, service.person("bob").await];
    service.befriend(&ann, &bob).await;
    let (position, _) = happened(service.run(&ann, "post hello").await);
    (service, position.to_string())
}

#[tokio::test]
async fn two_sealed_names_break_no_rule() {
    let (service, _) = with_people().await;
    let output = locked(&service.own.url, &["bisect", "--breaks", "invariant"]).await;
    let (told, said) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{told}{said}");
    assert!(told.contains("invariant never breaks"), "{told}");
    assert!(
        said.contains("whether two accounts have one name is not looked at"),
        "{said}"
    );
    let output = locked(&service.own.url, &["bisect", "--holds", "seats-over-limit"]).await;
    assert_eq!(
        text(&output.stderr),
        "",
        "where no names are compared nothing is said of them"
    );
}

#[tokio::test]
async fn what_compares_names_says_that_it_cannot_and_what_needs_them_is_refused() {
    let (service, post) = with_people().await;
    let url = &service.own.url;
    for arguments in [&["fork", "--skip", &post][..], &["diff", "1", &post]] {
        let output = locked(url, arguments).await;
        let said = text(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        assert!(
            said.contains("whether names and texts differ is not looked at"),
            "{arguments:?}: {said}"
        );
    }
    let typed = format!("{post}=post ann more");
    let replaced = format!("{post}={{\"at\":\"2026-11-25T00:00:00Z\"}}");
    for arguments in [
        &["fork", "--insert-after", &typed][..],
        &["fork", "--replace", &replaced],
        &["export", "-", "--from", "1"],
        &["story", "(sealed)"],
        &["why", "(sealed)", &post],
        &["tail", "--user", "(sealed)"],
    ] {
        let output = locked(url, arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stdout));
        let said = text(&output.stderr);
        assert!(said.contains("master key"), "{arguments:?}: {said}");
    }
}
