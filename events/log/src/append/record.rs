//! The last round trip: a decided batch is written and committed.

use tenfold_core::event::Event;
use tenfold_core::facts::{Change, Row};
use tenfold_core::ids::Position;
use tokio_postgres::Error;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::batch::{Decided, Entry, Sealed, Written};
use super::changes;
use super::connection::{AppendConnection, Statements};
use super::pipeline::{Pipeline, parameter};
use super::submission::OperationalRow;

/// The columns of `append_events`, one entry an event.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    streams: Vec<Uuid>,
    versions: Vec<i64>,
    kinds: Vec<&'static str>,
    kind_versions: Vec<i16>,
    commands: Vec<Uuid>,
    ordinals: Vec<i16>,
    digests: Vec<Option<i64>>,
    actors: Vec<Option<Uuid>>,
    recipients: Vec<Option<Uuid>>,
    data: Vec<String>,
    sealed: Vec<Option<Vec<u8>>>,
    post_event: Vec<i32>,
    post_author: Vec<Uuid>,
    post_text: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(decided: &'a Decided, written: Vec<Written>) -> Columns<'a> {
        let mut columns = Columns::default();
        for (entry, Written { id, encoded, sealed }) in decided.entries.iter().zip(written) {
            columns.ids.push(id);
            columns.streams.push(entry.event.stream().id());
            columns.versions.push(entry.version);
            columns.kinds.push(encoded.kind);
            columns.kind_versions.push(encoded.version);
            columns.commands.push(entry.command.0);
            columns.ordinals.push(entry.ordinal);
            columns.digests.push(entry.digest);
            columns.actors.push(entry.actor.map(|actor| actor.0));
            columns.recipients.push(entry.event.recipient());
            columns.data.push(encoded.data);
            columns.sealed.push(sealed);
        }
        for change in &decided.changes {
            if let Change::Put(Row::Post(post)) = change {
                columns
                    .post_event
                    .push((post.position.0 - Position::provisional(0).0) as i32 + 1);
                columns.post_author.push(post.author.0);
                columns.post_text.push(&post.text);
            }
        }
        columns
    }

    fn into_parameters(self) -> Vec<Box<dyn ToSql + Sync + Send + 'a>> {
        vec![
            parameter(self.ids),
            parameter(self.streams),
            parameter(self.versions),
            parameter(self.kinds),
            parameter(self.kind_versions),
            parameter(self.commands),
            parameter(self.ordinals),
            parameter(self.digests),
            parameter(self.actors),
            parameter(self.recipients),
            parameter(self.data),
            parameter(self.sealed),
            parameter(self.post_event),
            parameter(self.post_author),
            parameter(self.post_text),
        ]
    }
}

/// Writes a batch that is one statement, by itself a transaction; the positions of its entries.
///
/// # Errors
/// Postgres'; nothing is written then.
pub(super) async fn record_alone(
    connection: &AppendConnection,
    decided: &Decided,
    sealed: Sealed,
) -> Result<Vec<Position>, Error> {
    if let ([entry], [written]) = (decided.entries.as_slice(), sealed.events.as_slice()) {
        return record_one(connection, entry, written).await;
    }
    let mut pipeline = Pipeline::default();
    let columns = Columns::of(decided, sealed.events);
    pipeline.then(&connection.statements.append, columns.into_parameters());
    Ok(positions(&pipeline.run(&connection.client).await?))
}

async fn record_one(connection: &AppendConnection, entry: &Entry, written: &Written) -> Result<Vec<Position>, Error> {
    let Written { id, encoded, sealed } = written;
    let post = if let Event::Posted { text, .. } = &entry.event {
        Some(text)
    } else {
        None
    };
    let row = connection
        .client
        .query_one(
            &connection.statements.append_one,
            &[
                id,
                &entry.event.stream().id(),
                &entry.version,
                &encoded.kind,
                &encoded.version,
                &entry.command.0,
                &entry.ordinal,
                &entry.digest,
                &entry.actor.map(|actor| actor.0),
                &entry.event.recipient(),
                &encoded.data,
                sealed,
                &post,
            ],
        )
        .await?;
    Ok(vec![Position(row.get(0))])
}

/// Writes a batch into the transaction that is open and commits it, in one round trip. An error on the way turns the
/// commit into a rollback.
///
/// # Errors
/// Postgres'; nothing is written then, unless the connection broke before the commit was answered.
pub(super) async fn record(
    connection: &AppendConnection,
    decided: &Decided,
    sealed: Sealed,
) -> Result<Vec<Position>, Error> {
    let statements = &connection.statements;
    let mut pipeline = Pipeline::default();
    if !decided.entries.is_empty() {
        let columns = Columns::of(decided, sealed.events);
        pipeline.then(&statements.append, columns.into_parameters());
        changes::write(&mut pipeline, statements, &decided.changes);
    }
    let (accounts, wrapped) = sealed.new_keys;
    if !accounts.is_empty() {
        pipeline.then(&statements.put_keys, vec![parameter(accounts), parameter(wrapped)]);
    }
    // A key that is destroyed is so after it was made, in one batch too.
    write_operational(&mut pipeline, statements, decided);
    pipeline.then(&statements.commit, Vec::new());
    let answers = pipeline.run(&connection.client).await?;
    Ok(if decided.entries.is_empty() {
        Vec::new()
    } else {
        positions(&answers)
    })
}

fn positions(answers: &[Vec<tokio_postgres::Row>]) -> Vec<Position> {
    let drawn: Vec<i64> = answers
        .first()
        .and_then(|rows| rows.first())
        .map(|row| row.get(0))
        .unwrap_or_default();
    drawn.into_iter().map(Position).collect()
}

fn write_operational<'a>(pipeline: &mut Pipeline<'a>, statements: &'a Statements, decided: &'a Decided) {
    let events = || decided.entries.iter().map(|entry| &entry.event);
    let mut seen: Vec<Uuid> = events()
        .filter_map(|event| match event {
            Event::SessionStarted { session, .. }
            | Event::SessionResumed { session, .. }
            | Event::SeatTaken { session, .. } => Some(session.0),
            _ => None,
        })
        .collect();
    seen.sort_unstable();
    seen.dedup();
    let ended: Vec<Uuid> = events()
        .filter_map(|event| {
            if let Event::SessionEnded { session, .. } = event {
                Some(session.0)
            } else {
                None
            }
        })
        .collect();
    let deleted: Vec<Uuid> = events()
        .filter_map(|event| {
            if let Event::AccountDeleted { account } = event {
                Some(account.0)
            } else {
                None
            }
        })
        .collect();
    for row in &decided.rows {
        put_row(pipeline, statements, row);
    }
    for (statement, ids) in [
        (&statements.put_presence, seen),
        (&statements.forget_sessions, ended),
        (&statements.forget_passwords, deleted.clone()),
        (&statements.destroy_keys, deleted),
    ] {
        if !ids.is_empty() {
            pipeline.then(statement, vec![parameter(ids)]);
        }
    }
    for (command, digest, code) in &decided.refused {
        let code = serde_json::to_value(code).map(|code| code.as_str().unwrap_or_default().to_owned());
        let code = code.expect("a refusal's code is a word");
        pipeline.then(
            &statements.remember_refusal,
            vec![parameter(command.0), parameter(*digest), parameter(code)],
        );
    }
}

fn put_row<'a>(pipeline: &mut Pipeline<'a>, statements: &'a Statements, row: &'a OperationalRow) {
    match row {
        OperationalRow::Password { account, hash } => {
            pipeline.then(
                &statements.put_password,
                vec![parameter(account.0), parameter(hash.as_str())],
            );
        }
        OperationalRow::Secret {
            session,
            account,
            token_hash,
        } => pipeline.then(
            &statements.put_secret,
            vec![
                parameter(session.0),
                parameter(account.0),
                parameter(token_hash.as_slice()),
            ],
        ),
    }
}
