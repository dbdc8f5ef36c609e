//! Carries out the twelve commands.

use tenfold_core::command::{Actor, AppCommand, Changing, Listing};
use tenfold_core::ids::CommandId;
use tenfold_core::intent::Intent;
use tenfold_core::protocol::reply::Reply;
use tenfold_core::protocol::text;
use tenfold_log::append::{Outcome, Submission};
use tenfold_log::read::{Listed, ReadError};

use crate::app::App;

/// A command's id as its client chose it, and what binds the id to this one use.
pub struct Identified {
    /// The id.
    pub id: CommandId,
    /// Another for another user, command or arguments.
    pub digest: i64,
}

/// Carries out `command` for `actor`, checks 2 and 4 included.
///
/// # Errors
/// [`ReadError`].
pub async fn carry_out(
    app: &App,
    actor: &Actor,
    command: AppCommand,
    identified: Option<Identified>,
) -> Result<Reply, ReadError> {
    match command {
        AppCommand::List(listing) => list(app, actor, listing).await,
        AppCommand::Change(command) => change(app, actor, command, identified).await,
    }
}

async fn list(app: &App, actor: &Actor, listing: Listing) -> Result<Reply, ReadError> {
    let reply = match app.reader.list(actor, app.instance, listing).await? {
        Listed::Turned(turned) => return app.turned(turned).await,
        Listed::Posts(posts) => Reply {
            post: Some(posts),
            ..Reply::default()
        },
        Listed::Names(names) => names_reply(listing, names),
    };
    app.served.note(actor.session);
    Ok(reply)
}

fn names_reply(listing: Listing, names: Vec<String>) -> Reply {
    let mut reply = Reply::default();
    let names = Some(names);
    match listing {
        Listing::Invites => reply.invite = names,
        Listing::Friends => reply.friend = names,
        Listing::Groups | Listing::Joined => reply.group = names,
        Listing::Posts => debug_assert!(false, "posts are no names"),
    }
    reply
}

async fn change(
    app: &App,
    actor: &Actor,
    command: Changing,
    identified: Option<Identified>,
) -> Result<Reply, ReadError> {
    let subject = command.subject().to_owned();
    let intent = Intent::Change {
        actor: actor.clone(),
        at: app.instance,
        command,
    };
    let mut submission = Submission::new(intent);
    if let Some(Identified { id, digest }) = identified {
        submission = submission.identified(id, digest);
    }
    let reply = match app.writer.submit(submission).await {
        Ok(Outcome::Happened { position, .. }) => Reply::success().at(position),
        Ok(Outcome::Refused { code, position }) => Reply {
            position,
            ..Reply::refused(code.message(&subject))
        },
        Ok(Outcome::Turned(turned)) => return app.turned(turned).await,
        Ok(Outcome::IdReused) => Reply::refused(text::ID_REUSED),
        Err(error) => Reply::refused(error.to_string()),
    };
    app.served.note(actor.session);
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_listing_is_called_as_the_contract_says() {
        let line = |listing| names_reply(listing, vec!["a".into()]).to_line();
        assert_eq!(line(Listing::Invites), r#"{"status":0,"invite":["a"]}"#);
        assert_eq!(line(Listing::Friends), r#"{"status":0,"friend":["a"]}"#);
        assert_eq!(line(Listing::Groups), r#"{"status":0,"group":["a"]}"#);
        assert_eq!(line(Listing::Joined), r#"{"status":0,"group":["a"]}"#);
    }
}
