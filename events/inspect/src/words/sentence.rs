//! What happened, as one would tell it.

use tenfold_core::event::{Event, SeatRelease, SessionEnd};

use super::{Called, quoted};
use crate::tail::{Names, short};
use tenfold_core::escape::escaped;

/// The event as a sentence without its full stop.
pub fn sentence(event: &Event, names: &Names) -> String {
    let called = Called(names);
    match event {
        Event::InstanceRequested { .. }
        | Event::InstanceLaunched { .. }
        | Event::InstanceReady { .. }
        | Event::InstanceDraining { .. }
        | Event::InstanceTerminated { .. }
        | Event::InstanceLost { .. } => of_server(event, called),
        Event::SessionStarted { .. }
        | Event::SessionResumed { .. }
        | Event::SessionEnded { .. }
        | Event::SeatTaken { .. }
        | Event::SeatReleased { .. } => of_session(event, called),
        _ => of_people(event, called),
    }
}

fn of_people(event: &Event, called: Called<'_>) -> String {
    match event {
        Event::AccountRegistered { account, name } => {
            format!("{} registered (account {})", escaped(name), short(account.0))
        }
        Event::AccountDeleted { account } => format!("{} deleted the account", called.account(*account)),
        Event::InviteSent { from, to } => {
            format!("{} invited {}", called.account(*from), called.account(*to))
        }
        Event::InviteAccepted { by, from } => {
            let (by, from) = (called.account(*by), called.account(*from));
            format!("{by} accepted the invite of {from}: they are friends")
        }
        Event::Posted { author, text } => format!("{} posted {}", called.account(*author), quoted(text)),
        Event::GroupCreated { name, creator, .. } => {
            format!("{} made the group {}", called.account(*creator), escaped(name))
        }
        Event::GroupJoined { group, account } => {
            format!("{} joined the group {}", called.account(*account), called.group(*group))
        }
        Event::MessageSent { from, to, text } => {
            let (from, to) = (called.account(*from), called.account(*to));
            format!("{from} wrote to {to}: {}", quoted(text))
        }
        Event::GroupMessageSent { from, group, text } => {
            let (from, group) = (called.account(*from), called.group(*group));
            format!("{from} wrote to the group {group}: {}", quoted(text))
        }
        Event::CommandRefused {
            account,
            command,
            code,
            about,
            ..
        } => {
            let about = about.map_or_else(
                || "somebody or something that is not there".into(),
                |id| called.0.show(id),
            );
            let (account, command) = (called.account(*account), command.word());
            format!("{account} tried {command} and was told: {}", code.message(&about))
        }
        other => other.kind().to_owned(),
    }
}

fn of_session(event: &Event, called: Called<'_>) -> String {
    match event {
        Event::SessionStarted { session, account } => {
            format!("{} logged in (session {})", called.account(*account), short(session.0))
        }
        Event::SessionResumed { session, account, .. } => {
            let account = called.account(*account);
            format!("{account} logged in again, to the same session ({})", short(session.0))
        }
        Event::SessionEnded { account, reason, .. } => {
            let account = called.account(*account);
            match reason {
                SessionEnd::Logout => format!("{account} logged out"),
                SessionEnd::Deleted => format!("{account}'s session ended, for the account is being deleted"),
                SessionEnd::Expired => format!("{account}'s session expired, for nobody was connected"),
            }
        }
        Event::SeatTaken {
            account,
            instance,
            number,
            seats,
            ..
        } => {
            let (account, server) = (called.account(*account), called.server(*instance));
            format!("{account} took seat {} of {seats} on {server}", number + 1)
        }
        Event::SeatReleased {
            account,
            instance,
            reason,
            ..
        } => {
            let (account, server) = (called.account(*account), called.server(*instance));
            match reason {
                SeatRelease::Moved => format!("{account} left {server} for another"),
                SeatRelease::Left => format!("{account}'s seat on {server} was freed, for nobody was connected"),
                SeatRelease::Lost => format!("{account}'s seat was lost with {server}"),
                SeatRelease::Ended => format!("{account}'s seat on {server} was freed with the session's end"),
            }
        }
        other => other.kind().to_owned(),
    }
}

fn of_server(event: &Event, called: Called<'_>) -> String {
    match event {
        Event::InstanceRequested { instance, seats } => {
            format!("{} was asked for, with {seats} seats", called.server(*instance))
        }
        Event::InstanceLaunched { instance, reference } => {
            format!("{} was launched as {}", called.server(*instance), quoted(reference))
        }
        Event::InstanceReady { instance, host, port } => {
            let host = host.as_deref().unwrap_or("the login server's own host");
            format!("{} serves on {} port {port}", called.server(*instance), escaped(host))
        }
        Event::InstanceDraining { instance } => format!("{} takes nobody new", called.server(*instance)),
        Event::InstanceTerminated { instance, reason, .. } => {
            format!("{} was ended: {}", called.server(*instance), escaped(reason))
        }
        Event::InstanceLost { instance, reason, .. } => {
            format!("{} was lost: {}", called.server(*instance), escaped(reason))
        }
        other => other.kind().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tenfold_core::ids::AccountId;
    use uuid::Uuid;

    use super::*;
    use tenfold_synthetic::{Shape, Synthetic};

    #[test]
    fn every_event_is_a_sentence_of_its_own_and_commands_no_terminal() {
        let mut names = Names::default();
        for recorded in Synthetic::new(Shape::dense(5)).take(3000) {
            names.hear(&recorded.event);
            let told = sentence(&recorded.event, &names);
            assert!(told.contains(' ') && told != recorded.event.kind(), "{told}");
            assert!(!told.contains(char::is_control), "{told:?}");
        }
    }

    #[test]
    fn somebody_who_is_gone_is_told_from_whoever_has_the_name_now() {
        let (old, new) = (AccountId(Uuid::from_u128(1)), AccountId(Uuid::from_u128(2)));
        let mut names = Names::default();
        for account in [old, new] {
            let name = "alice".to_owned();
            names.hear(&Event::AccountRegistered { account, name });
        }
        names.hear(&Event::AccountDeleted { account: old });
        let told = sentence(&Event::InviteSent { from: old, to: new }, &names);
        assert_eq!(told, "alice(…00000001) invited alice");
    }
}
