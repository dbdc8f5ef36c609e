//! Why no connection comes about, told apart.

use std::io::Write;
use std::net::TcpListener;

use futures_util::future::join_all;
use tenfold_broker::address::Address;
use tenfold_broker::protocol::ConnectError;
use tenfold_core::protocol::Endpoint;

use crate::kit::{address, refusal, somewhere, try_link};

#[tokio::test]
async fn rabbitmq_refuses_a_wrong_password_and_a_wrong_user() {
    let Some(broker) = somewhere().await else { return };
    let right = address(&broker.url);
    let wrong = |user: Option<String>, password: Option<String>| Address {
        user,
        password,
        ..right.clone()
    };
    let wrong = [
        wrong(right.user.clone(), Some("wrong".into())),
        wrong(Some("nobody".into()), right.password.clone()),
        wrong(None, None),
        wrong(right.user.clone(), Some("x".repeat(300))),
    ];
    // At once, for the broker takes three seconds for each.
    let said = join_all(wrong.iter().map(refusal)).await;
    assert_eq!(said, vec![ConnectError::RefusedLogin; wrong.len()]);
}

#[tokio::test]
async fn rabbitmq_has_not_every_virtual_host() {
    let Some(broker) = somewhere().await else { return };
    for name in ["nowhere", &"ä".repeat(127), &"x".repeat(256), &"x".repeat(100_000)] {
        let wrong = Address {
            virtual_host: Some(name.to_owned()),
            ..address(&broker.url)
        };
        assert_eq!(refusal(&wrong).await, ConnectError::VirtualHost(name.to_owned()));
    }
}

#[tokio::test]
async fn rabbitmq_makes_no_queue_with_too_long_a_name() {
    let Some(broker) = somewhere().await else { return };
    let tried = try_link(&address(&broker.url), Some(&"x".repeat(256))).await;
    assert!(matches!(tried, Err(ConnectError::Forbidden(_))));
}

#[tokio::test]
async fn rabbitmq_is_told_from_nobody() {
    // It listens no more when it is dropped, and nobody is given its port at once.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let at = |host: &str| Address {
        endpoints: vec![Endpoint {
            host: host.into(),
            port,
        }],
        ..address("amqp://nobody")
    };
    let closed = refusal(&at("127.0.0.1")).await;
    assert!(
        matches!(&closed, ConnectError::Unreachable(why) if why == "connection refused"),
        "{closed:?}"
    );
    let closed = refusal(&at("::1")).await;
    assert!(matches!(closed, ConnectError::Unreachable(_)), "{closed:?}");
    for unknown in ["nobody.invalid", "no host", "a..b", &"x".repeat(300)] {
        assert_eq!(
            refusal(&at(unknown)).await,
            ConnectError::UnknownHost(unknown.to_owned())
        );
    }
}

#[tokio::test]
async fn rabbitmq_is_told_from_what_speaks_something_else() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"AMQP\x00\x01\x00\x00",
        // A method that there is not, on which the client library panics.
        b"\x01\x00\x00\x00\x00\x00\x04\x00\x63\x00\x63\xce",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let _ = stream.write_all(answer);
            }
        });
        let said = refusal(&address(&format!("amqp://127.0.0.1:{port}"))).await;
        assert!(matches!(said, ConnectError::Unexpected(_)), "{said:?}");
    }
}

#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn rabbitmq_over_tls_wants_a_build_with_tls() {
    let Some(broker) = somewhere().await else { return };
    let with_tls = Address {
        tls: true,
        ..address(&broker.url)
    };
    assert_eq!(refusal(&with_tls).await, ConnectError::WithoutTls);
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn rabbitmq_without_tls_is_told_from_one_with() {
    let Some(broker) = somewhere().await else { return };
    let with_tls = Address {
        tls: true,
        ..address(&broker.url)
    };
    assert!(matches!(refusal(&with_tls).await, ConnectError::Tls(_)));
}
