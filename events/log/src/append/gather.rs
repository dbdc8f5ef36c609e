//! The first round trip: a transaction begins, takes its locks, and then reads what its decisions rest on.

use tenfold_core::facts::{Account, Change, Facts, Group, Instance, Membership, Pair, Seat, Session};
use tenfold_core::ids::AccountId;
use tenfold_core::needs::{LockMode, Needs};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Statement};
use uuid::Uuid;

use super::connection::AppendConnection;
use super::repeated::Repeated;
use crate::projection::Stored;
use crate::sealing::Keys;

/// What is to be looked up about command ids.
#[derive(Default)]
pub(super) struct Ids {
    /// Of all commands.
    pub commands: Vec<Uuid>,
    /// Of registrations, whose refusals are in an operational table.
    pub registrations: Vec<Uuid>,
}

/// What decisions rest on.
pub(super) struct Gathered {
    pub facts: Facts,
    /// Of the accounts among the facts.
    pub keys: Keys,
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
    let people_parameters: [&(dyn ToSql + Sync); 2] = [&accounts, &names];
    let wants_people = !(accounts.is_empty() && names.is_empty());
    let people = read(connection, &statements.people, &people_parameters, wants_people);
    let pair_parameters: [&(dyn ToSql + Sync); 2] = [&pair_accounts, &pair_names];
    let pairs = read(connection, &statements.pairs, &pair_parameters, !pair_names.is_empty());
    let group_parameters: [&(dyn ToSql + Sync); 3] = [&groups, &member_accounts, &member_groups];
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
    let people = people?;
    Ok(Gathered {
        facts: facts(&people, &pairs?, &grouped?, &fleet?),
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
    }
    groups.iter().for_each(|row| put_group(&mut facts, row));
    fleet.iter().for_each(|row| put_instance(&mut facts, row));
    facts
}

// Where the columns of each begin in the statements' rows.
const SESSION: usize = Account::COLUMNS.len();
const SEAT: usize = SESSION + Session::COLUMNS.len();
const VERSION_OF_PERSON: usize = SEAT + Seat::COLUMNS.len();
const KEY_OF_PERSON: usize = VERSION_OF_PERSON + 1;
const MEMBERSHIP: usize = Group::COLUMNS.len();
const NUMBERS_TAKEN: usize = Instance::COLUMNS.len();
const VERSION_OF_INSTANCE: usize = NUMBERS_TAKEN + 1;

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
