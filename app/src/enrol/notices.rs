//! What AWS announces to a machine of what is going to happen to it: it takes a spot machine back, retires the hardware, recommends to
//! go elsewhere. ("Spot Instance interruption notices", "EC2 instance rebalance recommendations" and "Scheduled events", Amazon EC2
//! User Guide; all of them in the instance metadata, version 2.)

use std::sync::OnceLock;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Where the metadata of a machine are, on the machine itself.
pub const USUAL_ENDPOINT: &str = "http://169.254.169.254";
/// Names another place.
pub const ENDPOINT_VARIABLE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/// A spot machine has two minutes from its notice on; AWS advises to look every five seconds.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// It answers within milliseconds or not at all.
const ANSWER: Duration = Duration::from_secs(2);
const LONGEST_ANSWER: usize = 16 * 1024;
const TOKEN_SECONDS: &str = "60";
const LONGEST_WORD: usize = 40;

type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// Looks until there is one, which is then in `notice`: a sentence for people. The first is the last, for the machine goes.
pub async fn watch(endpoint: String, notice: &OnceLock<String>) {
    let mut was_heard = true;
    loop {
        let looked = timeout(ANSWER, look(&endpoint)).await.map_err(Trouble::from).flatten();
        match looked {
            Ok(Some(found)) => {
                tracing::warn!(
                    notice = found,
                    "AWS announces the end of this machine; its users are moved away"
                );
                let _ = notice.set(found);
                return;
            }
            Ok(None) => was_heard = true,
            // Once in a row: nothing depends on it but the warning.
            Err(trouble) => {
                if std::mem::replace(&mut was_heard, false) {
                    tracing::warn!(%trouble, "the machine's metadata cannot be read, so that notices of its end are not seen");
                }
            }
        }
        sleep(LOOK_EVERY).await;
    }
}

/// The most urgent first.
async fn look(endpoint: &str) -> Result<Option<String>, Trouble> {
    let metadata = Metadata::open(endpoint).await?;
    if let Some(action) = metadata.get("spot/instance-action").await? {
        let (action, time) = (word(&action, "action"), word(&action, "time"));
        return Ok(Some(format!("EC2 takes this spot machine back ({action} at {time})")));
    }
    if let Some(Value::Array(events)) = metadata.get("events/maintenance/scheduled").await?
        && let Some(event) = events.iter().find(|event| event["State"] == "active")
    {
        let (code, from) = (word(event, "Code"), word(event, "NotBefore"));
        return Ok(Some(format!("EC2 has scheduled {code} for this machine from {from}")));
    }
    let rebalance = metadata.get("events/recommendations/rebalance").await?;
    Ok(rebalance.map(|_| "EC2 recommends to leave this spot machine, which may be taken back soon".to_owned()))
}

/// What stands there, as far as it looks like a word.
fn word(value: &Value, field: &str) -> String {
    let text = value[field].as_str().unwrap_or("?");
    let is_plain = |character: &char| character.is_ascii_alphanumeric() || " .:-".contains(*character);
    text.chars().filter(is_plain).take(LONGEST_WORD).collect()
}

struct Metadata<'endpoint> {
    authority: &'endpoint str,
    token: String,
}

impl Metadata<'_> {
    async fn open(endpoint: &str) -> Result<Metadata<'_>, Trouble> {
        let authority = endpoint.trim_start_matches("http://").trim_end_matches('/');
        let request = Request::put("/latest/api/token").header("x-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS);
        match ask(authority, request).await? {
            (StatusCode::OK, token) => Ok(Metadata { authority, token }),
            (status, _) => Err(format!("it gives no token ({status})").into()),
        }
    }

    /// None where nothing is announced.
    async fn get(&self, path: &str) -> Result<Option<Value>, Trouble> {
        let request = Request::get(format!("/latest/meta-data/{path}")).header("x-aws-ec2-metadata-token", &self.token);
        match ask(self.authority, request).await? {
            (StatusCode::OK, text) => Ok(Some(serde_json::from_str(&text)?)),
            (StatusCode::NOT_FOUND, _) => Ok(None),
            (status, _) => Err(format!("it answers {status}").into()),
        }
    }
}

async fn ask(authority: &str, request: hyper::http::request::Builder) -> Result<(StatusCode, String), Trouble> {
    let port = if authority.contains(':') { "" } else { ":80" };
    let stream = TcpStream::connect(format!("{authority}{port}")).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let response = sender
        .send_request(request.header(HOST, authority).body(Empty::<Bytes>::new())?)
        .await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), LONGEST_ANSWER)
        .collect()
        .await?
        .to_bytes();
    driver.abort();
    Ok((status, String::from_utf8(body.into())?))
}

#[cfg(test)]
mod tests {
    use tenfold_testcases::aws::metadata::Metadata;

    use super::*;

    async fn told(entries: &[(&str, &str)]) -> Option<String> {
        let entries = entries.iter().map(|(path, text)| (path.to_string(), text.to_string()));
        look(&Metadata::start(entries).url).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_kind_of_notice_is_told_and_none_where_there_is_none() {
        assert_eq!(told(&[]).await, None);
        assert_eq!(told(&[("events/maintenance/scheduled", "[]")]).await, None);
        let done = r#"[{"Code": "system-reboot", "State": "completed", "NotBefore": "21 Jan 2027 09:00:43 GMT"}]"#;
        assert_eq!(told(&[("events/maintenance/scheduled", done)]).await, None);
        let retires = done
            .replace("completed", "active")
            .replace("system-reboot", "instance-retirement");
        let retirement = "EC2 has scheduled instance-retirement for this machine from 21 Jan 2027 09:00:43 GMT";
        assert_eq!(
            told(&[("events/maintenance/scheduled", &retires)]).await.as_deref(),
            Some(retirement)
        );
        let rebalance = (
            "events/recommendations/rebalance",
            r#"{"noticeTime": "2027-01-21T09:00:43Z"}"#,
        );
        assert!(told(&[rebalance]).await.unwrap().contains("may be taken back soon"));
        let action = (
            "spot/instance-action",
            r#"{"action": "terminate", "time": "2027-01-21T09:02:43Z"}"#,
        );
        let taken = "EC2 takes this spot machine back (terminate at 2027-01-21T09:02:43Z)";
        assert_eq!(told(&[rebalance, action]).await.as_deref(), Some(taken));
    }

    #[tokio::test]
    async fn what_answers_nothing_of_use_is_trouble_and_no_notice() {
        assert!(look("http://127.0.0.1:1").await.is_err());
        let strange = Metadata::start([("spot/instance-action".to_owned(), "<html>".to_owned())]);
        assert!(look(&strange.url).await.is_err());
    }
}
