//! What all servers on a database must agree on.

use crate::database::Client;

/// The fingerprint of the key that makes tokens.
pub const TOKEN_KEY: &str = "token key fingerprint";
/// The fingerprint of the key that wraps the accounts' keys.
pub const MASTER_KEY: &str = "master key fingerprint";
/// What is in the command lines of this database's application servers.
pub const FLEET: &str = "fleet";
/// When the log was last looked through for what is missing, altered or forged; seconds since 1970.
pub const LOG_CHECKED: &str = "log checked";
/// What a database is a sandbox of; only sandboxes have it.
pub const SANDBOX: &str = "sandbox";
/// With which passwords and rights the roles of the servers were made.
pub const SERVER_ROLES: &str = "server roles";
/// How often events were changed or deleted by hand; no value where they never were.
pub const CHANGED_EVENTS: &str = "changed events";

/// The setting's value, where it has one.
pub async fn get(client: &Client, name: &str) -> Result<Option<String>, tokio_postgres::Error> {
    let row = client
        .query_opt("select value from setting where name = $1", &[&name])
        .await?;
    row.map(|row| row.try_get(0)).transpose()
}

/// Sets `name` where it has no value yet, and answers with the value it has then.
pub async fn load_or_create(client: &Client, name: &str, value: &str) -> Result<String, tokio_postgres::Error> {
    // A conflicting row that another server has just committed is not in the statement's own snapshot: hence two.
    let sql = "insert into setting (name, value) values ($1, $2) on conflict (name) do nothing";
    client.execute(sql, &[&name, &value]).await?;
    let row = client
        .query_one("select value from setting where name = $1", &[&name])
        .await?;
    row.try_get(0)
}
