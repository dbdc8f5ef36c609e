//! The program itself: its arguments, its exit status, its output in a pipe.

#![allow(clippy::unwrap_used)]

mod support;

use std::process::{Output, Stdio};

use support::fake::Fake;
use support::soon;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenfold-client"));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn run(arguments: &[&str], input: &'static [u8]) -> Output {
    let mut child = program().args(arguments).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeding = tokio::spawn(async move {
        // A program that refuses to start reads nothing.
        let _ = stdin.write_all(input).await;
    });
    let output = soon("the program ends", child.wait_with_output()).await.unwrap();
    feeding.await.unwrap();
    output
}

#[tokio::test]
async fn wrong_arguments_are_one_sentence_and_status_2() {
    for arguments in [
        &[][..],
        &["127.0.0.1"],
        &["127.0.0.1", "0"],
        &["127.0.0.1", "http"],
        &["", "1"],
    ] {
        let output = run(arguments, b"").await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let sentence = String::from_utf8(output.stderr).unwrap();
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
        assert!(sentence.contains("client HOST PORT"), "{sentence}");
    }
}

#[tokio::test]
async fn nobody_is_asked_where_there_is_nothing_to_ask() {
    let output = run(&["127.0.0.1", "1"], b"\n  \nfly away\nexit\npost a b\n").await;
    assert!(output.status.success() && output.stderr.is_empty());
    assert_eq!(output.stdout, b"Unknown command fly\n");
}

#[tokio::test]
async fn what_is_no_line_is_said_in_its_place() {
    static INPUT: &[u8] = &{
        let mut input = [b'x'; 200_000];
        let rest = b"\n\xff\xfe\nnul\0\nfly";
        let mut index = 0;
        while index < rest.len() {
            input[200_000 - rest.len() + index] = rest[index];
            index += 1;
        }
        input
    };
    let output = run(&["127.0.0.1", "1"], INPUT).await;
    assert!(output.status.success() && output.stderr.is_empty());
    let lines = String::from_utf8(output.stdout).unwrap();
    let not_text = "The line is not text: send UTF-8 without NUL bytes";
    let too_long = "The line is too long: at most 65536 bytes fit; shorten the message";
    assert_eq!(
        lines.lines().collect::<Vec<_>>(),
        [too_long, not_text, not_text, "Unknown command fly"]
    );
}

#[tokio::test]
async fn control_characters_are_escaped_in_a_pipe_too() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let port = login.port().to_string();
    let serving = tokio::spawn(async move {
        let mut front = login.accept().await;
        front.expect_command("login ann pw").await;
        front.lets_in("t", 1, &app).await;
        let mut ann = app.accept_attach("t", 1).await;
        ann.expect("sync t").await;
        ann.pushes(
            "ann",
            "bob",
            "\\u001b[31mred\\u0007\\ttab\\r\\n\\u0085\\u2028\\u202e",
            2,
        )
        .await;
        ann.succeeds().await;
        ann.expect("ack t 2").await;
        ann.expect("sync t").await;
        ann.succeeds().await;
        ann.expect("sync t 2").await;
        ann.succeeds().await;
        ann.closed().await;
    });
    let output = run(&["127.0.0.1", &port], b"login ann pw").await;
    assert!(output.status.success() && output.stderr.is_empty());
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "Success!\n<<<bob->ann: \\u{1b}[31mred\\u{7}\ttab\\r\\n\\u{85}\\u{2028}\\u{202e}>>>\n"
    );
    serving.await.unwrap();
}
