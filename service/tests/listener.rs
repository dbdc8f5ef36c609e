//! The listener over real sockets: many clients, one too many, a taken port, the end.

#![allow(clippy::unwrap_used)] // a test panics where it fails

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tenfold_core::ids::CommandId;
use tenfold_core::protocol::{Reply, Request};
use tenfold_service::{Answer, Conversation, Outbound, Service, Settings, bind, bind_first, reserve, serve};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct Polite;

impl Service for Polite {
    type Conversation = Polite;

    fn begin(&self, peer: Option<IpAddr>, _: Outbound) -> Polite {
        assert!(peer.is_some());
        Polite
    }
}

impl Conversation for Polite {
    async fn answer(&mut self, request: &Request<'_>, _: CommandId) -> Answer {
        if request.word == "stall" {
            std::future::pending::<()>().await;
        }
        Reply::success().into()
    }
}

struct Running {
    port: u16,
    stopping: CancellationToken,
    server: JoinHandle<()>,
}

async fn start(settings: Settings) -> Running {
    let listener = bind("127.0.0.1", 0).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let stopping = CancellationToken::new();
    let server = tokio::spawn(serve(listener, Arc::new(Polite), settings, stopping.clone()));
    Running { port, stopping, server }
}

async fn ask(stream: &mut TcpStream, line: &str) -> String {
    stream.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    let mut reply = String::new();
    BufReader::new(stream).read_line(&mut reply).await.unwrap();
    reply.trim_end().to_owned()
}

#[tokio::test]
async fn one_too_many_is_told_and_the_others_are_served() {
    let running = start(Settings {
        connections: 2,
        ..Settings::default()
    })
    .await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = TcpStream::connect(("127.0.0.1", running.port)).await.unwrap();
        assert_eq!(ask(&mut client, "hello").await, Reply::success().to_line());
        clients.push(client);
    }
    let refused = TcpStream::connect(("127.0.0.1", running.port)).await.unwrap();
    let mut line = String::new();
    BufReader::new(refused).read_line(&mut line).await.unwrap();
    let reply: Reply = serde_json::from_str(&line).unwrap();
    assert_eq!(reply.status, 1);
    assert!(reply.message.unwrap().contains("try again later"));
    for client in &mut clients {
        assert_eq!(ask(client, "hello").await, Reply::success().to_line());
    }
}

#[tokio::test]
async fn a_taken_port_is_told_with_what_to_do() {
    let running = start(Settings::default()).await;
    let said = bind("127.0.0.1", running.port).await.unwrap_err().to_string();
    assert!(
        said.contains("is taken") && said.contains("choose another port"),
        "{said}"
    );
    let said = bind("198.51.100.7", 0).await.unwrap_err().to_string();
    assert!(said.contains("no address of this machine"), "{said}");
}

#[tokio::test]
async fn the_first_free_port_is_taken_until_there_is_none() {
    let first = bind("127.0.0.1", 0).await.unwrap();
    let port = first.local_addr().unwrap().port();
    let next = bind_first("127.0.0.1", port..=port.saturating_add(20)).await.unwrap();
    assert_ne!(next.local_addr().unwrap().port(), port);
    let said = bind_first("127.0.0.1", port..=port).await.unwrap_err().to_string();
    assert!(said.contains("are taken"), "{said}");
}

#[tokio::test]
async fn nobody_is_let_in_before_it_listens_and_one_of_two_that_reserved_gets_it() {
    let reserved = reserve("127.0.0.1", 0).await.unwrap();
    let listener = reserved.listen().unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let first = reserve("127.0.0.1", port).await.unwrap();
    let second = reserve("127.0.0.1", port).await.unwrap();
    let refused = TcpStream::connect(("127.0.0.1", port)).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let _listener = first.listen().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
    let said = second.listen().unwrap_err().to_string();
    assert!(said.contains("is taken"), "{said}");
}

#[tokio::test]
async fn the_end_waits_for_no_idle_client_and_not_for_ever() {
    let running = start(Settings {
        ending: Duration::from_millis(200),
        ..Settings::default()
    })
    .await;
    let mut idle = TcpStream::connect(("127.0.0.1", running.port)).await.unwrap();
    ask(&mut idle, "hello").await;
    let mut stalled = TcpStream::connect(("127.0.0.1", running.port)).await.unwrap();
    ask(&mut stalled, "hello").await;
    stalled.write_all(b"stall\n").await.unwrap();
    running.stopping.cancel();
    running.server.await.unwrap();
    assert!(TcpStream::connect(("127.0.0.1", running.port)).await.is_err());
}
