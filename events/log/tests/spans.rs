//! What the writer logs about a command is logged under the command's span.
#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use common::service::{Service, happened};
use tracing::Level;

/// Lines that are kept.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_command_is_followed_to_its_record_by_its_span() {
    let service = Service::new(10).await;
    let alice = service.person("alice").await;
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // The writer's task runs on this thread.
    let _logging = tracing::subscriber::set_default(subscriber);
    let span = tracing::info_span!("command", id = "0000-7");
    let submission = span.in_scope(|| service.change(&alice, "post secret words"));
    happened(service.writer.submit(submission).await.unwrap());
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let line = text
        .lines()
        .find(|line| line.contains("the command is decided"))
        .unwrap();
    assert!(
        line.contains("command{id=\"0000-7\"}") && line.contains("happened"),
        "{line}"
    );
    assert!(!text.contains("secret words"), "{text}");
}
