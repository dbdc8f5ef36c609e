//! Durable commands a second, against pgbench inserting the same event, one a transaction.

use std::net::SocketAddr;
use std::time::Instant;

use tenfold_client::tls::{Tls, Trust};
use tenfold_core::event::Event;
use tenfold_core::ids::AccountId;
use tenfold_log::sealing::{DataKey, SealContext};
use uuid::Uuid;

use super::rounds::{Rounds, against_pgbench};
use crate::arguments::Options;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::load::Request;
use crate::people::{newcomers, spread};
use crate::pgbench::Pgbench;
use crate::program::tell;
use crate::report::{Report, Summary, figure};
use crate::service::Service;
use crate::stage::Stage;
use crate::statistics::Times;

/// How many connections are made for their time.
const HANDSHAKES: u32 = 500;
/// As long as people's posts are.
const TEXT: &str = "Had a long walk by the sea this morning and found a red umbrella";
/// A real copy: the same columns, defaults and indexes.
const TABLE: &str = "create table pgbench_event (like event including all); create sequence pgbench_event_position";

/// How requests go over the wire.
#[derive(Clone, Copy, Debug)]
pub struct Wire {
    /// Each with a command id of its own.
    pub identified: bool,
    /// Over TLS.
    pub secured: bool,
}

/// Users post, each waiting for its reply.
///
/// # Errors
/// Where something cannot be started, or does not do its part.
pub async fn measure(
    stage: &Stage,
    options: &Options,
    users: usize,
    Wire { identified, secured }: Wire,
) -> Result<Report, Failure> {
    let pgbench = Pgbench::new(stage, "insert-event", &insert())?;
    let service = Service::start(stage, if secured { &["--tls", "self-signed"] } else { &[] }).await?;
    let tls = secured.then(|| Tls::new(Trust::Anything, &[])).transpose();
    let tls = tls.map_err(|error| Failure::Tls(error.to_string()))?;
    stage.database()?.connect("bench").await?.batch_execute(TABLE).await?;
    tell(&format!("registering and logging in {users} users"));
    let mut people = newcomers(service.address, tls.as_ref(), "user", users).await?;
    let request = |line: String| {
        if identified {
            Request::identified(&line)
        } else {
            Request::plain(&line)
        }
    };
    let post = format!("post {TEXT}");
    let mut requests: Vec<Request> = people.iter().map(|person| request(person.line(&post))).collect();
    let (rounds, replies) = against_pgbench(options, &mut people, &mut requests, &pgbench).await?;
    let mut report = report(&rounds, &replies, users, spread(&people).len());
    if let Some(tls) = &tls {
        report.notes.push(handshakes(service.address, tls).await?);
    }
    Ok(report)
}

/// Connections a second, one after the other, each with a handshake of its own; plain ones for comparison.
async fn handshakes(server: SocketAddr, tls: &Tls) -> Result<String, Failure> {
    let began = Instant::now();
    for _ in 0..HANDSHAKES {
        Connection::open_over(server, Some(tls)).await?;
    }
    let each = began.elapsed() / HANDSHAKES;
    Ok(format!(
        "A connection with its handshake took {} ms, one after the other: {} a second.",
        figure(each.as_secs_f64() * 1000.0),
        figure(1.0 / each.as_secs_f64())
    ))
}

fn report(rounds: &Rounds, replies: &Times, users: usize, servers: usize) -> Report {
    let who = if users == 1 {
        "1 user posting".to_owned()
    } else {
        format!("{users} users posting")
    };
    let time = |share| figure(replies.percentile(share));
    Report {
        title: format!("commands: {who}, each waiting for its reply, on {servers} application servers"),
        table: rounds.table("Tenfold commands/s", "pgbench inserts/s"),
        notes: vec![
            format!("A reply took {} ms (p50), {} ms (p99).", time(0.5), time(0.99)),
            format!("pgbench: {users} clients, one event a transaction, into a copy of the log's table."),
        ],
        summary: Summary::of("commands", rounds.value(), rounds.against(), "commands/s"),
    }
}

/// The event that `post` records, encoded and sealed as it would be; but sealed once only.
fn insert() -> String {
    let author = AccountId(Uuid::now_v7());
    let encoded = Event::Posted {
        author,
        text: TEXT.into(),
    }
    .encode();
    let place = SealContext {
        id: Uuid::now_v7(),
        stream: author.0,
        kind: encoded.kind,
    };
    let sealed = DataKey::generate().seal(place, &encoded.personal.unwrap_or_default());
    let sealed: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "insert into pgbench_event (position, id, stream, version, kind, kind_version, command_id, ordinal, digest, \
         actor, recipient, data, sealed) values (nextval('pgbench_event_position'), gen_random_uuid(), \
         gen_random_uuid(), 1, '{}', {}, gen_random_uuid(), 0, null, gen_random_uuid(), null, '{}', '\\x{sealed}');\n",
        encoded.kind, encoded.version, encoded.data,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pgbench_is_given_the_same_event() {
        let insert = insert();
        assert!(
            insert.contains("'Posted'") && insert.contains("'\\x01") && insert.contains("\"author\""),
            "{insert}"
        );
        assert!(insert.len() > 2 * TEXT.len() && !insert.contains(TEXT));
    }
}
