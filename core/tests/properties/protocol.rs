//! The wire is total: any line reads as something, and any reply or push is one line that reads back as it was.

use proptest::prelude::*;
use tenfold_core::command::{AppCommand, ChangePassword, CommandName, Delete, HandledBy, Login, Logout, Register};
use tenfold_core::ids::Position;
use tenfold_core::protocol::{Address, PostLine, Push, Reply, Request, first_word, position};
use tenfold_core::token::{Token, TokenKey};
use uuid::Uuid;

/// Text as it may come, and text in which words, blanks and ids are likely.
fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        prop::sample::select(CommandName::ALL.map(CommandName::word).to_vec()).prop_map(str::to_owned),
        "[ \t]{1,3}",
        "[a-z@.<>]{1,5}",
        Just("\u{a0}".to_owned()),
        any::<u128>().prop_map(|id| format!("@{} ", Uuid::from_u128(id))),
    ];
    prop_oneof![
        any::<String>(),
        prop::collection::vec(word, 0..8).prop_map(|words| words.concat())
    ]
}

fn words(text: &str) -> usize {
    text.split([' ', '\t']).filter(|word| !word.is_empty()).count()
}

proptest! {
    #[test]
    fn any_line_reads_as_a_command_or_is_empty(line in line()) {
        let request = Request::parse(&line);
        let ids = request.is_some_and(|request| request.id.is_some());
        let left = words(&line) - usize::from(ids);
        match request {
            None => prop_assert!(words(&line) <= 1, "words were dropped of {line:?}"),
            Some(request) => {
                prop_assert!(!request.word.is_empty() && !request.word.contains([' ', '\t']));
                prop_assert_eq!(request.rest.trim_matches([' ', '\t']), request.rest);
                prop_assert_eq!(left, 1 + words(request.rest));
                let shown = request.token().is_some();
                prop_assert_eq!(shown, first_word(request.rest).is_some_and(|(word, _)| word.parse::<Token>().is_ok()));
            }
        }
    }

    #[test]
    fn every_command_takes_as_many_words_as_its_usage_shows(rest in line()) {
        for name in CommandName::ALL {
            // `Usage: `, the word itself, and where there is one the user, who is read before.
            let shown = words(name.usage()) - 2 - usize::from(name.takes_user());
            let given = words(&rest);
            let fits = if name.usage().ends_with("<message>") { given >= shown } else { given == shown };
            let read = match name {
                CommandName::Register => Register::parse(&rest).map(drop),
                CommandName::Login => Login::parse(&rest).map(drop),
                CommandName::ChangePassword => ChangePassword::parse(&rest).map(drop),
                CommandName::Delete => Delete::parse(&rest).map(drop),
                CommandName::Logout => Logout::parse(&rest).map(drop),
                _ => AppCommand::parse(name, &rest).map(drop),
            };
            prop_assert_eq!(read.is_ok(), fits, "{:?} {:?}", name, rest);
            prop_assert!(read.is_ok() || read.is_err_and(|wrong| wrong.to_string() == name.usage()));
        }
    }

    #[test]
    fn the_login_servers_commands_are_none_of_an_application_servers(rest in line()) {
        for name in CommandName::ALL.into_iter().filter(|name| name.handled_by() == HandledBy::Login) {
            prop_assert!(AppCommand::parse(name, &rest).is_err());
        }
    }

    #[test]
    fn positions_read_back(number in 0i64.., word in any::<String>()) {
        prop_assert_eq!(position(&number.to_string()), Some(Position(number)));
        prop_assert!(position(&word).is_none_or(|read| read.0 >= 0));
    }

    #[test]
    fn tokens_read_back_and_other_keys_did_not_make_them(session in any::<u128>(), bytes in any::<[u8; 32]>()) {
        let key = TokenKey::new(bytes);
        let token = key.token(Uuid::from_u128(session).into());
        let read: Token = token.to_string().parse().expect("it was just written");
        prop_assert!(key.made(&read) && read == token);
        let mut others = bytes;
        others[0] ^= 1;
        prop_assert!(!TokenKey::new(others).made(&read));
    }

    #[test]
    fn a_reply_is_one_line_that_reads_back(reply in reply()) {
        let line = reply.to_line();
        prop_assert!(!line.contains(['\n', '\r', '\0']));
        prop_assert!(!line.contains("\"push\":"), "a reply that looks like a push: {line}");
        prop_assert_eq!(serde_json::from_str::<Reply>(&line).expect("it was just written"), reply);
    }

    #[test]
    fn a_push_is_one_line_that_reads_back(push in push()) {
        let line = push.to_line();
        prop_assert!(!line.contains(['\n', '\r', '\0']));
        prop_assert_eq!(serde_json::from_str::<Push>(&line).expect("it was just written"), push);
    }
}

fn reply() -> impl Strategy<Value = Reply> {
    let names = || prop::option::of(prop::collection::vec("[^\"]*", 0..3));
    let post = (any::<String>(), any::<String>()).prop_map(|(id, message)| PostLine { id, message });
    let posts = prop::option::of(prop::collection::vec(post, 0..3));
    let moved = prop::option::of(prop::option::of(address()));
    let rest = (
        prop::option::of("[^\"]*"),
        prop::option::of("[^\"]*"),
        any::<Option<i64>>(),
        0u8..2,
    );
    (
        names(),
        names(),
        names(),
        posts,
        prop::option::of(address()),
        moved,
        rest,
    )
        .prop_map(
            |(invite, friend, group, post, app, moved, (message, token, position, status))| Reply {
                status,
                message,
                invite,
                blocked: friend.clone(),
                friend,
                group,
                cut: post.is_some(),
                post,
                token,
                position: position.map(Position),
                also: app.clone().map(|address| vec![address]),
                app,
                moved,
            },
        )
}

fn push() -> impl Strategy<Value = Push> {
    let texts = (
        any::<String>(),
        any::<String>(),
        any::<Option<String>>(),
        any::<Option<String>>(),
        any::<String>(),
    );
    prop_oneof![
        (texts, any::<i64>()).prop_map(|((user, from, to, group, message), position)| {
            let position = Position(position);
            Push::Message {
                user,
                from,
                to,
                group,
                message,
                position,
            }
        }),
        (any::<String>(), address()).prop_map(|(user, app)| Push::Moved { user, app }),
        any::<String>().prop_map(|user| Push::Ended { user }),
        (any::<String>(), any::<String>()).prop_map(|(user, message)| Push::Progress { user, message }),
    ]
}

fn address() -> impl Strategy<Value = Address> {
    (any::<Option<String>>(), any::<u16>()).prop_map(|(host, port)| Address { host, port })
}
