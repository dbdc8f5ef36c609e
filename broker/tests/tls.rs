//! Both brokers over TLS, with an authority that only those trust who are told to. What a process trusts is in its
//! environment, as an operator sets it: each test starts itself once more with another.
#![cfg(feature = "tls")]

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use tenfold_broker::address::Address;
use tenfold_broker::connection::protocol;
use tenfold_broker::protocol::{ConnectError, Incoming, Link};
use tenfold_testcases::broker::{Broker, BrokerKind, is_installed};
use tenfold_testcases::waiting::PATIENCE;
use tokio::time::timeout;

/// Names the broker to a test that was started once more.
const URL: &str = "TENFOLD_TEST_TLS_BROKER";
const QUEUE: &str = "tenfold.test-tls";

async fn connect(url: &str) -> Result<Link, ConnectError> {
    let address: Address = url.parse().expect("a broker's URL");
    let protocol = protocol(&address);
    let connected = timeout(PATIENCE, protocol.connect(&address.endpoints[0], Some(QUEUE))).await;
    connected.expect("connecting ends")
}

/// Why no TLS connection comes about.
async fn refusal(url: &str) -> String {
    match connect(url).await {
        Err(ConnectError::Tls(words)) => words,
        Err(other) => panic!("{other}"),
        Ok(link) => panic!("{} is trusted", link.product),
    }
}

/// A long message crosses and comes back.
async fn carries(url: &str) {
    let mut link = match connect(url).await {
        // A young ActiveMQ under load has been seen to answer a first login with "Already connected"; servers try again, too.
        Err(ConnectError::Unexpected(words)) if words.contains("Already connected") => connect(url).await,
        connected => connected,
    }
    .expect("the broker is trusted");
    let body = "0123456789abcdef".repeat(200 << 6);
    let published = link.sending.publish(QUEUE, 1, body.clone()).await;
    published.expect("the broker takes it");
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let next = timeout(PATIENCE, link.incoming.recv()).await;
        seen.extend(next.expect("something comes"));
    }
    assert!(seen.contains(&Incoming::Message(body.into())));
    timeout(PATIENCE, link.sending.close()).await.expect("goodbyes end");
}

/// Runs the test `name` of this program in a process of its own that trusts the authority in `file`.
fn once_more(name: &str, url: &str, file: &Path) {
    let program = std::env::current_exe().expect("this program is a file");
    let mut test = Command::new(program);
    test.args(["--exact", name, "--nocapture"]).env(URL, url);
    let ended = test.env("SSL_CERT_FILE", file).env_remove("SSL_CERT_DIR").output();
    let ended = ended.expect("this program can be started");
    let said = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
}

async fn is_spoken_to_over_tls(kind: BrokerKind, name: &'static str) {
    if let Ok(url) = std::env::var(URL) {
        return carries(&url).await;
    }
    if !is_installed(kind) {
        eprintln!("skipped: there is no {kind:?} on this machine");
        return;
    }
    let broker = tokio::task::spawn_blocking(move || Broker::start_with_tls(kind)).await;
    let broker = broker.expect("a broker starts");
    let url = broker.tls_url();
    // Where nobody was told whom to trust.
    let words = refusal(&url).await;
    if kind == BrokerKind::ActiveMq {
        assert_eq!(words, "its certificate comes from an authority that is unknown here");
    }
    let done = tokio::task::spawn_blocking(move || once_more(name, &url, &broker.ca_file())).await;
    done.expect("a process that trusts the broker is served");
}

#[tokio::test]
async fn rabbitmq_is_spoken_to_over_tls() {
    is_spoken_to_over_tls(BrokerKind::RabbitMq, "rabbitmq_is_spoken_to_over_tls").await;
}

#[tokio::test]
async fn activemq_is_spoken_to_over_tls() {
    is_spoken_to_over_tls(BrokerKind::ActiveMq, "activemq_is_spoken_to_over_tls").await;
}

/// Takes one connection and says that.
fn somebody_who_says(scheme: &str, answer: &'static [u8]) -> String {
    use std::io::{Read, Write};

    let listener = TcpListener::bind("127.0.0.1:0").expect("the system has a port");
    let endpoint = listener.local_addr().expect("a listener is somewhere");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody connects");
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(answer);
    });
    format!("{scheme}://user:secret@{endpoint}")
}

#[tokio::test]
async fn activemq_over_tls_is_told_from_what_has_none() {
    for (answer, words) in [
        (&b"ERROR\nmessage:no\n\n\0"[..], "what answers there does not speak TLS"),
        (b"", "it closes the connection"),
    ] {
        assert_eq!(refusal(&somebody_who_says("stomp+ssl", answer)).await, words);
    }
}

#[tokio::test]
async fn rabbitmq_over_tls_is_told_from_what_has_none() {
    for answer in [&b"AMQP\0\0\x09\x01"[..], b""] {
        refusal(&somebody_who_says("amqps", answer)).await;
    }
}
