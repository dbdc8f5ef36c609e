//! `register <username> <password>`: makes an account. What can be refused without hashing the password is.

use std::net::IpAddr;

use tenfold_core::command::{NewAccount, Register};
use tenfold_core::ids::{AccountId, CommandId};
use tenfold_core::intent::Intent;
use tenfold_core::name;
use tenfold_core::protocol::{Reply, Request, text};
use tenfold_core::refusal::RefusalCode;
use tenfold_log::append::{OperationalRow, Submission};
use tenfold_service::Outbound;
use uuid::Uuid;

use super::context::{Context, under_id};
use super::error::{CommandError, CommandResult, reply_to};
use crate::limits::Registration;
use crate::passwords::Asker;

/// The most characters of a password.
const MOST_CHARACTERS: usize = 256;

pub(super) async fn reply(
    context: &Context,
    (request, id): (&Request<'_>, CommandId),
    peer: Option<IpAddr>,
    outbound: &Outbound,
) -> CommandResult {
    let Register { name, password } = Register::parse(request.rest)?;
    if outbound.is_closed() {
        return Err(CommandError::Disconnected);
    }
    // What follows from the line alone is not remembered: it follows from it again.
    if name::check(&name).is_err() {
        return Ok(Reply::refused(RefusalCode::BadName.message(&name)));
    }
    password_rule(context, &password)?;
    // Before the name is looked up: a closed server does not tell who there is.
    if context.registration == Registration::Closed {
        return Ok(Reply::refused(text::REGISTRATION_CLOSED));
    }
    let digest = context.key.digest(&format!("register {name}"));
    if let Some(code) = refusal_without_hashing(context, &name, request.id).await? {
        return refuse(context, code, &name, (request.id, digest)).await;
    }
    let asker = Asker::new(peer, &name, outbound);
    let allowed = context.attempts.register(asker.origin);
    allowed.inspect_err(|too_often| context.overruns.count(too_often.quota(), &asker.origin))?;
    let account = AccountId(Uuid::now_v7());
    let hash = context.passwords.hash(asker, password).await?;
    let intent = Intent::Register(NewAccount {
        account,
        name: name.clone(),
    });
    let submission = Submission::new(intent).with_row(OperationalRow::Password { account, hash });
    let submission = under_id(submission, (request.id, digest), id);
    let outcome = context.writer.submit(submission).await?;
    Ok(reply_to(outcome, Reply::success(), &name))
}

/// What a new password has to be.
pub(super) fn password_rule(context: &Context, password: &str) -> Result<(), CommandError> {
    let length = password.chars().take(MOST_CHARACTERS + 1).count();
    if (context.min_password..=MOST_CHARACTERS).contains(&length) {
        return Ok(());
    }
    let least = context.min_password;
    let rule = format!("A password has {least} to {MOST_CHARACTERS} characters");
    Err(Reply::refused(rule).into())
}

/// The refusal that is plain already. A command that was decided before goes to the log, which answers as it did then.
async fn refusal_without_hashing(
    context: &Context,
    name: &str,
    id: Option<CommandId>,
) -> Result<Option<RefusalCode>, CommandError> {
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
