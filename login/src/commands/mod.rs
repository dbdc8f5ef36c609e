//! From a line to its reply: one file for each of the four commands, and one for all that belong elsewhere.

mod delete;
mod desk;
mod elsewhere;
mod login;
mod logout;
mod place;
mod pushed_first;
mod register;
mod stop;

use tenfold_core::command::{Actor, CommandName};
use tenfold_core::protocol::reply::Reply;
use tenfold_core::protocol::request::Request;
use tenfold_core::protocol::text;
use tenfold_core::token::Token;
use tenfold_service::{Answer, Outbound};

pub use desk::Desk;
use stop::{Replied, Stop};

/// A word of the wire, whoever carries it out.
enum Word {
    Register,
    Login,
    Logout,
    Delete,
    /// One of the application servers' commands.
    App,
    /// Asks for no reply.
    Acknowledgement,
}

impl Word {
    fn of(word: &str) -> Option<Word> {
        match (word, CommandName::from_word(word)) {
            (_, Some(CommandName::Register)) => Some(Word::Register),
            (_, Some(CommandName::Login)) => Some(Word::Login),
            (_, Some(CommandName::Logout)) => Some(Word::Logout),
            (_, Some(CommandName::Delete)) => Some(Word::Delete),
            ("attach" | "sync", _) | (_, Some(_)) => Some(Word::App),
            ("ack", _) => Some(Word::Acknowledgement),
            _ => None,
        }
    }
}

/// A command of a session whose token is authentic.
struct Asked<'line> {
    request: Request<'line>,
    token: Token,
    actor: Actor,
    /// The words behind the token.
    rest: &'line str,
}

/// Answers a request.
pub async fn answer(desk: &Desk, request: Request<'_>, outbound: &Outbound) -> Answer {
    match Word::of(request.word) {
        None => Reply::refused(text::unknown_command(request.word)).into(),
        Some(Word::Acknowledgement) => Answer::none(),
        Some(Word::Register) => to_answer(register::reply(desk, &request).await),
        Some(Word::Login) => to_answer(login::reply(desk, &request, outbound).await),
        Some(word) => match identify(desk, request).await {
            Ok(asked) => {
                let session = asked.actor.session;
                tenfold_service::span::record_session(session);
                to_answer(reply_to_session(desk, &word, &asked, outbound).await).to(session)
            }
            Err(stop) => to_answer(Err(stop)),
        },
    }
}

async fn reply_to_session(desk: &Desk, word: &Word, asked: &Asked<'_>, outbound: &Outbound) -> Replied {
    match word {
        Word::Logout => logout::reply(desk, asked).await,
        Word::Delete => delete::reply(desk, asked).await,
        _ => elsewhere::reply(desk, asked, outbound).await,
    }
}

/// Check 2, as far as the token goes: whose it is, known also for a while after its session's end, so that a command
/// sent again is answered as it was.
async fn identify<'line>(desk: &Desk, request: Request<'line>) -> Result<Asked<'line>, Stop> {
    let not_logged_in = || Stop::from(Reply::refused(text::NOT_LOGIN_YET));
    let (token, rest) = request.token().ok_or_else(not_logged_in)?;
    if !desk.key.made(&token) {
        return Err(not_logged_in());
    }
    let actor = desk.reader.identify(&token).await?.ok_or_else(not_logged_in)?;
    Ok(Asked {
        request,
        token,
        actor,
        rest,
    })
}

fn to_answer(replied: Replied) -> Answer {
    match replied {
        Ok(reply) => reply.into(),
        Err(Stop::Reply(reply)) => (*reply).into(),
        Err(Stop::HungUp) => Answer::none(),
    }
}
