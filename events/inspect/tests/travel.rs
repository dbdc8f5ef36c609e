//! `travel` on a terminal, which is one end of a pseudo-terminal here, and its picture in the docs.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;
mod picture;

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use common::OwnDatabase;
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tenfold_core::event::Recorded;
use tenfold_core::ids::Position;
use tenfold_inspect::clock::Clock;
use tenfold_inspect::moment_argument::MomentArgument;
use tenfold_inspect::travel::{Action, Mark, Model, Sought, Traveller, draw};
use tenfold_replay::history::{Direction, History, Progress};
use tenfold_synthetic::{Shape, Synthetic, store};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

const PATIENCE: Duration = Duration::from_secs(60);
const LINES: NonZeroU16 = NonZeroU16::new(24).unwrap();
const COLUMNS: NonZeroU16 = NonZeroU16::new(80).unwrap();

async fn with_log(events: usize) -> (OwnDatabase, Vec<Recorded>) {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(9)).take(events).collect();
    store(&client, log.iter().cloned()).await.unwrap();
    (own, log)
}

async fn traveller(own: &OwnDatabase, home: &std::path::Path, position: Position) -> Traveller {
    let client = own.database.connect("test").await.unwrap();
    let history = History::open(&client, home, &Progress::default()).await.unwrap();
    Traveller::new(client, home, history, position, Clock::utc()).unwrap()
}

/// In a session of its own where the system has a program for that: the size of a window is asked of the session's terminal.
fn command() -> Command {
    let program = env!("CARGO_BIN_EXE_tenfold-events");
    let setsid = std::path::Path::new("/usr/bin/setsid");
    if !setsid.exists() {
        return Command::new(program);
    }
    let mut command = Command::new(setsid);
    command.args(["--ctty", program]);
    command
}

/// Somebody at a terminal of 80 by 24.
struct Person {
    /// The program's end, so that it can be looked at when the program is gone.
    terminal: OwnedFd,
    keyboard: File,
    screen: mpsc::UnboundedReceiver<Vec<u8>>,
    glass: vt100::Parser,
    program: Child,
}

impl Person {
    fn travels(own: &OwnDatabase, home: &std::path::Path, more: &[&str]) -> Person {
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).unwrap();
        let end = || Stdio::from(pty.slave.try_clone().unwrap());
        let program = command()
            .arg("travel")
            .args(["--database", &own.url, "--home", home.to_str().unwrap()])
            .args(more)
            .env("TERM", "xterm-256color")
            .env("TZ", "UTC")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (terminal, keyboard) = (pty.slave, File::from(pty.master));
        let mut glass = keyboard.try_clone().unwrap();
        let (sender, screen) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = glass.read(&mut chunk) {
                if sender.send(chunk[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Person {
            terminal,
            keyboard,
            screen,
            glass: vt100::Parser::new(LINES, COLUMNS, 0),
            program,
        }
    }

    fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen is as wanted.
    async fn sees(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        loop {
            let screen = self.glass.screen().contents();
            if wanted(&screen) {
                return screen;
            }
            let more = tokio::time::timeout(PATIENCE, self.screen.recv()).await;
            match more {
                Ok(Some(bytes)) => self.glass.process(&bytes),
                _ => panic!("{what} is not to be seen on:\n{screen}"),
            }
        }
    }

    async fn sees_text(&mut self, text: &str) -> String {
        self.sees(text, |screen| screen.contains(text)).await
    }

    /// The terminal as the person has it afterwards: echoing, line by line, with the cursor, and the old screen.
    async fn has_the_terminal_back(mut self) -> std::process::ExitStatus {
        let status = tokio::time::timeout(PATIENCE, self.program.wait())
            .await
            .unwrap()
            .unwrap();
        while let Ok(bytes) = self.screen.try_recv() {
            self.glass.process(&bytes);
        }
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.glass.screen().alternate_screen() && tokio::time::Instant::now() < deadline {
            match tokio::time::timeout(PATIENCE, self.screen.recv()).await {
                Ok(Some(bytes)) => self.glass.process(&bytes),
                _ => break,
            }
        }
        assert!(!self.glass.screen().alternate_screen(), "the old screen is back");
        assert!(!self.glass.screen().hide_cursor(), "the cursor is back");
        let flags = tcgetattr(&self.terminal).unwrap().local_flags;
        assert!(
            flags.contains(LocalFlags::ECHO | LocalFlags::ICANON),
            "keys are shown and lines edited again"
        );
        status
    }
}

#[tokio::test]
async fn one_travels_forward_and_back_and_has_the_terminal_back_in_the_end() {
    let (home, (own, log)) = (tempfile::tempdir().unwrap(), with_log(400).await);
    let end = log.last().unwrap().position;
    let mut person = Person::travels(&own, home.path(), &[]);
    let at = |position: Position| format!(" position {position} of {end}");
    // What is at the bottom is drawn last.
    let shown = person
        .sees("everything", |screen| {
            screen.contains(&at(end)) && screen.contains("q quit")
        })
        .await;
    assert!(shown.contains("Accounts") && shown.contains("Servers"), "{shown}");
    person.types("\u{1b}[D");
    person.sees_text(&at(log[398].position)).await;
    person.types("\u{1b}[C");
    person.sees("what was there before", |screen| screen == shown).await;
    person.types(&format!("g{}\r", log[150].position));
    person.sees_text(&at(log[150].position)).await;
    let is_group = |recorded: &&Recorded| recorded.event.kind() == "GroupCreated";
    let made = log[151..].iter().find(is_group).unwrap();
    person.types("kgroupcr\r");
    person.sees_text(&at(made.position)).await;
    person.sees_text("made the group").await;
    person.types("g999999\r");
    person.sees_text("beyond the end").await;
    person.types("?");
    person.sees_text("one event back").await;
    person.types("q");
    assert!(person.has_the_terminal_back().await.success());
}

#[tokio::test]
async fn a_time_a_user_and_a_filter_lead_where_they_should() {
    let (home, (own, log)) = (tempfile::tempdir().unwrap(), with_log(400).await);
    let end = log.last().unwrap().position;
    let time = log[200].at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let mut person = Person::travels(&own, home.path(), &["--at", &time]);
    person
        .sees_text(&format!(" position {} of {end}", log[200].position))
        .await;
    person.types("fperson-0\r");
    person.sees_text("only person-0").await;
    person.types("\u{1b}[D");
    let screen = person
        .sees("another place", |screen| {
            !screen.contains(&format!(" position {} of", log[200].position))
        })
        .await;
    assert!(screen.contains("only person-0"), "{screen}");
    person.types("uperson-1\r");
    person.types("f\r");
    person
        .sees("everything again", |screen| !screen.contains("only person-0"))
        .await;
    person.types("unobody at all\r");
    person.sees_text("nobody has ever been called nobody at all").await;
    person.types("t2001-01-01\r");
    person.sees_text("before the beginning").await;
    person.types("\u{3}");
    assert!(person.has_the_terminal_back().await.success());
}

#[tokio::test]
async fn a_text_is_found_an_event_is_shown_and_escape_goes_back() {
    let (home, (own, log)) = (tempfile::tempdir().unwrap(), with_log(400).await);
    let end = log.last().unwrap().position;
    let at = |position: Position| format!(" position {position} of {end}");
    let says = |recorded: &&Recorded| {
        recorded
            .event
            .personal()
            .is_some_and(|(_, text)| text.contains("coffee"))
    };
    let found: Vec<Position> = log.iter().filter(says).map(|recorded| recorded.position).collect();
    let mut person = Person::travels(&own, home.path(), &["--at", "0"]);
    person.sees_text("before the first event").await;
    person.types("/COFFEE\r");
    person.sees_text(&at(found[0])).await;
    person.types("n");
    person.sees_text(&at(found[1])).await;
    person.types("\r");
    person.sees_text("Events that required it").await;
    person.types("\u{1b}");
    person
        .sees("the log again", |screen| !screen.contains("Events that required it"))
        .await;
    person.types("N");
    person.sees_text(&at(found[0])).await;
    person.types("z");
    person
        .sees("one projection", |screen| {
            !screen.contains("Friends") && screen.contains("Accounts")
        })
        .await;
    person.types("\u{1b}");
    person.sees_text("Friends").await;
    person.types("\u{1b}");
    person.sees_text(&at(found[1])).await;
    person.types("/nobody ever said this\r");
    person.sees_text("says nobody ever said this").await;
    person.types("q");
    assert!(person.has_the_terminal_back().await.success());
}

#[tokio::test]
async fn a_signal_gives_the_terminal_back_too() {
    let (home, (own, log)) = (tempfile::tempdir().unwrap(), with_log(50).await);
    let mut person = Person::travels(&own, home.path(), &["--at", "0"]);
    person.sees_text("before the first event").await;
    person.types("\u{1b}[C");
    person.sees_text(&format!(" position {} of", log[0].position)).await;
    kill(Pid::from_raw(person.program.id().unwrap() as i32), Signal::SIGTERM).unwrap();
    assert_eq!(person.has_the_terminal_back().await.code(), Some(143));
}

#[tokio::test]
async fn a_database_that_goes_away_is_told_on_the_terminal_as_it_was() {
    let (home, (own, log)) = (tempfile::tempdir().unwrap(), with_log(50).await);
    let mut person = Person::travels(&own, home.path(), &[]);
    person.sees_text(&format!(" position {} of", log[49].position)).await;
    let admin = own.database.connect("test").await.unwrap();
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'tenfold-%/travel/%'
                  and datname = current_database()";
    assert_eq!(admin.query(end, &[]).await.unwrap().len(), 1);
    person.types("\u{1b}[D");
    person.sees_text("tenfold-events: ").await;
    assert_eq!(person.has_the_terminal_back().await.code(), Some(2));
}

#[tokio::test]
async fn actions_lead_to_the_nearest_event_and_those_that_cannot_be_performed_change_nothing() {
    let (home, (own, log)) = (tempfile::tempdir().unwrap(), with_log(500).await);
    let begin = log[250].position;
    let mut traveller = traveller(&own, home.path(), begin).await;
    let refused = traveller
        .perform(&Action::Moment(MomentArgument::Position(Position(1 << 40))))
        .await
        .unwrap();
    assert!(refused.unwrap().contains("beyond the end"));
    let kind = |kind: &str| Sought::Kind(kind.into());
    let refused = traveller
        .perform(&Action::Find(kind("levitated"), Direction::Forward))
        .await
        .unwrap();
    assert!(refused.unwrap().contains("AccountRegistered"), "the types are told");
    assert_eq!(traveller.position(), begin);
    for direction in [Direction::Forward, Direction::Back] {
        assert_eq!(
            traveller
                .perform(&Action::Moment(MomentArgument::Position(begin)))
                .await
                .unwrap(),
            None
        );
        assert_eq!(
            traveller.perform(&Action::Find(kind("seat"), direction)).await.unwrap(),
            None
        );
        let seats = |recorded: &&Recorded| recorded.event.kind().starts_with("Seat");
        let nearest = match direction {
            Direction::Forward => log[251..].iter().find(seats),
            Direction::Back => log[..250].iter().rev().find(seats),
        };
        assert_eq!(traveller.position(), nearest.unwrap().position);
    }
    let scene = traveller.scene().await.unwrap();
    let changed: Vec<_> = scene
        .panels
        .iter()
        .filter(|panel| panel.rows.iter().any(|row| row.mark != Mark::Same))
        .collect();
    assert_eq!(
        changed.iter().map(|panel| panel.title).collect::<Vec<_>>(),
        ["Sessions"],
        "a seat changes no other"
    );
}

#[tokio::test]
async fn what_is_recorded_meanwhile_is_taken_in_when_it_is_wanted() {
    let (home, (own, log)) = (tempfile::tempdir().unwrap(), with_log(100).await);
    let client = own.database.connect("test").await.unwrap();
    client
        .batch_execute(
            "create table later as select * from event where position > 80; delete from event where position > 80",
        )
        .await
        .unwrap();
    let mut traveller = traveller(&own, home.path(), Position(1 << 40)).await;
    let before = traveller.position();
    client
        .batch_execute("insert into event select * from later")
        .await
        .unwrap();
    traveller.perform(&Action::Last).await.unwrap();
    assert_eq!(traveller.position(), before);
    let said = traveller.perform(&Action::Refresh).await.unwrap().unwrap();
    assert!(said.contains("recorded meanwhile"), "{said}");
    assert_eq!(traveller.position(), before);
    traveller.perform(&Action::Last).await.unwrap();
    assert_eq!(traveller.position(), log.last().unwrap().position);
}

/// The picture in the docs is what the program shows of a made-up log. Where this fails because the view has changed on
/// purpose, run it with TENFOLD_WRITE_PICTURES=1 and look at what comes out.
#[tokio::test]
async fn the_picture_in_the_docs_is_what_is_to_be_seen() {
    let (home, (own, log)) = (tempfile::tempdir().unwrap(), with_log(600).await);
    let accepted = log[400..]
        .iter()
        .find(|recorded| recorded.event.kind() == "InviteAccepted")
        .unwrap();
    let mut traveller = traveller(&own, home.path(), accepted.position).await;
    let model = Model::new(traveller.scene().await.unwrap());
    let mut terminal = Terminal::new(TestBackend::new(110, 32)).unwrap();
    terminal.draw(|frame| draw(&model, frame)).unwrap();
    let picture = picture::svg(terminal.backend().buffer());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/travel.svg");
    if std::env::var_os("TENFOLD_WRITE_PICTURES").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &picture).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == picture,
        "docs/travel.svg is not what travel shows; see the comment of this test"
    );
}
