//! What this crate knows of each kind of event: how it is told in a sentence, and what it requires. A new kind does not compile
//! before it has both.

use tenfold_core::escape::escaped;
use tenfold_core::event::{Event, SeatRelease, SessionEnd};
use tenfold_core::facts::{Facts, InstanceState};

use crate::names::{Names, short};
use crate::preconditions::{Lookup, Precondition};
use crate::text::quoted;

/// The event as a sentence without its full stop.
pub fn sentence(event: &Event, names: &Names) -> String {
    match event {
        Event::AccountRegistered { account, name } => {
            format!("{} registered (account {})", escaped(name), short(account.0))
        }
        Event::AccountDeleted { account } => format!("{} deleted the account", names.account(*account)),
        Event::PasswordChanged { account } => format!("{} changed the password", names.account(*account)),
        Event::SessionStarted {
            session,
            account,
            waited_ms,
        } => {
            let waited = waited_ms.map_or_else(String::new, |ms| {
                format!(" after waiting {:.1} s for a seat", f64::from(ms) / 1000.0)
            });
            format!(
                "{} logged in{waited} (session {})",
                names.account(*account),
                short(session.0)
            )
        }
        Event::SessionResumed { session, account, .. } => {
            let account = names.account(*account);
            format!("{account} logged in again, to the same session ({})", short(session.0))
        }
        Event::SessionEnded {
            account,
            reason,
            acknowledged,
            ..
        } => {
            let account = names.account(*account);
            let shown = acknowledged.map_or_else(String::new, |position| {
                format!("; all up to position {position} had been shown")
            });
            match reason {
                SessionEnd::Logout => format!("{account} logged out{shown}"),
                SessionEnd::Deleted => format!("{account}'s session ended, for the account is being deleted{shown}"),
                SessionEnd::Expired => format!("{account}'s session expired, for nobody was connected{shown}"),
                SessionEnd::Password => {
                    format!("{account}'s session ended, for the password is another one{shown}")
                }
            }
        }
        Event::SeatTaken {
            account,
            instance,
            number,
            seats,
            ..
        } => {
            let (account, server) = (names.account(*account), names.server(*instance));
            format!("{account} took seat {} of {seats} on {server}", number + 1)
        }
        Event::SeatReleased {
            account,
            instance,
            reason,
            ..
        } => {
            let (account, server) = (names.account(*account), names.server(*instance));
            match reason {
                SeatRelease::Moved => format!("{account} left {server} for another"),
                SeatRelease::Left => format!("{account}'s seat on {server} was freed, for nobody was connected"),
                SeatRelease::Lost => format!("{account}'s seat was lost with {server}"),
                SeatRelease::Ended => format!("{account}'s seat on {server} was freed with the session's end"),
            }
        }
        Event::InviteSent { from, to } => {
            format!("{} invited {}", names.account(*from), names.account(*to))
        }
        Event::InviteAccepted { by, from } => {
            let (by, from) = (names.account(*by), names.account(*from));
            format!("{by} accepted the invite of {from}: they are friends")
        }
        Event::InviteDeclined { by, from } => {
            format!("{} declined the invite of {}", names.account(*by), names.account(*from))
        }
        Event::Unfriended { by, whom } => {
            let (by, whom) = (names.account(*by), names.account(*whom));
            format!("{by} ended the friendship with {whom}")
        }
        Event::Blocked { by, whom } => format!("{} blocked {}", names.account(*by), names.account(*whom)),
        Event::Unblocked { by, whom } => {
            format!(
                "{} does not block {} any more",
                names.account(*by),
                names.account(*whom)
            )
        }
        Event::Posted { author, text } => format!("{} posted {}", names.account(*author), quoted(text)),
        Event::GroupCreated { name, creator, .. } => {
            format!("{} made the group {}", names.account(*creator), escaped(name))
        }
        Event::GroupJoined { group, account } => {
            format!("{} joined the group {}", names.account(*account), names.group(*group))
        }
        Event::GroupLeft { group, account } => {
            format!("{} left the group {}", names.account(*account), names.group(*group))
        }
        Event::MessageSent { from, to, text } => {
            let (from, to) = (names.account(*from), names.account(*to));
            format!("{from} wrote to {to}: {}", quoted(text))
        }
        Event::GroupMessageSent { from, group, text } => {
            let (from, group) = (names.account(*from), names.group(*group));
            format!("{from} wrote to the group {group}: {}", quoted(text))
        }
        Event::InstanceRequested {
            instance,
            seats,
            reason,
        } => {
            format!(
                "{} was asked for, with {seats} seats{}",
                names.server(*instance),
                because(reason)
            )
        }
        Event::InstanceLaunched { instance, reference } => {
            format!("{} was launched as {}", names.server(*instance), quoted(reference))
        }
        Event::InstanceReady { instance, host, port } => {
            let host = host.as_deref().unwrap_or("the login server's own host");
            format!("{} serves on {} port {port}", names.server(*instance), escaped(host))
        }
        Event::InstanceDraining { instance, reason } => {
            format!("{} takes nobody new{}", names.server(*instance), because(reason))
        }
        Event::InstanceTerminated { instance, reason, .. } => {
            format!("{} was ended: {}", names.server(*instance), escaped(reason))
        }
        Event::InstanceLost { instance, reason, .. } => {
            format!("{} was lost: {}", names.server(*instance), escaped(reason))
        }
        Event::LoginServerStarted { version, options, .. } => {
            format!(
                "a login server of version {} started with {}",
                escaped(version),
                escaped(options)
            )
        }
        Event::CommandRefused {
            account,
            command,
            code,
            about,
            ..
        } => {
            let about = about.map_or_else(|| "somebody or something that is not there".into(), |id| names.show(id));
            let (account, command) = (names.account(*account), command.word());
            format!("{account} tried {command} and was told: {}", code.message(&about))
        }
    }
}

/// `: reason`, where the log knows one; earlier builds did not write it.
fn because(reason: &str) -> String {
    match reason {
        "" => String::new(),
        reason => format!(": {}", escaped(reason)),
    }
}

/// Everything that must be so before `event`, looked up in `facts`, which are those before it.
pub fn preconditions(facts: &Facts, event: &Event) -> Vec<Precondition> {
    let look_up = Lookup(facts);
    let becomes = |instance, next| vec![look_up.server_may_become(instance, next)];
    match *event {
        Event::AccountRegistered { ref name, .. } => vec![look_up.name_is_free(name)],
        Event::AccountDeleted { account } | Event::PasswordChanged { account } => vec![look_up.account(account)],
        Event::SessionStarted { account, .. } => vec![look_up.account(account), look_up.has_no_session(account)],
        Event::SessionResumed { session, account, .. }
        | Event::SessionEnded { session, account, .. }
        | Event::CommandRefused { session, account, .. } => vec![look_up.session(account, session)],
        Event::SeatTaken {
            session,
            account,
            instance,
            number,
            ..
        } => vec![
            look_up.session(account, session),
            look_up.has_no_seat(account, session),
            look_up.server_is_ready(instance),
            look_up.seat_is_free(instance, number),
        ],
        Event::SeatReleased {
            session,
            account,
            instance,
            ..
        } => vec![look_up.sits_on(account, session, instance)],
        Event::InviteSent { from, to } => vec![
            look_up.logged_in(from),
            look_up.account(to),
            look_up.nothing_between(from, to),
        ],
        Event::InviteAccepted { by, from } | Event::InviteDeclined { by, from } => {
            vec![look_up.logged_in(by), look_up.invited(from, by)]
        }
        Event::Unfriended { by, whom } => vec![look_up.logged_in(by), look_up.friends(by, whom)],
        Event::Blocked { by, whom } => vec![
            look_up.logged_in(by),
            look_up.account(whom),
            look_up.blocks_not(by, whom),
        ],
        Event::Unblocked { by, whom } => vec![look_up.logged_in(by), look_up.blocks(by, whom)],
        Event::Posted { author, .. } => vec![look_up.logged_in(author)],
        Event::GroupCreated { ref name, creator, .. } => {
            vec![look_up.logged_in(creator), look_up.group_name_is_free(name)]
        }
        Event::GroupJoined { group, account } => vec![
            look_up.logged_in(account),
            look_up.group(group),
            look_up.no_member(account, group),
        ],
        Event::GroupLeft { group, account } => vec![look_up.logged_in(account), look_up.member(account, group)],
        Event::MessageSent { from, to, .. } => vec![
            look_up.logged_in(from),
            look_up.friends(from, to),
            look_up.logged_in(to),
        ],
        Event::GroupMessageSent { from, group, .. } => vec![look_up.logged_in(from), look_up.member(from, group)],
        Event::InstanceRequested { .. } | Event::LoginServerStarted { .. } => Vec::new(),
        Event::InstanceLaunched { instance, .. } => becomes(instance, InstanceState::Launched),
        Event::InstanceReady { instance, .. } => becomes(instance, InstanceState::Ready),
        Event::InstanceDraining { instance, .. } => becomes(instance, InstanceState::Draining),
        Event::InstanceTerminated { instance, .. } => becomes(instance, InstanceState::Terminated),
        Event::InstanceLost { instance, .. } => becomes(instance, InstanceState::Lost),
    }
}

#[cfg(test)]
mod tests {
    use tenfold_core::ids::AccountId;
    use tenfold_synthetic::{Shape, Synthetic};
    use uuid::Uuid;

    use super::*;
    use crate::preconditions::Found;

    #[test]
    fn every_event_is_a_sentence_of_its_own_and_commands_no_terminal() {
        let mut names = Names::default();
        for recorded in Synthetic::new(Shape::dense(5)).take(3000) {
            names.follow(&recorded.event);
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
            names.follow(&Event::AccountRegistered { account, name });
        }
        names.follow(&Event::AccountDeleted { account: old });
        let told = sentence(&Event::InviteSent { from: old, to: new }, &names);
        assert_eq!(told, "alice(…00000001) invited alice");
    }

    #[test]
    fn whatever_is_decided_has_its_preconditions() {
        for seed in 1..=4 {
            let mut facts = Facts::default();
            for recorded in Synthetic::new(Shape::dense(seed)).take(4000) {
                for precondition in preconditions(&facts, &recorded.event) {
                    assert_ne!(
                        precondition.found,
                        Found::Missing,
                        "{:?}: {precondition:?}",
                        recorded.event
                    );
                    if let Found::Since(position) = precondition.found {
                        assert!(position < recorded.position);
                    }
                }
                facts
                    .apply(recorded.position, recorded.version, &recorded.event)
                    .unwrap();
            }
        }
    }
}
