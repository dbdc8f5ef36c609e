//! A batch's transaction. The first round trip begins it, takes its locks, and then reads what its decisions rest on; the
//! last one writes what was decided and commits.

use tenfold_core::event::Event;
use tenfold_core::facts::{
    Account, Block, Change, Facts, Group, Instance, Membership, Pair, Row as FactsRow, Seat, Session,
};
use tenfold_core::ids::{AccountId, Position};
use tenfold_core::needs::{LockMode, Needs};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Statement};
use uuid::Uuid;

use super::batch::{Decided, Entry, Ids, Sealed, Written};
use super::changes;
use super::connection::AppendConnection;
use super::pipeline::{Pipeline, parameter};
use super::repeated::Repeated;
use crate::integrity::Chain;
use crate::projection::Stored;
use crate::sealing::Keys;

/// What decisions rest on.
pub(super) struct Gathered {
    pub facts: Facts,
    /// Of the accounts among the facts.
    pub keys: Keys,
    /// The last MACs of the streams of these accounts and instances.
    pub chain: Chain,
    pub repeated: Repeated,
}

/// Begins a transaction, locks and reads. All statements are on their way at once and are carried out in this order;
/// each reads with a snapshot of its own, taken when the locks are held.
///
/// # Errors
/// The first that Postgres answers with; the transaction is then to be rolled back.
pub(super) async fn gather(connection: &AppendConnection, needs: &Needs, ids: &Ids) -> Result<Gathered, Error> {
    let statements = &connection.statements;
    let keys: Vec<i64> = needs.locks.keys().map(|key| key.0).collect();
    let exclusive: Vec<bool> = needs.locks.values().map(|mode| *mode == LockMode::Exclusive).collect();
    let accounts: Vec<Uuid> = needs.accounts.iter().map(|id| id.0).collect();
    let names: Vec<&str> = needs.names.iter().map(String::as_str).collect();
    let (pair_accounts, pair_names) = columns(&needs.pairs);
    let groups: Vec<&str> = needs.groups.iter().map(String::as_str).collect();
    let (member_accounts, member_groups) = columns(&needs.memberships);
    let instances: Vec<Uuid> = needs.instances.iter().map(|id| id.0).collect();

    let begun = connection.client.execute(&statements.begin, &[]);
    let lock_parameters: [&(dyn ToSql + Sync); 2] = [&keys, &exclusive];
    // Also without keys: this is where a rebuild lets nobody in while it swaps the tables.
    let locked = read(connection, &statements.lock_keys, &lock_parameters, true);
    let id_parameters: [&(dyn ToSql + Sync); 1] = [&ids.commands];
    let repeated = read(
        connection,
        &statements.repeated,
        &id_parameters,
        !ids.commands.is_empty(),
    );
    let registration_parameters: [&(dyn ToSql + Sync); 1] = [&ids.registrations];
    let refusals = read(
        connection,
        &statements.remembered_refusals,
        &registration_parameters,
        !ids.registrations.is_empty(),
    );
    let looks: Vec<&str> = needs.looks.iter().map(String::as_str).collect();
    let group_looks: Vec<&str> = needs.group_looks.iter().map(String::as_str).collect();
    let people_parameters: [&(dyn ToSql + Sync); 3] = [&accounts, &names, &looks];
    let wants_people = !(accounts.is_empty() && names.is_empty());
    let people = read(connection, &statements.people, &people_parameters, wants_people);
    let pair_parameters: [&(dyn ToSql + Sync); 2] = [&pair_accounts, &pair_names];
    let pairs = read(connection, &statements.pairs, &pair_parameters, !pair_names.is_empty());
    let group_parameters: [&(dyn ToSql + Sync); 4] = [&groups, &member_accounts, &member_groups, &group_looks];
    let grouped = read(connection, &statements.groups, &group_parameters, !groups.is_empty());
    let fleet_parameters: [&(dyn ToSql + Sync); 2] = [&needs.fleet, &instances];
    let wants_fleet = needs.fleet || !instances.is_empty();
    let fleet = read(connection, &statements.fleet, &fleet_parameters, wants_fleet);
    // `join!` polls in the order written, and a statement is sent when it is first polled. An error must not leave
    // the others unread, so it is looked for when all have answered.
    let (begun, locked, repeated, refusals, people, pairs, grouped, fleet) =
        futures_util::join!(begun, locked, repeated, refusals, people, pairs, grouped, fleet);
    begun?;
    locked?;
    let mut earlier = Repeated::default();
    earlier.add_events(&repeated?, connection.client.master_key());
    earlier.add_refusals(&refusals?);
    let (people, fleet) = (people?, fleet?);
    let mut chain = Chain::new(connection.log_key.as_ref());
    people
        .iter()
        .for_each(|row| chain.put(row.get(0), row.get(TAG_OF_PERSON)));
    fleet
        .iter()
        .for_each(|row| chain.put(row.get(0), row.get(TAG_OF_INSTANCE)));
    Ok(Gathered {
        facts: facts(&people, &pairs?, &grouped?, &fleet),
        chain,
        keys: keys_of(&people, Keys::new(connection.client.master_key())),
        repeated: earlier,
    })
}

async fn read(
    connection: &AppendConnection,
    statement: &Statement,
    parameters: &[&(dyn ToSql + Sync)],
    wanted: bool,
) -> Result<Vec<Row>, Error> {
    if wanted {
        connection.client.query(statement, parameters).await
    } else {
        Ok(Vec::new())
    }
}

fn columns(wanted: &std::collections::BTreeSet<(AccountId, String)>) -> (Vec<Uuid>, Vec<&str>) {
    wanted.iter().map(|(account, name)| (account.0, name.as_str())).unzip()
}

fn facts(people: &[Row], pairs: &[Row], groups: &[Row], fleet: &[Row]) -> Facts {
    let mut facts = Facts::default();
    people.iter().for_each(|row| put_person(&mut facts, row));
    for row in pairs {
        put::<Pair>(&mut facts, row, 0);
        put::<Block>(&mut facts, row, BLOCK);
    }
    groups.iter().for_each(|row| put_group(&mut facts, row));
    fleet.iter().for_each(|row| put_instance(&mut facts, row));
    facts
}

// Where the columns of each begin in the statements' rows.
const SESSION: usize = Account::COLUMNS.len();
const SEAT: usize = SESSION + Session::COLUMNS.len();
const VERSION_OF_PERSON: usize = SEAT + Seat::COLUMNS.len();
const TAG_OF_PERSON: usize = VERSION_OF_PERSON + 1;
const KEY_OF_PERSON: usize = TAG_OF_PERSON + 1;
const BLOCK: usize = Pair::COLUMNS.len();
const MEMBERSHIP: usize = Group::COLUMNS.len();
const NUMBERS_TAKEN: usize = Instance::COLUMNS.len();
const VERSION_OF_INSTANCE: usize = NUMBERS_TAKEN + 1;
const TAG_OF_INSTANCE: usize = VERSION_OF_INSTANCE + 1;

/// Puts the row whose columns, an id first, begin at `first`, where there is one. A row that this build cannot read (the state of an application
/// server, say, that a newer build knows) is none that it may act on.
fn put<Found: Stored>(facts: &mut Facts, row: &Row, first: usize) -> Option<Found> {
    row.get::<_, Option<Uuid>>(first)?;
    let found = Found::read(row, first).ok()?;
    facts.absorb(Change::put(found.clone()));
    Some(found)
}

fn put_person(facts: &mut Facts, row: &Row) {
    if let Some(account) = put::<Account>(facts, row, 0) {
        facts.set_version(account.id.0, row.get(VERSION_OF_PERSON));
        put::<Session>(facts, row, SESSION);
        put::<Seat>(facts, row, SEAT);
    }
}

fn put_group(facts: &mut Facts, row: &Row) {
    put::<Group>(facts, row, 0);
    put::<Membership>(facts, row, MEMBERSHIP);
}

fn put_instance(facts: &mut Facts, row: &Row) {
    let Some(instance) = put::<Instance>(facts, row, 0) else {
        return;
    };
    for number in row.get::<_, Vec<i16>>(NUMBERS_TAKEN) {
        facts.mark_taken(instance.id, number as u16);
    }
    facts.set_version(instance.id.0, row.get(VERSION_OF_INSTANCE));
}

fn keys_of(people: &[Row], mut keys: Keys) -> Keys {
    for row in people {
        if let Some(wrapped) = row.get::<_, Option<&[u8]>>(KEY_OF_PERSON) {
            keys.put_wrapped(row.get(0), wrapped);
        }
    }
    keys
}

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
    macs: Vec<Option<Vec<u8>>>,
    post_event: Vec<i32>,
    post_author: Vec<Uuid>,
    post_text: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(decided: &'a Decided, written: Vec<Written>) -> Columns<'a> {
        let mut columns = Columns::default();
        for (entry, written) in decided.entries.iter().zip(written) {
            let Written {
                id,
                encoded,
                sealed,
                mac,
            } = written;
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
            columns.macs.push(mac);
        }
        for change in &decided.changes {
            if let Change::Put(FactsRow::Post(post)) = change {
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
            parameter(self.macs),
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
    let Written {
        id,
        encoded,
        sealed,
        mac,
    } = written;
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
                mac,
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
    changes::write_operational(&mut pipeline, statements, decided);
    pipeline.then(&statements.commit, Vec::new());
    let answers = pipeline.run(&connection.client).await?;
    Ok(if decided.entries.is_empty() {
        Vec::new()
    } else {
        positions(&answers)
    })
}

fn positions(answers: &[Vec<Row>]) -> Vec<Position> {
    let drawn: Vec<i64> = answers
        .first()
        .and_then(|rows| rows.first())
        .map(|row| row.get(0))
        .unwrap_or_default();
    drawn.into_iter().map(Position).collect()
}
