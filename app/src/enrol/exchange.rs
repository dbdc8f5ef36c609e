//! One question to the login server, and its answer.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tenfold_core::enrolment::{Application, EXCHANGE_PATH, Refusal, Settings};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::arguments::EnrolArguments;
use super::pinned;

/// How long one question may take; the login server asks AWS meanwhile.
const QUESTION: Duration = Duration::from_secs(30);
/// Settings are some hundred bytes, and root certificates, of which a database takes a megabyte at most.
const LONGEST_ANSWER: usize = 2 * 1024 * 1024;

/// What became of a question.
pub(super) enum Answer {
    /// The machine has what it needs.
    Taken(Box<Settings>),
    /// It never will.
    Refused(String),
    /// It is worth asking again.
    NotNow(String),
    /// An answer that is none.
    Unintelligible,
}

/// Anything that may be better a moment later.
type Trouble = Box<dyn Error + Send + Sync>;

pub(super) async fn ask(asked: &EnrolArguments, application: &Application) -> Answer {
    match timeout(QUESTION, put(asked, application)).await {
        Ok(Ok((status, body))) => read(status, &body),
        Ok(Err(trouble)) => Answer::NotNow(trouble.to_string()),
        Err(_) => Answer::NotNow("the login server does not answer".into()),
    }
}

fn read(status: StatusCode, body: &[u8]) -> Answer {
    if status == StatusCode::OK {
        let settings = serde_json::from_slice::<Settings>(body);
        return settings.map_or(Answer::Unintelligible, |settings| Answer::Taken(Box::new(settings)));
    }
    let said = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.message);
    match (status, said) {
        (StatusCode::FORBIDDEN, Ok(why)) => Answer::Refused(why),
        (StatusCode::SERVICE_UNAVAILABLE, Ok(why)) => Answer::NotNow(why),
        _ => Answer::Unintelligible,
    }
}

async fn put(asked: &EnrolArguments, application: &Application) -> Result<(StatusCode, Bytes), Trouble> {
    let stream = connect(asked).await?;
    let tls = TlsConnector::from(Arc::new(pinned::client(asked.pin)?));
    let stream = tls.connect(server_name(&asked.at.host)?, stream).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let request = Request::post(EXCHANGE_PATH)
        .header(HOST, asked.at.host.as_str())
        .body(Full::new(Bytes::from(serde_json::to_vec(application)?)))?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await?;
    driver.abort();
    Ok((status, body.to_bytes()))
}

async fn connect(asked: &EnrolArguments) -> Result<TcpStream, Trouble> {
    let host = bare(&asked.at.host);
    let mut last: Trouble = "the login server's name has no address".into();
    for address in lookup_host((host, asked.at.port)).await? {
        match connect_to(address, asked.from).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

async fn connect_to(address: SocketAddr, from: Option<IpAddr>) -> std::io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    if let Some(from) = from {
        socket.bind(SocketAddr::new(from, 0))?;
    }
    socket.connect(address).await
}

fn server_name(host: &str) -> Result<ServerName<'static>, Trouble> {
    Ok(ServerName::try_from(bare(host).to_owned())?)
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}
