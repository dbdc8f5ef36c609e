//! The role that owns the database: it makes tables, databases and roles, and is no superuser, which could read every file of the user
//! that Postgres runs as, and run programs.

use tokio_postgres::Client;

use super::access::SUPERUSER;
use super::address::{Address, NAME};
use super::connect::{ConnectError, connect};

/// In data of earlier versions the owner was the superuser that `initdb` makes. That one is called so now, and nobody comes in with it.
const FORMER: &str = "tenfold_initdb";

/// Makes the role, which has the password of the address, and its database, where they are missing. It can be repeated: the role comes in
/// when all is done.
///
/// # Errors
/// The database's, or no superuser comes in.
pub(super) async fn make(address: &Address) -> Result<(), ConnectError> {
    let superuser = connect(&address.superuser_url(SUPERUSER)).await?;
    let make = format!(
        "do $$ begin
             if not exists (select from pg_roles where rolname = '{NAME}') then create role {NAME}; end if;
         end $$;
         grant pg_monitor to {NAME}"
    );
    superuser.batch_execute(&make).await?;
    if !has(
        &superuser,
        "select exists (select from pg_database where datname = $1)",
        NAME,
    )
    .await?
    {
        superuser
            .batch_execute(&format!("create database {NAME} owner {NAME}"))
            .await?;
    }
    if has(
        &superuser,
        "select exists (select from pg_roles where rolname = $1)",
        FORMER,
    )
    .await?
    {
        hand_over_all(&superuser, address).await?;
    }
    let password = address.password();
    let open = format!("alter role {NAME} login nosuperuser createdb createrole password '{password}'");
    Ok(superuser.batch_execute(&open).await?)
}

/// Whether the role is still the superuser that it was in earlier versions.
///
/// # Errors
/// The database's.
pub(super) async fn is_superuser(owner: &Client) -> Result<bool, ConnectError> {
    let asked = "select rolsuper from pg_roles where rolname = current_user";
    Ok(owner.query_one(asked, &[]).await?.try_get(0)?)
}

/// Takes the role's name from the superuser that has it, for [`make`] to give it to another one.
///
/// # Errors
/// The database's, or the new superuser does not come in.
pub(super) async fn give_up_superuser(owner: &Client, address: &Address) -> Result<(), ConnectError> {
    let another = format!(
        "do $$ begin
             if not exists (select from pg_roles where rolname = '{SUPERUSER}') then create role {SUPERUSER}; end if;
         end $$;
         alter role {SUPERUSER} login superuser"
    );
    owner.batch_execute(&another).await?;
    // Nobody can rename the role that it is.
    let superuser = connect(&address.superuser_url(SUPERUSER)).await?;
    let rename =
        format!("begin; alter role {NAME} nologin password null; alter role {NAME} rename to {FORMER}; commit");
    Ok(superuser.batch_execute(&rename).await?)
}

async fn hand_over_all(superuser: &Client, address: &Address) -> Result<(), ConnectError> {
    let all = "select datname::text from pg_database where datallowconn and not datistemplate";
    for row in superuser.query(all, &[]).await? {
        let database = connect(&address.superuser_url(row.try_get(0)?)).await?;
        database.batch_execute(include_str!("hand_over.sql")).await?;
    }
    Ok(())
}

async fn has(superuser: &Client, asked: &str, name: &str) -> Result<bool, ConnectError> {
    Ok(superuser.query_one(asked, &[&name]).await?.try_get(0)?)
}
