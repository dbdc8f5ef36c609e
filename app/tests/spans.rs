//! What is logged under a command carries the command's id, session and instance; what is delivered, its session and instance.

#![allow(clippy::unwrap_used)] // a test panics where it fails

mod common;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use common::{House, befriend};
use uuid::Uuid;

/// Lines that were logged on this thread, on which all of a test's tasks run.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// Lines that have all of these words.
    fn lines_with(&self, words: &[&str]) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let has_all = |line: &&str| words.iter().all(|word| line.contains(word));
        text.lines().filter(has_all).map(str::to_owned).collect()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn lines_carry_the_commands_id_its_session_and_its_instance() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("tenfold_service=debug,tenfold_app=debug")
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);

    let house = House::new().await;
    let server = house.server(10).await;
    let (alice, bob, mut alices) = (
        house.user("alice").await,
        house.user("bob").await,
        server.client().await,
    );
    befriend(&mut alices, &alice, &bob).await;
    let mut bobs = server.client().await;
    bobs.attach(&bob).await;
    let id = Uuid::new_v4();
    let reply = alices.ask(&format!("@{id} send {} bob hello", alice.token)).await;
    assert_eq!(reply["message"], "Success!");
    assert_eq!(bobs.next().await["message"], "hello");

    let (of_alice, of_bob) = (alice.actor.session.to_string(), bob.actor.session.to_string());
    let instance = format!("instance={}", server.instance);
    let answered = captured.lines_with(&["answered", &format!("command{{id={id}"), &of_alice, &instance]);
    assert_eq!(answered.len(), 1, "{:?}", captured.lines_with(&["answered"]));
    let position = format!("position={}", reply["position"]);
    let pushed = captured.lines_with(&["pushed", &position, &format!("session={of_bob}"), &instance]);
    assert_eq!(pushed.len(), 1, "{:?}", captured.lines_with(&["pushed"]));
    // A command without an id of its own gets one, and one without a session has none.
    alices.ask("fly away").await;
    let unknown = captured.lines_with(&["answered", "command{id=", &instance]);
    assert!(unknown.iter().any(|line| !line.contains("session=")), "{unknown:?}");
}
