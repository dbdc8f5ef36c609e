//! A machine and a login server that the test plays.

use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tenfold_core::enrolment::{Application, Pin, Refusal, Settings};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use super::exchange::{self, Answer};
use super::{EnrolArguments, EnrolmentError, enrol};

/// A login server that gives these answers one after the other, and keeps what it was told.
struct Played {
    port: u16,
    pin: Pin,
    told: Arc<Mutex<Vec<String>>>,
}

async fn play(answers: Vec<(StatusCode, String)>) -> Played {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["anything".into()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let played = Played {
        port: listener.local_addr().unwrap().port(),
        pin: Pin::of(&key.subject_public_key_info()),
        told: Arc::clone(&told),
    };
    tokio::spawn(async move {
        let answers = Arc::new(Mutex::new(answers.into_iter()));
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(stream) = acceptor.accept(stream).await else {
                continue;
            };
            let answer = service_fn(|request: Request<Incoming>| {
                let (answers, told) = (Arc::clone(&answers), Arc::clone(&told));
                async move {
                    let body = request.into_body().collect().await?.to_bytes();
                    told.lock().unwrap().push(String::from_utf8_lossy(&body).into_owned());
                    let (status, body) = answers.lock().unwrap().next().unwrap();
                    let mut response = Response::new(Full::new(Bytes::from(body)));
                    *response.status_mut() = status;
                    Ok::<_, hyper::Error>(response)
                }
            });
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        }
    });
    played
}

fn settings() -> Settings {
    Settings {
        database: "postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/etc/root.pem".into(),
        // As large as RDS's of all regions.
        database_root_certificates: Some("x".repeat(170_000)),
        broker: None,
        fleet_key: None,
        master_key: "03".repeat(32),
        quotas: None,
        tls: None,
        listen: "10.0.0.5:9001".into(),
        advertise_host: "54.0.0.5".into(),
    }
}

fn said(what: &impl serde::Serialize) -> String {
    serde_json::to_string(what).unwrap()
}

fn refusal(message: &str) -> String {
    let message = message.to_owned();
    said(&Refusal { message })
}

fn arguments(played: &Played) -> EnrolArguments {
    EnrolArguments {
        log_file: None,
        at: format!("127.0.0.1:{}", played.port).parse().unwrap(),
        pin: played.pin,
        instance: Uuid::from_u128(7),
        from: None,
        log: "warn".into(),
    }
}

#[tokio::test]
async fn who_is_told_to_come_again_does_and_gets_everything() {
    let later = (StatusCode::SERVICE_UNAVAILABLE, refusal("not now"));
    let played = play(vec![later.clone(), later, (StatusCode::OK, said(&settings()))]).await;
    let got = enrol(&arguments(&played), "a token".into()).await;
    assert_eq!(got, Ok(settings()));
    let told = played.told.lock().unwrap();
    assert_eq!(told.len(), 3);
    assert!(told[0].contains("a token") && told[0].contains(&Uuid::from_u128(7).to_string()));
}

#[tokio::test]
async fn who_is_refused_does_not_come_again() {
    let played = play(vec![(StatusCode::FORBIDDEN, refusal("used"))]).await;
    let got = enrol(&arguments(&played), "a token".into()).await;
    assert_eq!(got, Err(EnrolmentError::Refused("used".into())));
}

#[tokio::test]
async fn an_answer_that_is_none_is_said_so() {
    let played = play(vec![(StatusCode::OK, "hello".into())]).await;
    assert_eq!(
        enrol(&arguments(&played), "a token".into()).await,
        Err(EnrolmentError::Unintelligible)
    );
}

#[tokio::test]
async fn whoever_has_another_key_learns_nothing() {
    let played = play(Vec::new()).await;
    let mut arguments = arguments(&played);
    arguments.pin = Pin::of(b"another key");
    let application = Application {
        instance: arguments.instance,
        token: "a token".into(),
    };
    match exchange::ask(&arguments, &application).await {
        Answer::NotNow(why) => assert!(why.contains("certificate"), "{why}"),
        _ => panic!("the wrong server was believed"),
    }
    assert_eq!(*played.told.lock().unwrap(), [""; 0]);
}
