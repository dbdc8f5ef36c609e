//! `register <username> <password>`: makes an account. What can be refused without hashing the password is.

use tenfold_core::command::{NewAccount, Register};
use tenfold_core::ids::{AccountId, CommandId};
use tenfold_core::intent::Intent;
use tenfold_core::name;
use tenfold_core::protocol::reply::Reply;
use tenfold_core::protocol::request::Request;
use tenfold_core::refusal::RefusalCode;
use tenfold_log::append::{Beside, Submission};
use uuid::Uuid;

use super::Desk;
use super::stop::{Replied, Stop, reply_to};

pub(super) async fn reply(desk: &Desk, request: &Request<'_>) -> Replied {
    let Register { name, password } = Register::parse(request.rest)?;
    let digest = desk.key.digest(&format!("register {name}"));
    let id = request.id.map(|id| (id, digest));
    if let Some(code) = refusal_without_hashing(desk, &name, request.id).await? {
        return refuse(desk, code, &name, id).await;
    }
    let account = AccountId(Uuid::now_v7());
    let hash = desk.passwords.hash(password).await?;
    let intent = Intent::Register(NewAccount {
        account,
        name: name.clone(),
    });
    let submission = Submission::new(intent).beside(Beside::Password { account, hash });
    let submission = match id {
        Some((id, digest)) => submission.identified(id, digest),
        None => submission,
    };
    let outcome = desk.writer.submit(submission).await?;
    Ok(reply_to(outcome, Reply::success(), &name))
}

/// The refusal that is plain already. A command that was decided before goes to the log, which answers as it did then.
async fn refusal_without_hashing(desk: &Desk, name: &str, id: Option<CommandId>) -> Result<Option<RefusalCode>, Stop> {
    if name::check(name).is_err() {
        return Ok(Some(RefusalCode::BadName));
    }
    let beforehand = desk.store.beforehand(name, id).await?;
    let is_refused = beforehand.is_taken && !beforehand.is_repeated;
    Ok(is_refused.then_some(RefusalCode::NameTaken))
}

async fn refuse(desk: &Desk, code: RefusalCode, name: &str, id: Option<(CommandId, i64)>) -> Replied {
    if let Some((id, digest)) = id {
        desk.store.remember_refusal(id, digest, code).await?;
    }
    Ok(Reply::refused(code.message(name)))
}
