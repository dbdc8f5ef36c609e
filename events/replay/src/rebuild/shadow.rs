//! The shadow tables: made like the live ones, in a schema of their own.

use tokio_postgres::Client;

use super::error::RebuildError;
use tenfold_log::operational::rebuild_tables::{RETIRED, SHADOW, drop_all};
use tenfold_log::projection::Table;

/// Makes the shadow tables, empty and without indexes: those are made when the rows are there. What an earlier rebuild
/// left behind is dropped first.
pub(super) async fn create(client: &Client) -> Result<(), RebuildError> {
    drop_all(client).await?;
    refuse_dependents(client).await?;
    let mut statements = format!("begin; create schema {SHADOW}; create schema {RETIRED};");
    for Table { name: table, .. } in Table::all() {
        statements += &format!(
            "create table {SHADOW}.{table} (like {table} including all excluding indexes excluding statistics);"
        );
    }
    statements += "commit";
    Ok(client.batch_execute(&statements).await?)
}

/// Makes a table's keys, indexes and statistics after those of the live one.
pub(super) async fn finish(client: &Client, table: &str) -> Result<(), RebuildError> {
    let mut statements = String::new();
    for row in client.query(INDEXES, &[&table, &SHADOW]).await? {
        statements += row.get::<_, &str>(0);
        statements.push(';');
    }
    statements += &format!("analyze {SHADOW}.{table}");
    Ok(client.batch_execute(&statements).await?)
}

/// The statements that make the indexes of table $1 in schema $2: those of constraints through the constraint, so that
/// all names stay the same.
const INDEXES: &str = "
    select case
             when c.conname is not null
               then format('alter table %I.%I add constraint %I %s', $2::text, t.relname, c.conname,
                           pg_get_constraintdef(c.oid))
             else replace(pg_get_indexdef(i.indexrelid), format(' ON %I.%I USING ', n.nspname, t.relname),
                          format(' ON %I.%I USING ', $2::text, t.relname))
           end
      from pg_index i
      join pg_class t on t.oid = i.indrelid
      join pg_namespace n on n.oid = t.relnamespace
      left join pg_constraint c on c.conindid = i.indexrelid and c.conrelid = i.indrelid
     where i.indrelid = to_regclass($1)
     order by i.indisprimary desc, i.indexrelid";

/// A view on a projection would follow the old table out.
async fn refuse_dependents(client: &Client) -> Result<(), RebuildError> {
    let select = "
        select v.oid::regclass::text, t.relname::text
          from pg_depend d
          join pg_rewrite r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass
          join pg_class v on v.oid = r.ev_class
          join pg_class t on t.oid = d.refobjid
         where d.refclassid = 'pg_class'::regclass and v.oid <> t.oid
           and d.refobjid in (select to_regclass(name) from unnest($1::text[]) as name)
         limit 1";
    let tables: Vec<&str> = Table::all().map(|table| table.name).collect();
    match client.query_opt(select, &[&tables]).await? {
        None => Ok(()),
        Some(row) => Err(RebuildError::Dependent {
            dependent: row.get(0),
            table: row.get(1),
        }),
    }
}
