//! The program on a terminal, which is one end of a pseudo-terminal here.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;
use support::fake::Fake;
use support::soon;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// A person at a terminal.
struct Person {
    keyboard: File,
    screen: mpsc::UnboundedReceiver<Vec<u8>>,
    seen: String,
    program: Child,
}

impl Person {
    fn starts_client_of(login: &Fake) -> Person {
        let pty = openpty(None, None).unwrap();
        let end = || Stdio::from(pty.slave.try_clone().unwrap());
        let program = Command::new(env!("CARGO_BIN_EXE_tenfold-client"))
            .args(["127.0.0.1", &login.port().to_string()])
            .env("TERM", "xterm")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let keyboard = File::from(pty.master);
        let mut glass = keyboard.try_clone().unwrap();
        let (sender, screen) = mpsc::unbounded_channel();
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = glass.read(&mut chunk) {
                if sender.send(chunk[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Person {
            keyboard,
            screen,
            seen: String::new(),
            program,
        }
    }

    fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until `text` is on the screen behind what was seen before.
    async fn sees(&mut self, text: &str) {
        loop {
            if let Some(start) = self.seen.find(text) {
                self.seen.drain(..start + text.len());
                return;
            }
            let what = format!("{text:?} on the screen");
            let bytes = soon(&what, self.screen.recv())
                .await
                .unwrap_or_else(|| panic!("{what}: {:?}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
}

/// Whether the client reads key by key, as it does while a prompt waits.
fn is_raw(person: &Person) -> bool {
    let flags = tcgetattr(&person.keyboard).unwrap().local_flags;
    !flags.intersects(LocalFlags::ICANON | LocalFlags::ECHO)
}

#[tokio::test]
async fn messages_stand_above_the_prompt_and_do_no_harm() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut person = Person::starts_client_of(&login);
    person.sees("> ").await;
    // Completion: "log" has two, "logi" one.
    person.types("logi\tann pw\r");
    let mut front = login.accept().await;
    front.expect_command("login ann pw").await;
    front
        .says(r#"{"push":"progress","user":"ann","message":"A server is starting"}"#)
        .await;
    person.sees("(A server is starting)").await;
    front.lets_in("t", 1, &app).await;
    let mut ann = app.accept_user("t", 1).await;
    person.sees("Success!").await;
    person.sees("> ").await;
    person.types("post an\thalf a li");
    person.sees("half a li").await;
    ann.pushes("ann", "bob", "\\u001b[2Jboo", 2).await;
    person.sees("<<<bob->ann: \\u{1b}[2Jboo>>>").await;
    person.sees("post ann half a li").await;
    ann.expect("ack t 2").await;
    person.types("ne\r");
    ann.expect_command("post t half a line").await;
    ann.succeeds().await;
    person.sees("Success!").await;
    person.sees("> ").await;
    person.types("help\r");
    person.sees("send-group <user> <group> <message>").await;
    // Help ends in what looks like a prompt; before the prompt is there, the terminal itself would take the end of the input.
    while !is_raw(&person) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    person.types("\u{4}");
    ann.expect("sync t").await;
    ann.succeeds().await;
    ann.expect("sync t 2").await;
    ann.succeeds().await;
    assert!(soon("the program ends", person.program.wait()).await.unwrap().success());
}

#[tokio::test]
async fn a_byte_that_is_no_text_costs_its_line_alone() {
    let login = Fake::start().await;
    let mut person = Person::starts_client_of(&login);
    person.sees("> ").await;
    person.keyboard.write_all(b"post ann caf\xe9\r").unwrap();
    person.sees(tenfold_core::protocol::text::NOT_TEXT).await;
    person.sees("> ").await;
    person.types("fly\r");
    person.sees("Unknown command fly").await;
    person.types("exit\r");
    assert!(soon("the program ends", person.program.wait()).await.unwrap().success());
}

#[tokio::test]
async fn a_signal_gives_the_terminal_back() {
    for number in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1] {
        let login = Fake::start().await;
        let mut person = Person::starts_client_of(&login);
        person.sees("> ").await;
        person.types("half");
        person.sees("half").await;
        assert!(is_raw(&person));
        kill(Pid::from_raw(person.program.id().unwrap().cast_signed()), number).unwrap();
        let status = soon("the program ends", person.program.wait()).await.unwrap();
        assert_eq!(status.code(), Some(128 + number as i32), "{number}");
        assert!(!is_raw(&person), "{number}");
    }
}

#[tokio::test]
async fn a_paste_of_several_lines_is_several_commands() {
    let login = Fake::start().await;
    let mut person = Person::starts_client_of(&login);
    person.sees("> ").await;
    person.types("\u{1b}[200~fly\nrun\u{1b}[201~\r");
    person.sees("Unknown command fly").await;
    person.sees("Unknown command run").await;
    person.sees("> ").await;
    person.types("exit\r");
    assert!(soon("the program ends", person.program.wait()).await.unwrap().success());
}
