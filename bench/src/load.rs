//! A load that costs as little as it can, for it shares the machine with what it measures: every user sends its line,
//! waits for the reply, looks whether it says `"status":0`, and sends again.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use uuid::Uuid;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::people::Person;
use crate::statistics::Times;

const SUCCEEDED: &[u8] = b"\"status\":0";

/// What a load came to.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// How long each reply took.
    pub replies: Times,
    /// Replies a second.
    pub rate: f64,
}

/// What one user sends again and again.
#[derive(Debug, Clone)]
pub struct Request {
    line: Vec<u8>,
    /// Whether the line begins with `@<uuid> `, to be drawn anew each time.
    identified: bool,
}

impl Request {
    /// The same line each time.
    pub fn plain(line: &str) -> Request {
        Request {
            line: format!("{line}\n").into_bytes(),
            identified: false,
        }
    }

    /// The line, with a command id of its own each time.
    pub fn identified(line: &str) -> Request {
        Request {
            line: format!("@{} {line}\n", Uuid::nil()).into_bytes(),
            identified: true,
        }
    }

    fn next(&mut self) -> &[u8] {
        if self.identified {
            Uuid::new_v4().hyphenated().encode_lower(&mut self.line[1..37]);
        }
        &self.line
    }
}

/// Has everybody send their request for `duration`, one reply at a time.
///
/// # Errors
/// Where a reply is no success, or a connection is lost.
pub async fn run(people: &mut [Person], requests: &mut [Request], duration: Duration) -> Result<Tally, Failure> {
    let began = Instant::now();
    let until = began + duration;
    let users = people
        .iter_mut()
        .zip(requests)
        .map(|(person, request)| user(&mut person.connection, request, until));
    let mut tally = Tally::default();
    for times in try_join_all(users).await? {
        tally.replies.append(&times);
    }
    tally.rate = tally.replies.count() as f64 / duration.as_secs_f64();
    Ok(tally)
}

async fn user(connection: &mut Connection, request: &mut Request, until: Instant) -> Result<Times, Failure> {
    let mut times = Times::default();
    let mut sent = Instant::now();
    loop {
        connection.send(request.next()).await?;
        let line = connection.lines.next().await?;
        if !succeeded(line) {
            let reply = String::from_utf8_lossy(line).trim_end().to_owned();
            return Err(Failure::Refused {
                command: "the measured command".into(),
                reply,
            });
        }
        let now = Instant::now();
        // The last reply comes when the time is over already, and counts for nobody.
        if now >= until {
            return Ok(times);
        }
        times.add(now - sent);
        sent = now;
    }
}

/// Looks at the beginning only, where servers write the status.
fn succeeded(line: &[u8]) -> bool {
    let beginning = &line[..line.len().min(64)];
    beginning.windows(SUCCEEDED.len()).any(|window| window == SUCCEEDED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_told_from_refusal() {
        assert!(succeeded(b"{\"status\":0,\"message\":\"Success!\"}\n"));
        assert!(!succeeded(b"{\"status\":1,\"message\":\"Not login yet\"}\n"));
        assert!(!succeeded(b"\n"));
    }

    #[test]
    fn every_identified_request_has_an_id_of_its_own() {
        let mut request = Request::identified("post TOKEN hello");
        let first = request.next().to_vec();
        assert_ne!(request.next(), first);
        assert!(
            first.starts_with(b"@") && first.ends_with(b" post TOKEN hello\n"),
            "{first:?}"
        );
    }
}
