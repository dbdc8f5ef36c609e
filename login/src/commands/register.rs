//! `register <username> <password>`: makes an account. What can be refused without hashing the password is.

use tenfold_core::command::{NewAccount, Register};
use tenfold_core::ids::{AccountId, CommandId};
use tenfold_core::intent::Intent;
use tenfold_core::name;
use tenfold_core::protocol::{Reply, Request};
use tenfold_core::refusal::RefusalCode;
use tenfold_log::append::{OperationalRow, Submission};
use uuid::Uuid;

use super::context::{Context, under_id};
use super::error::{CommandError, CommandResult, reply_to};

pub(super) async fn reply(context: &Context, request: &Request<'_>, id: CommandId) -> CommandResult {
    let Register { name, password } = Register::parse(request.rest)?;
    let digest = context.key.digest(&format!("register {name}"));
    if let Some(code) = refusal_without_hashing(context, &name, request.id).await? {
        return refuse(context, code, &name, (request.id, digest)).await;
    }
    let account = AccountId(Uuid::now_v7());
    let hash = context.passwords.hash(password).await?;
    let intent = Intent::Register(NewAccount {
        account,
        name: name.clone(),
    });
    let submission = Submission::new(intent).with_row(OperationalRow::Password { account, hash });
    let submission = under_id(submission, (request.id, digest), id);
    let outcome = context.writer.submit(submission).await?;
    Ok(reply_to(outcome, Reply::success(), &name))
}

/// The refusal that is plain already. A command that was decided before goes to the log, which answers as it did then.
async fn refusal_without_hashing(
    context: &Context,
    name: &str,
    id: Option<CommandId>,
) -> Result<Option<RefusalCode>, CommandError> {
    if name::check(name).is_err() {
        return Ok(Some(RefusalCode::BadName));
    }
    let beforehand = context.store.beforehand(name, id).await?;
    let is_refused = beforehand.is_taken && !beforehand.is_repeated;
    Ok(is_refused.then_some(RefusalCode::NameTaken))
}

async fn refuse(
    context: &Context,
    code: RefusalCode,
    name: &str,
    (chosen, digest): (Option<CommandId>, i64),
) -> CommandResult {
    if let Some(id) = chosen {
        context.store.remember_refusal(id, digest, code).await?;
    }
    Ok(Reply::refused(code.message(name)))
}
