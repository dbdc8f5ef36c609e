//! Why no connection comes about, told apart.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use tenfold_broker::address::Address;
use tenfold_broker::protocol::ConnectError;

use crate::kit::{address, refusal, somewhere};

#[tokio::test]
async fn activemq_refuses_a_wrong_password_and_a_wrong_user() {
    let Some(broker) = somewhere().await else { return };
    let right = address(&broker.url);
    let wrong = |user: Option<String>, password: Option<String>| Address {
        user,
        password,
        ..right.clone()
    };
    for wrong in [
        wrong(right.user.clone(), Some("wrong".into())),
        wrong(Some("nobody".into()), right.password.clone()),
        wrong(None, None),
        wrong(right.user.clone(), Some("x:\\c".repeat(300))),
    ] {
        assert_eq!(refusal(&wrong).await, ConnectError::RefusedLogin);
    }
}

#[tokio::test]
async fn activemq_is_told_from_nobody() {
    let unknown = refusal(&address("stomp://nobody.invalid")).await;
    assert_eq!(unknown, ConnectError::UnknownHost("nobody.invalid".into()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let unreachable = refusal(&address(&format!("stomp://{closed}"))).await;
    assert_eq!(unreachable, ConnectError::Unreachable("connection refused".into()));
}

#[tokio::test]
async fn activemq_is_told_from_what_speaks_something_else() {
    for (answer, words) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "it does not speak STOMP"),
        (b"AMQP\0\0\x09\x01", "it does not speak STOMP"),
        (b"E\0\0\0\x40SFATAL\0", "it does not speak STOMP"),
        (b"", "it closes the connection"),
        (
            b"\x15\x03\x03\0\x02\x02\x46",
            "it speaks TLS there: write stomp+ssl:// in the URL",
        ),
        (
            b"\0\0\x01R\x01ActiveMQ\0\0\0\x0c",
            "it speaks OpenWire there: its STOMP connector has another port",
        ),
        (b"CONNECTED\nversion:1.0\n\n\0", "it speaks STOMP 1.0 and not 1.2"),
        (b"MESSAGE\n\n\0", "a MESSAGE before it knows us"),
    ] {
        let error = refusal(&somebody_who_says(answer)).await;
        assert_eq!(error, ConnectError::Unexpected(words.into()));
    }
}

/// Takes one connection, reads a little and answers it.
fn somebody_who_says(answer: &'static [u8]) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the system has a port");
    let endpoint = listener.local_addr().expect("a listener is somewhere");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody connects");
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(answer);
        shut_down(stream);
    });
    address(&format!("stomp://user:secret@{endpoint}"))
}

/// Reads on meanwhile: closing at once would take back what was said.
fn shut_down(mut stream: TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    while stream.read(&mut [0; 1024]).is_ok_and(|length| length > 0) {}
}

#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn activemq_over_tls_wants_a_build_with_tls() {
    let error = refusal(&address("stomp+ssl://127.0.0.1")).await;
    assert_eq!(error, ConnectError::WithoutTls);
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn activemq_without_tls_is_told_from_one_with() {
    let Some(broker) = somewhere().await else { return };
    let with_tls = Address {
        tls: true,
        ..address(&broker.url)
    };
    let words = "nothing there answers in TLS";
    assert_eq!(refusal(&with_tls).await, ConnectError::Tls(words.into()));
}
