//! Rebuilding: mends what is damaged, while commands go on, and leaves nothing behind when it is broken off.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::OwnDatabase;
use common::load::Load;
use tenfold_log::database::Client;
use tenfold_log::database::Database;
use tenfold_log::projection::Table;
use tenfold_replay::fold::Counter;
use tenfold_replay::rebuild::{Phase, Progress, RebuildError, rebuild, tidy};
use tenfold_replay::state;
use tenfold_replay::verify::verify;
use tenfold_synthetic::{Shape, Synthetic, store};

async fn with_log(events: usize) -> (OwnDatabase, Client) {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    store(&client, Synthetic::new(Shape::dense(events as u64)).take(events))
        .await
        .unwrap();
    (own, client)
}

async fn assert_verified(database: &Database) {
    let client = database.connect("test").await.unwrap();
    let verdict = verify(&client, &Counter::default()).await.unwrap();
    assert!(verdict.differences.is_empty(), "{:#?}", verdict.differences.sentences());
    assert_eq!(verdict.log, verdict.live);
}

/// Every relation with its definition, so that two moments can be compared.
async fn relations(client: &Client) -> BTreeSet<String> {
    let select = "select c.relname || ' ' || c.relkind::text || ' ' || coalesce(pg_get_indexdef(c.oid), '') || ' ' ||
                         coalesce((select string_agg(conname || ' ' || pg_get_constraintdef(oid), ', ' order by conname)
                                     from pg_constraint where conrelid = c.oid), '')
                    from pg_class c join pg_namespace n on n.oid = c.relnamespace
                   where n.nspname = 'public'";
    client
        .query(select, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

async fn schemas_left(client: &Client) -> i64 {
    let select = "select count(*) from pg_namespace where nspname in ('tenfold_rebuild', 'tenfold_retired')";
    client.query_one(select, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn damaged_projections_are_mended_and_all_names_stay_as_they_were() {
    let (own, client) = with_log(1500).await;
    let made = relations(&client).await;
    for _ in 0..2 {
        let damage = "delete from account; update post set text = 'forged'; truncate pair;
                      insert into groups values (gen_random_uuid(), 'never made', 5)";
        client.batch_execute(damage).await.unwrap();
        let report = rebuild(&own.database, &Progress::default()).await.unwrap();
        assert_eq!(report.events, 1500);
        assert_verified(&own.database).await;
        assert_eq!(relations(&client).await, made);
        assert_eq!(schemas_left(&client).await, 0);
    }
}

#[tokio::test]
async fn an_empty_log_makes_empty_projections() {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    client
        .batch_execute("insert into groups values (gen_random_uuid(), 'never made', 5)")
        .await
        .unwrap();
    assert_eq!(rebuild(&own.database, &Progress::default()).await.unwrap().events, 0);
    assert_verified(&own.database).await;
}

#[tokio::test]
async fn a_rebuild_that_is_broken_off_changes_nothing_and_can_be_tidied_up() {
    let (own, client) = with_log(3000).await;
    rebuild(&own.database, &Progress::default()).await.unwrap();
    let before = state::now(&client).await.unwrap();
    for wanted in ["folding", "writing", "swapping"] {
        let progress = Progress::default();
        let reached = async {
            loop {
                match (wanted, progress.phase()) {
                    ("folding", Phase::Folding { .. }) | ("writing", Phase::Writing) => return,
                    ("swapping", Phase::Swapping) => return,
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        tokio::select! {
            biased;
            () = reached => {}
            _ = rebuild(&own.database, &progress) => {}
        }
        tidy(&own.database).await.unwrap();
        assert_eq!(schemas_left(&client).await, 0, "broken off while {wanted}");
        assert_eq!(state::now(&client).await.unwrap(), before);
        assert_verified(&own.database).await;
    }
    rebuild(&own.database, &Progress::default()).await.unwrap();
    assert_eq!(state::now(&client).await.unwrap(), before);
}

#[tokio::test]
async fn a_second_rebuild_at_the_same_time_is_refused_and_so_is_one_that_would_take_a_view_along() {
    let (own, client) = with_log(100).await;
    client.batch_execute("select pg_advisory_lock(-7310002)").await.unwrap();
    let refused = rebuild(&own.database, &Progress::default()).await;
    assert!(matches!(refused, Err(RebuildError::UnderWay)), "{refused:?}");
    client
        .batch_execute("select pg_advisory_unlock(-7310002); create view names as select name from account")
        .await
        .unwrap();
    let refused = rebuild(&own.database, &Progress::default())
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("names") && refused.contains("account"), "{refused}");
    assert_eq!(schemas_left(&client).await, 0);
}

/// Everything that would be lost with a table or break with it, each with what undoes it.
#[tokio::test]
async fn whatever_hangs_on_a_projection_is_refused_before_anything_is_made() {
    let (own, client) = with_log(100).await;
    let other = "create function noted() returns trigger language plpgsql as 'begin return new; end'; create table mine (id uuid, at bigint)";
    client.batch_execute(other).await.unwrap();
    for (added, undo, part) in [
        (
            "create trigger mark after insert on post for each row execute function noted()",
            "drop trigger mark on post",
            "trigger mark",
        ),
        (
            "alter table mine add constraint whose foreign key (id) references account (id)",
            "alter table mine drop constraint whose",
            "constraint whose",
        ),
        (
            "alter table mine add primary key (id); alter table session add constraint known foreign key (account_id) references mine (id) not valid",
            "alter table session drop constraint known",
            "constraint known",
        ),
        (
            "create policy own_rows on post using (true)",
            "drop policy own_rows on post",
            "policy own_rows",
        ),
        (
            "create publication partly for table post, pair",
            "drop publication partly",
            "publication partly",
        ),
        (
            "create publication everything for all tables",
            "drop publication everything",
            "publication everything",
        ),
        ("create table heir () inherits (groups)", "drop table heir", "heir"),
        (
            "create rule silent as on delete to pair do instead nothing",
            "drop rule silent on pair",
            "rule silent",
        ),
        (
            "create materialized view copied as select * from post",
            "drop materialized view copied",
            "copied",
        ),
        (
            "create function bodied() returns bigint language sql begin atomic select count(*) from post; end",
            "drop function bodied",
            "bodied",
        ),
        (
            "create function of_row(account) returns int language sql as 'select 1'",
            "drop function of_row",
            "of_row",
        ),
        (
            "create statistics correlated on author, position from post",
            "drop statistics correlated",
            "correlated",
        ),
        (
            "alter table account add column remark text default 'x'",
            "alter table account drop column remark",
            "column remark",
        ),
    ] {
        client.batch_execute(added).await.unwrap();
        let refused = rebuild(&own.database, &Progress::default()).await;
        assert!(
            matches!(refused, Err(RebuildError::Dependents(_))),
            "{added}: {refused:?}"
        );
        let said = refused.unwrap_err().to_string();
        assert!(
            said.contains(part) && said.contains("make them again"),
            "{added}: {said}"
        );
        assert_eq!(schemas_left(&client).await, 0, "{added}");
        client.batch_execute(undo).await.unwrap();
    }
    rebuild(&own.database, &Progress::default()).await.unwrap();
    assert_verified(&own.database).await;
}

/// Owner, rights and everything else that a table has by itself.
async fn properties(client: &Client) -> BTreeSet<String> {
    let select = "select concat_ws(' ', c.relname, c.relowner::regrole,
                                   (select string_agg(right_::text, ',' order by right_::text) from unnest(coalesce(c.relacl, acldefault('r', c.relowner))) as right_), c.relrowsecurity,
                                   c.relforcerowsecurity, c.relreplident, c.reloptions, c.relpersistence, obj_description(c.oid, 'pg_class'),
                                   (select string_agg(concat_ws(' ', a.attname, a.attacl, a.attoptions, a.attstattarget, a.attstorage), ',' order by a.attnum)
                                      from pg_attribute a where a.attrelid = c.oid and a.attnum > 0),
                                   (select string_agg(i.indexrelid::regclass || ' ' || i.indisreplident, ',' order by i.indexrelid::regclass::text)
                                      from pg_index i where i.indrelid = c.oid))
                    from pg_class c join pg_namespace n on n.oid = c.relnamespace
                   where n.nspname = 'public' and c.relkind = 'r' and c.relname = any($1)";
    let tables: Vec<&str> = Table::all().map(|table| table.name).collect();
    let rows = client.query(select, &[&tables]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn owner_rights_and_all_that_a_table_has_by_itself_are_carried_over() {
    let (own, client) = with_log(500).await;
    let [service, reader] = ["service", "reader"].map(|role| format!("{role}_{}", uuid::Uuid::new_v4().simple()));
    let made = format!(
        "create role {service} login; create role {reader}; grant usage, create on schema public to {service};
         alter table event owner to {service};
         alter table account owner to {service}; alter table post owner to {service}; alter table pair owner to {service};
         grant select on account to {reader} with grant option; grant insert, update on post to public; revoke delete on post from {service};
         grant select (author) on post to {reader}; revoke all on groups from public; grant select on groups to {reader};
         alter table membership enable row level security; alter table membership force row level security;
         alter table pair set (fillfactor = 70, autovacuum_vacuum_threshold = 77); alter table post set (toast.autovacuum_enabled = false);
         alter table seat replica identity full; alter table session replica identity using index session_pkey;
         alter table post alter column author set statistics 300; alter table post alter column author set (n_distinct = -0.5);
         alter table post alter column text set storage external; comment on table pair is 'who knows it''s theirs';
         alter default privileges grant delete on tables to {reader}"
    );
    client.batch_execute(&made).await.unwrap();
    let before = properties(&client).await;
    assert_eq!(before.len(), Table::all().count());
    for _ in 0..2 {
        rebuild(&own.database, &Progress::default()).await.unwrap();
        assert_eq!(properties(&client).await, before);
    }
    // Whose service it is can go on, and removes what a rebuild by somebody else left behind.
    client
        .batch_execute(&format!(
            "set role {service}; select * from account; insert into post values (100000, gen_random_uuid(), 'x')"
        ))
        .await
        .unwrap();
    let gone = format!(
        "reset role; reassign owned by {service} to current_user; drop owned by {service}, {reader}; drop role {service}, {reader}"
    );
    client.batch_execute(&gone).await.unwrap();
}

#[tokio::test]
async fn whoever_holds_a_table_for_a_while_is_waited_for_without_a_queue_behind() {
    let (own, client) = with_log(500).await;
    client
        .batch_execute("begin; lock table pair in row exclusive mode")
        .await
        .unwrap();
    let database = own.database.clone();
    let rebuilding = tokio::spawn(async move { rebuild(&database, &Progress::default()).await });
    // A reader that comes meanwhile is not held up for longer than a lock may be waited for.
    let reader = own.database.connect("test").await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    let mut seen_waiting = false;
    while !seen_waiting {
        assert!(
            tokio::time::Instant::now() < deadline,
            "the swap never came to the table that is held"
        );
        let waiting = "select exists (select from pg_locks where not granted and relation = 'pair'::regclass)";
        seen_waiting = reader.query_one(waiting, &[]).await.unwrap().get(0);
    }
    let asked = tokio::time::Instant::now();
    reader.query_one("select count(*) from pair", &[]).await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    client.batch_execute("commit").await.unwrap();
    assert!(rebuilding.await.unwrap().unwrap().tries > 1);
    assert_verified(&own.database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rebuilds_while_commands_run_lose_none_of_them() {
    let own = OwnDatabase::new().await;
    let load = Load::start(&own.database, 3).await;
    // Readers that hold several tables at once, in other orders than the swap wants them.
    let reader = own.database.connect("test").await.unwrap();
    let reading = tokio::spawn({
        let stop = load.stop.clone();
        async move {
            while !stop.is_cancelled() {
                let select = "select count(*) from post o join account a on a.id = o.author
                              left join pair p on p.low = a.id left join session s on s.account_id = a.id";
                reader.query_one(select, &[]).await.unwrap();
            }
        }
    });
    for _ in 0..6 {
        let before = load.happened();
        let report = rebuild(&own.database, &Progress::default()).await.unwrap();
        println!("{report:?}, {before} commands before");
        assert_verified(&own.database).await;
        load.goes_on(50).await;
    }
    load.end().await;
    reading.await.unwrap();
    assert_verified(&own.database).await;
    let client = own.database.connect("test").await.unwrap();
    let now = state::now(&client).await.unwrap();
    assert_eq!(state::at(&client, now.position).await.unwrap(), now);
    assert!(now.position.0 > 300, "{}", now.position);
}
