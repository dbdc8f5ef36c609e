//! Refused registrations: they have no session whose log could hold them, and are remembered so that the same command
//! sent again is answered alike.

use crate::database::Client;
use tenfold_core::ids::CommandId;
use tenfold_core::refusal::RefusalCode;

/// Remembers that `command` was refused, unless something was decided about it before.
pub async fn remember(
    client: &Client,
    command: CommandId,
    digest: i64,
    code: RefusalCode,
) -> Result<(), tokio_postgres::Error> {
    let sql = "insert into remembered_refusal (command_id, digest, code) values ($1, $2, $3) on conflict do nothing";
    client
        .execute(sql, &[&command.0, &digest, &code_name(code)])
        .await
        .map(drop)
}

fn code_name(code: RefusalCode) -> String {
    format!("{code:?}")
}
