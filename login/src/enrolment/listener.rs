//! Where machines come to: HTTP over TLS, so that any of them can fetch the program with what it has.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use tenfold_core::enrolment::{Application, EXCHANGE_PATH, PROGRAM_PATH, Refusal};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::certificate::Certificate;
use super::exchange::{Exchange, ExchangeError};
use super::program::Program;

/// More machines at once are refused, and come again.
const MOST_CONNECTIONS: usize = 256;
/// How long a machine may take to greet, and to say what it wants.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long it may take in all: the program is some megabytes.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(180);
/// An application is a hundred bytes.
const LONGEST_APPLICATION: usize = 4096;
/// After the system would not give a connection, such as for want of open files.
const PAUSE: Duration = Duration::from_millis(100);

/// What machines get here.
pub struct EnrolmentService {
    /// For the token.
    pub exchange: Exchange,
    /// For nothing.
    pub program: Program,
}

/// Serves until `stopping` fires.
pub async fn serve(
    listener: TcpListener,
    certificate: Certificate,
    service: Arc<EnrolmentService>,
    stopping: CancellationToken,
) {
    let acceptor = TlsAcceptor::from(certificate.tls);
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    while let Some(accepted) = stopping.run_until_cancelled(listener.accept()).await {
        let Ok((stream, from)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
            continue;
        };
        let (acceptor, service) = (acceptor.clone(), Arc::clone(&service));
        let stopping = stopping.clone();
        tokio::spawn(async move {
            let connection = timeout(CONNECTION_TIMEOUT, receive(acceptor, stream, from, service));
            stopping.run_until_cancelled(connection).await;
            drop(place);
        });
    }
}

async fn receive(acceptor: TlsAcceptor, stream: TcpStream, from: SocketAddr, service: Arc<EnrolmentService>) {
    let stream = match timeout(REQUEST_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(%from, %error, "no TLS with somebody who came to enrol");
            return;
        }
        Err(_) => return,
    };
    let answer = service_fn(|request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(service.answer(request, from).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIMEOUT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
    if let Err(error) = served {
        tracing::debug!(%from, %error, "lost somebody who came to enrol");
    }
}

impl EnrolmentService {
    async fn answer(&self, request: Request<Incoming>, from: SocketAddr) -> Response<Full<Bytes>> {
        match (request.method(), request.uri().path()) {
            (&Method::GET, PROGRAM_PATH) => Response::new(Full::new(self.program.bytes.clone())),
            (&Method::POST, EXCHANGE_PATH) => self.exchange(request, from).await,
            _ => refuse(StatusCode::NOT_FOUND, "there is no such thing here"),
        }
    }

    async fn exchange(&self, request: Request<Incoming>, from: SocketAddr) -> Response<Full<Bytes>> {
        let body = Limited::new(request.into_body(), LONGEST_APPLICATION);
        let Ok(Ok(body)) = timeout(REQUEST_TIMEOUT, body.collect()).await else {
            return refuse(StatusCode::BAD_REQUEST, "the application does not come to its end");
        };
        let Ok(application) = serde_json::from_slice::<Application>(&body.to_bytes()) else {
            return refuse(
                StatusCode::BAD_REQUEST,
                "this is no application: it names an instance and a token",
            );
        };
        match self.exchange.answer(&application, from.ip()).await {
            Ok(settings) => say(StatusCode::OK, &settings),
            Err(ExchangeError::Refused(reason)) => refuse(StatusCode::FORBIDDEN, reason.sentence()),
            Err(ExchangeError::NotNow(why)) => refuse(StatusCode::SERVICE_UNAVAILABLE, why),
        }
    }
}

fn refuse(status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    let message = message.to_owned();
    say(status, &Refusal { message })
}

fn say(status: StatusCode, what: &impl Serialize) -> Response<Full<Bytes>> {
    let body = serde_json::to_vec(what).unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
}
