//! Accounts that live in a log that was brought back from a backup, but were deleted after the backup was made: their keys
//! are not among the newer ones. The log is told that they are deleted.

use std::sync::Arc;

use tenfold_core::event::{Event, SeatRelease, SessionEnd};
use tenfold_core::facts::{Account, Facts};
use tenfold_core::ids::AccountId;
use tenfold_log::database::Client;
use uuid::Uuid;

use crate::fold::{Counter, Folded, ReplayError, fold};
use tenfold_log::database::DatabaseError;
use tenfold_log::integrity::{Chain, EventColumns, LogKey};
use tenfold_log::sealing::erased;
use tenfold_log::span::{Span, high_water_mark};

/// The living accounts that have no key. Their names cannot be told any more.
pub(crate) async fn find(client: &Client, facts: &Facts) -> Result<Vec<AccountId>, DatabaseError> {
    let is_nameless = |account: &&Account| account.name == erased(account.id.0);
    let nameless: Vec<Uuid> = facts
        .accounts()
        .filter(is_nameless)
        .map(|account| account.id.0)
        .collect();
    if nameless.is_empty() {
        return Ok(Vec::new());
    }
    // Whoever was deleted since the facts were read has no key any more, as it must be.
    let select = include_str!("../sql/keyless_accounts.sql");
    let rows = client.query(select, &[&nameless]).await?;
    Ok(rows.iter().map(|row| AccountId(row.get(0))).collect())
}

/// Appends the deletion of every living account that has no key; how many there were. The projections are to be rebuilt
/// afterwards, and nobody may be serving meanwhile.
///
/// # Errors
/// Where the log cannot be replayed, or the database fails; then nothing was appended.
pub async fn delete_all(client: &Client) -> Result<usize, ReplayError> {
    let span = Span::up_to(high_water_mark(client).await?);
    let folded = fold(client, span, Folded::default(), &Counter::default()).await?;
    let keyless = find(client, &folded.facts).await?;
    let key = LogKey::of(client).map(Arc::new);
    client.batch_execute("begin").await?;
    for account in &keyless {
        let mut chain = Chain::new(key.as_ref());
        if let Err(error) = append(client, *account, &folded.facts, &mut chain).await {
            client.batch_execute("rollback").await?;
            return Err(error.into());
        }
    }
    client.batch_execute("commit").await?;
    Ok(keyless.len())
}

async fn append(
    client: &Client,
    account: AccountId,
    facts: &Facts,
    chain: &mut Chain,
) -> Result<(), tokio_postgres::Error> {
    let append = "select append_event($1, $2, $3, $4, $5, $6, $7::smallint, null, $2, $8, $9, null, $10::bytea, null)";
    let last = "select mac from event where stream = $1 order by version desc limit 1";
    if let Some(row) = client.query_opt(last, &[&account.0]).await? {
        chain.put(account.0, row.get(0));
    }
    let (command, mut version) = (Uuid::now_v7(), facts.version(account.0));
    for (ordinal, event) in (0_i16..).zip(end_of(account, facts)) {
        version += 1;
        let (encoded, id) = (event.encode(), Uuid::now_v7());
        let made = chain.next(&EventColumns {
            id,
            stream: account.0,
            version,
            kind: encoded.kind,
            kind_version: encoded.version,
            command,
            ordinal,
            digest: None,
            actor: Some(account.0),
            recipient: event.recipient(),
            data: &encoded.data,
            personal: None,
            sealed: None,
        });
        client
            .query_one(
                append,
                &[
                    &id,
                    &account.0,
                    &version,
                    &encoded.kind,
                    &encoded.version,
                    &command,
                    &ordinal,
                    &event.recipient(),
                    &encoded.data,
                    &made.as_ref().map(<[u8; 32]>::as_slice),
                ],
            )
            .await?;
    }
    Ok(())
}

/// What `delete` would have recorded.
fn end_of(account: AccountId, facts: &Facts) -> Vec<Event> {
    let mut events = Vec::new();
    if let Some(session) = facts.session_of(account).map(|session| session.id) {
        events.extend(facts.seat_of(session).map(|seat| Event::SeatReleased {
            session,
            account,
            instance: seat.instance,
            reason: SeatRelease::Ended,
        }));
        events.push(Event::SessionEnded {
            session,
            account,
            reason: SessionEnd::Deleted,
            acknowledged: None,
        });
    }
    events.push(Event::AccountDeleted { account });
    events
}
