//! Whatever comes over a connection, everybody else goes on.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rand::{Rng, RngExt};
use serde_json::Value;
use tenfold_testcases::model::{World, run_script};
use tenfold_testcases::person::{Person, at_login_server, befriend};
use tenfold_testcases::process::open_files_allowed;
use tenfold_testcases::random::seeded;
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::waiting::PATIENCE;
use tenfold_testcases::wire::{Received, Wire};

const LINE_LIMIT: usize = 64 * 1024;
/// What the servers may need above what they needed before the attack.
const MEMORY_ALLOWED: u64 = 64 << 20;

/// Both kinds of server, with a user who is served and attached.
struct Victims {
    service: Service,
    ann: Person,
    scripts: usize,
}

impl Victims {
    fn new() -> Self {
        // What is tried here goes beyond what the quotas allow.
        let unbounded = Options::new()
            .with("--max-text", "64KiB")
            .with("--connections-per-address", "20000");
        let service = Service::start(unbounded);
        let mut ann = Person::new(service.address(), "ann");
        ann.attach(0);
        service.app_pids();
        Self {
            service,
            ann,
            scripts: 0,
        }
    }

    fn servers(&mut self) -> [SocketAddr; 2] {
        [self.service.address(), self.ann.app_wire().server()]
    }

    /// A client does ordinary things, and ann is still served.
    fn go_on(&mut self) {
        self.scripts += 1;
        let script = include_str!("../scripts/story.in").replace("story", &format!("story{}", self.scripts));
        let finished = self.service.run_client(&script);
        assert_eq!(finished.output, run_script(&mut World::default(), &script));
        assert_eq!(self.ann.does("list-friend")["friend"], serde_json::json!([]));
        assert_eq!(self.ann.sync(), [Value::Null; 0]);
        assert_eq!(self.service.app_pids().len(), 1, "no server was lost");
        self.service.verify();
    }
}

fn assert_refused(reply: &Value, what: &str) {
    assert_eq!(reply["status"], 1, "{what}: {reply}");
    let message = reply["message"].as_str().unwrap_or_default();
    assert!(message.len() > 10, "{what}: a clear error, not {reply}");
}

#[test]
fn random_bytes() {
    let mut victims = Victims::new();
    let mut random = seeded();
    for server in victims.servers() {
        for _ in 0..60 {
            let mut bytes = vec![0; random.random_range(1..5000)];
            random.fill_bytes(&mut bytes);
            let mut wire = Wire::connect(server);
            let _ = wire.send_bytes(&bytes);
            wire.end_input();
            while let Received::Line(reply) = wire.receive(PATIENCE) {
                assert_eq!(reply["status"], 1, "{reply}");
            }
        }
    }
    victims.go_on();
}

#[test]
fn bytes_that_are_no_text() {
    let mut victims = Victims::new();
    let token = victims.ann.token.clone();
    for server in victims.servers() {
        let mut wire = Wire::connect(server);
        for bad in [
            b"a\0b".as_slice(),
            b"\0",
            b"\xff",
            b"\xc3(",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"caf\xe9",
        ] {
            for before in ["", "post ", &format!("post {token} "), &format!("register {token} ")] {
                let line = [before.as_bytes(), bad, b"\n"].concat();
                wire.send_bytes(&line).expect("the server reads");
                assert_refused(&wire.reply(), &format!("{before}{bad:?}"));
            }
        }
        assert_eq!(
            wire.request("foo")["message"],
            "Unknown command foo",
            "the connection lives on"
        );
    }
    assert_eq!(victims.service.state().posts(), []);
    victims.go_on();
}

#[test]
fn lines_up_to_the_limit_and_over_it() {
    let mut victims = Victims::new();
    let start = format!("post {} ", victims.ann.token);
    let longest = "x".repeat(LINE_LIMIT - start.len());
    for end in ["\n", "\r\n"] {
        let wire = victims.ann.app_wire();
        wire.send_bytes(format!("{start}{longest}{end}").as_bytes())
            .expect("the server reads");
        assert_eq!(wire.reply()["message"], "Success!");
    }
    let expected = ("ann".to_owned(), longest.clone());
    assert_eq!(victims.service.state().posts(), [expected.clone(), expected]);

    for server in victims.servers() {
        let mut wire = Wire::connect(server);
        for length in [LINE_LIMIT + 1, 2 * LINE_LIMIT, 1 << 20] {
            let line = format!("{start}{}\n", "x".repeat(length - start.len()));
            wire.send_bytes(line.as_bytes()).expect("the server reads");
            assert_refused(&wire.reply(), "a line too long");
        }
        assert_eq!(
            wire.request("foo")["message"],
            "Unknown command foo",
            "the connection lives on"
        );
    }
    assert_eq!(victims.service.state().posts().len(), 2);
    victims.go_on();
}

#[test]
fn a_line_without_end() {
    let mut victims = Victims::new();
    let before = victims.service.resident_memory();
    for server in victims.servers() {
        let mut stream = TcpStream::connect(server).expect("the server listens");
        stream
            .set_write_timeout(Some(Duration::from_secs(5)))
            .expect("not zero");
        let block = vec![b'x'; 1 << 16];
        for _ in 0..1600 {
            if stream.write_all(&block).is_err() {
                break;
            }
        }
        let grown = victims.service.resident_memory().saturating_sub(before);
        assert!(grown < MEMORY_ALLOWED, "the servers grew by {grown} bytes");
    }
    victims.go_on();
}

#[test]
fn half_a_line_and_a_disconnect() {
    let mut victims = Victims::new();
    let token = victims.ann.token.clone();
    let lines = [
        format!("post {token} never sai"),
        format!("post {token} never said at all\r"),
        "regist".to_owned(),
    ];
    let lines = lines
        .into_iter()
        .chain(["register half".to_owned(), "register half-a-line pw".to_owned()]);
    for line in lines {
        for server in victims.servers() {
            let mut wire = Wire::connect(server);
            wire.send_bytes(line.as_bytes()).expect("the server reads");
            drop(wire);
            let mut wire = Wire::connect(server);
            wire.send_bytes(line.as_bytes()).expect("the server reads");
            wire.end_input();
            while let Received::Line(reply) = wire.receive(PATIENCE) {
                assert_refused(&reply, &line);
            }
        }
    }
    let state = victims.service.state();
    assert_eq!((state.accounts(), state.posts()), (vec!["ann".to_owned()], vec![]));
    victims.go_on();
}

#[test]
fn empty_lines_get_no_reply() {
    let mut victims = Victims::new();
    for server in victims.servers() {
        let mut wire = Wire::connect(server);
        wire.send_bytes(b"\n\r\n  \n\t\n \r\nfoo\n\n")
            .expect("the server reads");
        assert_eq!(wire.reply()["message"], "Unknown command foo");
        wire.end_input();
        assert_eq!(wire.receive(PATIENCE), Received::Closed);
    }
}

#[test]
fn thousands_of_idle_connections() {
    let mut victims = Victims::new();
    let many = open_files_allowed().saturating_sub(1000).min(10_000) / 2;
    let before = victims.service.resident_memory();
    let mut idle = Vec::new();
    for server in victims.servers() {
        for _ in 0..many {
            idle.push(TcpStream::connect_timeout(&server, PATIENCE).expect("the server accepts"));
        }
    }
    let grown = victims.service.resident_memory().saturating_sub(before);
    eprintln!("{} idle connections, {grown} bytes", idle.len());
    assert!(grown < 2 * MEMORY_ALLOWED, "the servers grew by {grown} bytes");
    victims.go_on();
    drop(idle);
    victims.go_on();
}

#[test]
fn a_client_that_never_reads_its_pushes() {
    let mut victims = Victims::new();
    let server = victims.service.address();
    let mut deaf = Person::new(server, "deaf");
    let mut loud = Person::new(server, "loud");
    befriend(&mut deaf, &mut loud);
    deaf.attach(0);
    let before = victims.service.resident_memory();
    let text = "x".repeat(60_000);
    let messages = 500;
    for number in 0..messages {
        loud.does(&format!("send deaf {number} {text}"));
    }
    let grown = victims.service.resident_memory().saturating_sub(before);
    assert!(grown < MEMORY_ALLOWED, "the servers grew by {grown} bytes");
    victims.go_on();

    let mut hearing = Person::login(server, "deaf");
    hearing.attach(0);
    let heard = hearing.sync();
    assert_eq!(heard.len(), messages, "nothing was lost");
    for (number, push) in heard.iter().enumerate() {
        assert!(
            push["message"]
                .as_str()
                .is_some_and(|text| text.starts_with(&format!("{number} ")))
        );
    }
    victims.go_on();
}

#[test]
fn a_client_that_never_reads_its_replies() {
    let mut victims = Victims::new();
    let token = victims.ann.token.clone();
    for number in 0..100 {
        victims
            .ann
            .does(&format!("create-group {}-{number}", "long-name".repeat(6)));
    }
    let before = victims.service.resident_memory();
    let request = format!("list-group {token}\n").repeat(500);
    let mut stream = TcpStream::connect(victims.servers()[1]).expect("the server listens");
    stream
        .set_write_timeout(Some(Duration::from_secs(2)))
        .expect("not zero");
    let deadline = Instant::now() + Duration::from_secs(20);
    while stream.write_all(request.as_bytes()).is_ok() && Instant::now() < deadline {}
    let grown = victims.service.resident_memory().saturating_sub(before);
    assert!(grown < MEMORY_ALLOWED, "the servers grew by {grown} bytes");
    victims.go_on();
}

#[test]
fn a_storm_of_wrong_passwords_does_not_stop_the_others() {
    let mut victims = Victims::new();
    let server = victims.service.address();
    let mut attackers: Vec<_> = (0..20).map(|_| Wire::connect(server)).collect();
    for attacker in &mut attackers {
        let lines = "login ann guessed\n".repeat(50);
        attacker.send_bytes(lines.as_bytes()).expect("the server reads");
    }
    victims.go_on();
    assert_eq!(at_login_server(server, "register another pw")["message"], "Success!");
}
