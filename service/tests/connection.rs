//! One connection over a stream in memory: order, bounds, bad input, and every way to disconnect.

#![allow(clippy::unwrap_used)] // a test panics where it fails

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tenfold_core::ids::CommandId;
use tenfold_core::protocol::{Reply, Request, text};
use tenfold_service::buckets::Allowance;
use tenfold_service::slowing::Slowing;
use tenfold_service::{Answer, Conversation, FullError, Outbound, Service, Settings, serve_connection};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Answers each line with itself; `wait` waits for the disconnect, `refuse` is refused, `gate` waits to be let through.
#[derive(Clone, Default)]
struct Echo {
    answered: Arc<AtomicUsize>,
    gave_up: Arc<Notify>,
    gate: Arc<Notify>,
    outbound: Arc<Mutex<Option<Outbound>>>,
}

impl Service for Echo {
    type Conversation = Echo;

    fn begin(&self, _: Option<IpAddr>, outbound: Outbound) -> Echo {
        *self.outbound.lock().unwrap() = Some(outbound);
        self.clone()
    }
}

impl Conversation for Echo {
    async fn answer(&mut self, request: &Request<'_>, _: CommandId) -> Answer {
        let outbound = self.outbound();
        let line = format!("{} {}", request.word, request.rest);
        match line.trim_end() {
            "wait" => {
                outbound.disconnected().cancelled().await;
                self.gave_up.notify_one();
            }
            "gate" => self.gate.notified().await,
            "refuse" => return Reply::refused("no").into(),
            "big" => return said(&"x".repeat(10_000)).into(),
            _ => {}
        }
        self.answered.fetch_add(1, Ordering::SeqCst);
        said(line.trim_end()).into()
    }
}

impl Echo {
    fn outbound(&self) -> Outbound {
        self.outbound.lock().unwrap().clone().unwrap()
    }
}

fn said(words: &str) -> Reply {
    Reply {
        message: Some(words.into()),
        ..Reply::default()
    }
}

struct Connected {
    echo: Echo,
    client: BufReader<DuplexStream>,
    server: JoinHandle<()>,
    stopping: CancellationToken,
}

impl Connected {
    fn new(settings: Settings) -> Connected {
        let (client, stream) = duplex(1024);
        let (echo, stopping) = (Echo::default(), CancellationToken::new());
        let (service, stop) = (echo.clone(), stopping.clone());
        let server = tokio::spawn(async move { serve_connection(stream, None, &service, &settings, &stop).await });
        Connected {
            echo,
            client: BufReader::new(client),
            server,
            stopping,
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.client.get_mut().write_all(bytes).await.unwrap();
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.client.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }
}

#[tokio::test]
async fn replies_come_in_order_and_empty_lines_get_none() {
    let mut connected = Connected::new(Settings::default());
    connected.send(b"one\n\n \t\r\ntwo\r\nthree\n").await;
    for word in ["one", "two", "three"] {
        assert_eq!(connected.line().await, said(word).to_line());
    }
}

#[tokio::test]
async fn bad_lines_are_told_and_the_connection_lives_on() {
    let connected = Connected::new(Settings::default());
    let (long, mut client) = (vec![b'x'; 100_000], connected.client);
    let (mut reading, mut writing) = tokio::io::split(client.get_mut());
    let write = async {
        writing.write_all(&long).await.unwrap();
        writing.write_all(b"\n\xff\n\0\nstill here\n").await.unwrap();
    };
    let mut lines = BufReader::new(&mut reading).lines();
    let read = async {
        for expected in [
            Reply::refused(text::LINE_TOO_LONG),
            Reply::refused(text::NOT_TEXT),
            Reply::refused(text::NOT_TEXT),
            said("still here"),
        ] {
            assert_eq!(lines.next_line().await.unwrap().unwrap(), expected.to_line());
        }
    };
    tokio::join!(write, read);
}

#[tokio::test]
async fn pushes_stand_between_replies() {
    let mut connected = Connected::new(Settings::default());
    connected.send(b"one\ngate\n").await;
    connected.line().await;
    connected.echo.outbound().push("pushed").unwrap();
    assert_eq!(connected.line().await, "pushed");
    connected.echo.gate.notify_one();
    assert_eq!(connected.line().await, said("gate").to_line());
}

#[tokio::test]
async fn who_disconnects_while_waiting_waits_no_more() {
    let mut connected = Connected::new(Settings::default());
    connected.send(b"wait\nhalf a li").await;
    drop(connected.client);
    connected.echo.gave_up.notified().await;
    connected.server.await.unwrap();
    assert_eq!(
        connected.echo.answered.load(Ordering::SeqCst),
        1,
        "half a line is no request"
    );
}

#[tokio::test]
async fn what_was_sent_before_the_end_of_the_input_is_answered() {
    let mut connected = Connected::new(Settings::default());
    connected.send(b"one\ntwo\n").await;
    connected.client.get_mut().shutdown().await.unwrap();
    let mut all = String::new();
    connected.client.read_to_string(&mut all).await.unwrap();
    assert_eq!(all, format!("{}\n{}\n", said("one").to_line(), said("two").to_line()));
}

#[tokio::test]
async fn stopping_finishes_what_was_sent_and_takes_no_more() {
    let mut connected = Connected::new(Settings::default());
    connected.send(b"one\ngate\nlast\n").await;
    connected.line().await;
    connected.stopping.cancel();
    connected.echo.gate.notify_one();
    assert_eq!(connected.line().await, said("gate").to_line());
    assert_eq!(connected.line().await, said("last").to_line());
    assert_eq!(connected.line().await, "");
    connected.server.await.unwrap();
}

#[tokio::test]
async fn a_client_that_never_reads_is_closed_and_holds_little() {
    let settings = Settings {
        inbound: 1000,
        outbound: 1000,
        stuck: Duration::from_millis(100),
        ..Settings::default()
    };
    let mut connected = Connected::new(settings);
    let sent = async { while connected.client.get_mut().write_all(b"big\n").await.is_ok() {} };
    sent.await;
    connected.server.await.unwrap();
    let answered = connected.echo.answered.load(Ordering::SeqCst);
    assert!(answered < 3, "{answered} commands were taken although nobody read");
}

#[tokio::test]
async fn pushes_are_refused_while_the_client_does_not_read() {
    let settings = Settings {
        outbound: 2000,
        ..Settings::default()
    };
    let mut connected = Connected::new(settings);
    connected.send(b"one\n").await;
    connected.line().await;
    let (outbound, wake_up) = (connected.echo.outbound(), Arc::new(Notify::new()));
    let mut pushed = 0;
    while outbound.push(&"x".repeat(99)) != Err(FullError) {
        pushed += 1;
        tokio::task::yield_now().await;
        assert!(pushed < 100, "nobody reads");
    }
    outbound.notify_when_room(&wake_up);
    for _ in 0..pushed {
        assert_eq!(connected.line().await.len(), 99);
    }
    wake_up.notified().await;
    outbound.push("again").unwrap();
    assert_eq!(connected.line().await, "again");
}

#[tokio::test]
async fn refusals_beyond_the_allowance_wait() {
    let allowance = Allowance {
        burst: 1.0,
        per_second: 10.0,
    };
    let settings = Settings {
        slowing: Arc::new(Slowing::new(allowance, allowance)),
        ..Settings::default()
    };
    let (client, stream) = duplex(1024);
    let stopping = CancellationToken::new();
    let peer = Some(IpAddr::from([127, 0, 0, 1]));
    let server =
        tokio::spawn(async move { serve_connection(stream, peer, &Echo::default(), &settings, &stopping).await });
    let mut client = BufReader::new(client);
    client.get_mut().write_all(b"refuse\nrefuse\nrefuse\n").await.unwrap();
    let begun = tokio::time::Instant::now();
    let mut line = String::new();
    for _ in 0..3 {
        client.read_line(&mut line).await.unwrap();
    }
    assert!(begun.elapsed() >= Duration::from_millis(180), "{:?}", begun.elapsed());
    drop(client);
    server.await.unwrap();
}
