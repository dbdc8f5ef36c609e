//! What the other tests stand on works by itself.

use std::sync::Arc;

use tenfold_testcases::database::Database;
use tenfold_testcases::postgres::Cluster;

#[test]
fn every_database_is_fresh() {
    let (one, other) = (Database::fresh(), Database::fresh());
    one.rows("CREATE TABLE here (number int)");
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(one.rows(tables), [[Some("1".to_owned())]]);
    assert_eq!(other.rows(tables), [[Some("0".to_owned())]]);
}

#[test]
fn a_killed_cluster_comes_back_with_its_data() {
    let cluster = Arc::new(Cluster::start());
    let database = Database::fresh_on(&cluster);
    database.rows("CREATE TABLE kept AS SELECT 7 AS number");
    cluster.kill();
    cluster.run();
    assert_eq!(database.rows("SELECT number FROM kept"), [[Some("7".to_owned())]]);
}
