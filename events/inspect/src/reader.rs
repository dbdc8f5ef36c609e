//! Reading events: one after the other, at given positions, and along the indexes by whom or what they are about.

use std::collections::BTreeSet;

use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use uuid::Uuid;

use crate::raw_event::{COLUMNS, RawEvent};
use tenfold_log::database::DatabaseError;
use tenfold_log::span::Span;

/// How many events are read at once.
pub(crate) const AT_ONCE: usize = 1000;

/// The next events above `after` and not above `until`, in order; a bounded number of them, none where there are no
/// more.
///
/// # Errors
/// Where the database fails.
pub async fn read(client: &Client, after: Position, until: Position) -> Result<Vec<RawEvent>, DatabaseError> {
    read_kinds(client, after, until, None).await
}

/// [`read`], of these kinds alone where some are given.
pub(crate) async fn read_kinds(
    client: &Client,
    after: Position,
    until: Position,
    kinds: Option<&[String]>,
) -> Result<Vec<RawEvent>, DatabaseError> {
    in_order(client, Span { after, until }, kinds, "asc").await
}

/// The last events in `span`, the newest first, of these kinds alone where some are given; a bounded number of them.
pub(crate) async fn read_kinds_back(
    client: &Client,
    span: Span,
    kinds: Option<&[String]>,
) -> Result<Vec<RawEvent>, DatabaseError> {
    in_order(client, span, kinds, "desc").await
}

async fn in_order(
    client: &Client,
    span: Span,
    kinds: Option<&[String]>,
    order: &'static str,
) -> Result<Vec<RawEvent>, DatabaseError> {
    let select = format!(
        "select {COLUMNS} from event where position > $1 and position <= $2 and ($4::text[] is null or kind = any($4)) \
         order by position {order} limit $3"
    );
    let select = client.prepare(&select).await?;
    let rows = client
        .query(&select, &[&span.after.0, &span.until.0, &(AT_ONCE as i64), &kinds])
        .await?;
    Ok(rows.iter().map(|row| RawEvent::of(row, client)).collect())
}

/// The roles in which an id can stand in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// As its stream: what it did, or became.
    Stream,
    /// As the recipient: what was sent to it.
    Recipient,
    /// As what it is about: who is invited, which group is joined, on which server a seat is taken.
    About,
}

impl Role {
    const ALL: [Role; 3] = [Role::Stream, Role::Recipient, Role::About];

    /// Each has an index; none of them may be left unused for the sake of an order that nobody asks for.
    fn condition(self) -> &'static str {
        match self {
            Role::Stream => "stream = any($1)",
            Role::Recipient => "recipient is not null and recipient = any($1)",
            Role::About => {
                "event_about(kind, data) = any($1) and kind not in ('Posted', 'MessageSent', 'GroupMessageSent')"
            }
        }
    }
}

/// The positions of all events in `span` in which one of these ids stands, in any way, in order.
///
/// # Errors
/// Where the database fails.
pub async fn positions(client: &Client, ids: &[Uuid], span: Span) -> Result<BTreeSet<Position>, DatabaseError> {
    let mut found = BTreeSet::new();
    for role in Role::ALL {
        found.extend(positions_in_role(client, ids, role, span).await?);
    }
    Ok(found)
}

/// The positions of the events in `span` in which one of these ids stands so.
///
/// # Errors
/// Where the database fails.
pub async fn positions_in_role(
    client: &Client,
    ids: &[Uuid],
    role: Role,
    span: Span,
) -> Result<Vec<Position>, DatabaseError> {
    let condition = role.condition();
    let select = format!("select position from event where {condition} and position > $2 and position <= $3");
    let rows = client.query(&select, &[&ids, &span.after.0, &span.until.0]).await?;
    Ok(rows.iter().map(|row| Position(row.get(0))).collect())
}

/// The events at these positions, in order; those that are not there are left out.
///
/// # Errors
/// Where the database fails.
pub async fn read_at(client: &Client, positions: &[Position]) -> Result<Vec<RawEvent>, DatabaseError> {
    let select = format!("select {COLUMNS} from event where position = any($1) order by position");
    let select = client.prepare(&select).await?;
    let mut events = Vec::with_capacity(positions.len());
    for chunk in positions.chunks(AT_ONCE) {
        let chunk: Vec<i64> = chunk.iter().map(|position| position.0).collect();
        events.extend(
            client
                .query(&select, &[&chunk])
                .await?
                .iter()
                .map(|row| RawEvent::of(row, client)),
        );
    }
    Ok(events)
}

/// All events of a command, in order.
///
/// # Errors
/// Where the database fails.
pub async fn of_command(client: &Client, command: Uuid) -> Result<Vec<RawEvent>, DatabaseError> {
    let select = format!("select {COLUMNS} from event where command_id = $1 order by position");
    Ok(client
        .query(&select, &[&command])
        .await?
        .iter()
        .map(|row| RawEvent::of(row, client))
        .collect())
}

/// The events of these kinds in these streams, up to `until`, in order.
///
/// # Errors
/// Where the database fails.
pub async fn of_streams(
    client: &Client,
    streams: &[Uuid],
    kinds: &[&str],
    until: Position,
) -> Result<Vec<RawEvent>, DatabaseError> {
    let select = format!(
        "select {COLUMNS} from event where stream = any($1) and kind = any($2) and position <= $3 order by position"
    );
    let rows = client.query(&select, &[&streams, &kinds, &until.0]).await?;
    Ok(rows.iter().map(|row| RawEvent::of(row, client)).collect())
}

/// The positions of all events in `span`, in order.
///
/// # Errors
/// Where the database fails.
pub async fn all_positions(client: &Client, span: Span) -> Result<Vec<Position>, DatabaseError> {
    let select = "select position from event where position > $1 and position <= $2 order by position";
    let rows = client.query(select, &[&span.after.0, &span.until.0]).await?;
    Ok(rows.iter().map(|row| Position(row.get(0))).collect())
}

/// Those of these positions where an event of these kinds is, in order.
///
/// # Errors
/// Where the database fails.
pub async fn of_kinds_at(
    client: &Client,
    positions: &[Position],
    kinds: &[&str],
) -> Result<Vec<Position>, DatabaseError> {
    let select = "select position from event where position = any($1) and kind = any($2) order by position";
    let positions: Vec<i64> = positions.iter().map(|position| position.0).collect();
    let rows = client.query(select, &[&positions, &kinds]).await?;
    Ok(rows.iter().map(|row| Position(row.get(0))).collect())
}

/// Where the account of that id has posted, up to `until`, in order.
///
/// # Errors
/// Where the database fails.
pub async fn posts_of(client: &Client, account: Uuid, until: Position) -> Result<Vec<Position>, DatabaseError> {
    let select =
        "select position from event where stream = $1 and kind = 'Posted' and position <= $2 order by position";
    let rows = client.query(select, &[&account, &until.0]).await?;
    Ok(rows.iter().map(|row| Position(row.get(0))).collect())
}

/// Where the group of that id was made.
///
/// # Errors
/// Where the database fails.
pub async fn creation_of(client: &Client, group: Uuid) -> Result<Option<Position>, DatabaseError> {
    let about = Role::About.condition();
    let select = format!("select position from event where {about} and kind = 'GroupCreated'");
    let row = client.query_opt(&select, &[&[group].as_slice()]).await?;
    Ok(row.map(|row| Position(row.get(0))))
}
