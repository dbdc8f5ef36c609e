//! Every kind of event as each version of it was written, for as long as there are logs: `golden/v<N>/<Kind>.jsonl` holds
//! one event a line. These files never change; a new version of a kind gets new ones beside them.
//!
//! With `TENFOLD_NEW_GOLDEN=1` a file that is missing is written (one that is there is left alone).

use std::collections::BTreeMap;
use std::path::PathBuf;

use tenfold_core::command::CommandName;
use tenfold_core::event::{Event, KINDS, SeatRelease, SessionEnd, WITHOUT_ROWS, newest_version, personal_fields};
use tenfold_core::facts::Facts;
use tenfold_core::ids::{AccountId, GroupId, InstanceId, LoginServerId, Position, SessionId};
use tenfold_core::launch_failure::LaunchFailure;
use tenfold_core::refusal::RefusalCode;
use uuid::Uuid;

const ACCOUNT: AccountId = AccountId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001));
const OTHER: AccountId = AccountId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0002));
const SESSION: SessionId = SessionId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0003));
const GROUP: GroupId = GroupId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0004));
const INSTANCE: InstanceId = InstanceId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0005));

#[test]
fn every_kind_is_written_as_ever() {
    for (kind, lines) in by_kind() {
        assert_eq!(
            golden(kind, &lines),
            lines,
            "{kind}: this build writes something else than its newest version was"
        );
    }
}

#[test]
fn every_kind_is_read_as_ever() {
    let mut read = Vec::new();
    for (kind, lines) in by_kind() {
        read.extend(golden(kind, &lines).lines().map(decode));
    }
    let mut expected = all();
    expected.sort_by_key(Event::kind);
    assert_eq!(read, expected);
}

/// Also what older builds wrote: every version there ever was of every kind has its file, is read, and can be folded.
#[test]
fn every_version_ever_written_is_replayed() {
    let mut replayed = 0;
    for kind in KINDS {
        for version in 1..=newest_version(kind) {
            let path = folder(version).join(format!("{kind}.jsonl"));
            let lines = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for line in lines.lines() {
                let written: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
                assert_eq!((&written["kind"], &written["version"]), (&kind.into(), &version.into()));
                fold(&decode(line));
                replayed += 1;
            }
        }
    }
    assert!(replayed >= 59, "{replayed}");
}

/// What an instance's life presupposes; every other event tells all by itself.
fn after_a_request() -> Facts {
    let mut facts = Facts::default();
    let requested = Event::InstanceRequested {
        instance: INSTANCE,
        seats: 10,
        reason: String::new(),
    };
    facts.fold(Position(1), 1, &requested).expect("a first event");
    facts
}

fn fold(event: &Event) {
    after_a_request()
        .fold(Position(2), 2, event)
        .unwrap_or_else(|error| panic!("{event:?}: {error}"));
}

#[test]
fn the_kinds_without_rows_are_those_that_change_no_row() {
    let mut without: Vec<&str> = Vec::new();
    for event in all() {
        let changes = after_a_request()
            .apply(Position(2), 2, &event)
            .expect("it can be folded");
        assert_eq!(changes.is_empty(), WITHOUT_ROWS.contains(&event.kind()), "{event:?}");
        without.push(event.kind());
    }
    assert!(WITHOUT_ROWS.iter().all(|kind| without.contains(kind)));
}

#[test]
fn personal_texts_alone_stand_in_the_personal_column() {
    for mut event in all() {
        let mut written = Vec::new();
        event.for_each_text_mut(|text| {
            *text.value = format!("mark {}", text.field);
            written.push((text.category.is_personal(), text.field, text.value.clone()));
        });
        let encoded = event.encode();
        let personal: serde_json::Value = serde_json::from_str(encoded.personal.as_deref().unwrap_or("{}")).unwrap();
        let data: serde_json::Value = serde_json::from_str(&encoded.data).unwrap();
        for (is_personal, field, mark) in &written {
            let (column, other) = if *is_personal {
                (&personal, &data)
            } else {
                (&data, &personal)
            };
            assert_eq!(column[field], **mark, "{}", event.kind());
            assert_eq!(other.get(field), None, "{}", event.kind());
        }
        let fields: Vec<&str> = written.iter().filter(|text| text.0).map(|text| text.1).collect();
        assert_eq!(
            personal_fields(event.kind()).collect::<Vec<_>>(),
            fields,
            "{}",
            event.kind()
        );
    }
}

/// Whatever is no id and no word of an enumeration has a category, and so is found by whoever replaces free texts.
#[test]
fn no_text_is_without_a_category() {
    fn is_one<T: serde::de::DeserializeOwned>(text: &serde_json::Value) -> bool {
        serde_json::from_value::<T>(text.clone()).is_ok()
    }
    for event in all() {
        let mut texts = Vec::new();
        event.for_each_text(|text| texts.push(text.value.clone()));
        let data: serde_json::Value = serde_json::from_str(&event.encode().data).unwrap();
        let strings = data.as_object().unwrap().values().filter(|value| value.is_string());
        for text in strings {
            let is_closed = is_one::<Uuid>(text)
                || is_one::<SessionEnd>(text)
                || is_one::<SeatRelease>(text)
                || is_one::<CommandName>(text)
                || is_one::<RefusalCode>(text)
                || is_one::<LaunchFailure>(text);
            assert!(
                is_closed || texts.iter().any(|known| known == text),
                "{}: {text}",
                event.kind()
            );
        }
    }
}

#[test]
fn no_kind_is_missing() {
    let files = std::fs::read_dir(folder(1))
        .expect("the golden files are there")
        .count();
    assert_eq!((by_kind().len(), files), (KINDS.len(), KINDS.len()));
}

fn folder(version: i16) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/v{version}"))
}

fn golden(kind: &str, lines: &str) -> String {
    let folder = folder(newest_version(kind));
    let path = folder.join(format!("{kind}.jsonl"));
    if !path.exists() && std::env::var_os("TENFOLD_NEW_GOLDEN").is_some() {
        std::fs::create_dir_all(&folder).expect("a folder for golden files");
        std::fs::write(&path, lines).expect("a new golden file");
    }
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the log's columns hold of an event, as one line.
fn encode(event: &Event) -> String {
    let encoded = event.encode();
    let (kind, version, data) = (encoded.kind, encoded.version, encoded.data);
    let personal = encoded.personal.unwrap_or("null".into());
    format!("{{\"kind\":\"{kind}\",\"version\":{version},\"data\":{data},\"personal\":{personal}}}\n")
}

fn decode(line: &str) -> Event {
    let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
    let kind = line["kind"].as_str().expect("a kind");
    let version = line["version"]
        .as_i64()
        .and_then(|version| i16::try_from(version).ok())
        .expect("a version");
    let personal = line
        .get("personal")
        .filter(|personal| !personal.is_null())
        .map(ToString::to_string);
    Event::decode(kind, version, &line["data"].to_string(), personal.as_deref()).expect("an event that can be read")
}

fn by_kind() -> BTreeMap<&'static str, String> {
    let mut kinds: BTreeMap<&'static str, String> = BTreeMap::new();
    for event in all() {
        kinds.entry(event.kind()).or_default().push_str(&encode(&event));
    }
    kinds
}

/// Every kind with every value of its enumerations and every field that may be missing.
fn all() -> Vec<Event> {
    [people(), sessions(), fleet(), refusals()].concat()
}

fn people() -> Vec<Event> {
    let (account, from, to, group) = (ACCOUNT, ACCOUNT, OTHER, GROUP);
    let text = "he said \"hi\" \\ \t é 王 🙂".to_owned();
    vec![
        Event::AccountRegistered {
            account,
            name: "alice".into(),
        },
        Event::AccountDeleted { account },
        Event::InviteSent { from, to },
        Event::InviteAccepted { by: OTHER, from },
        Event::InviteDeclined { by: OTHER, from },
        Event::Unfriended { by: OTHER, whom: from },
        Event::Blocked { by: OTHER, whom: from },
        Event::Unblocked { by: OTHER, whom: from },
        Event::PasswordChanged { account },
        Event::Posted {
            author: ACCOUNT,
            text: text.clone(),
        },
        Event::GroupCreated {
            group,
            name: "crew \"1\"".replace(' ', "_"),
            creator: ACCOUNT,
        },
        Event::GroupJoined { group, account },
        Event::GroupLeft { group, account },
        Event::MessageSent {
            from,
            to,
            text: text.clone(),
        },
        Event::GroupMessageSent { from, group, text },
    ]
}

fn sessions() -> Vec<Event> {
    let (session, account, instance) = (SESSION, ACCOUNT, INSTANCE);
    let ended = |reason| Event::SessionEnded {
        session,
        account,
        reason,
        acknowledged: None,
    };
    let released = |reason| Event::SeatReleased {
        session,
        account,
        instance,
        reason,
    };
    vec![
        Event::SessionStarted {
            session,
            account,
            waited_ms: None,
        },
        Event::SessionResumed {
            session,
            account,
            instance: Some(instance),
        },
        Event::SessionResumed {
            session,
            account,
            instance: None,
        },
        ended(SessionEnd::Logout),
        ended(SessionEnd::Deleted),
        ended(SessionEnd::Expired),
        ended(SessionEnd::Password),
        Event::SeatTaken {
            session,
            account,
            instance,
            number: 9,
            seats: 10,
        },
        released(SeatRelease::Moved),
        released(SeatRelease::Left),
        released(SeatRelease::Lost),
        released(SeatRelease::Ended),
    ]
}

fn fleet() -> Vec<Event> {
    let instance = INSTANCE;
    let launch_failures = [None].into_iter().chain(LaunchFailure::ALL.map(Some));
    let ends = launch_failures.flat_map(|launch_failure| {
        [
            Event::InstanceTerminated {
                instance,
                reason: "idle".into(),
                launch_failure,
            },
            Event::InstanceLost {
                instance,
                reason: "silent".into(),
                launch_failure,
            },
        ]
    });
    let life = [
        Event::InstanceRequested {
            instance,
            seats: 10,
            reason: String::new(),
        },
        Event::InstanceLaunched {
            instance,
            reference: "4711".into(),
        },
        Event::InstanceReady {
            instance,
            host: Some("10.0.1.7".into()),
            port: 9001,
        },
        Event::InstanceReady {
            instance,
            host: None,
            port: 9001,
        },
        Event::InstanceDraining {
            instance,
            reason: String::new(),
        },
    ];
    let started = Event::LoginServerStarted {
        server: LoginServerId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0006)),
        version: "0.1.0".into(),
        options: "--fleet local --seats 10".into(),
    };
    life.into_iter().chain(ends).chain([started]).collect()
}

/// Every code, with the command whose check it is.
fn refusals() -> Vec<Event> {
    use CommandName::{AcceptInvite, Block, CreateGroup, Invite, JoinGroup, Register, Send, SendGroup, Unblock};
    let about = Some(OTHER.0);
    [
        (Register, RefusalCode::NameTaken, about),
        (Register, RefusalCode::BadName, None),
        (Invite, RefusalCode::InviteYourself, None),
        (Invite, RefusalCode::NoSuchInvitee, None),
        (Invite, RefusalCode::AlreadyFriend, about),
        (Invite, RefusalCode::AlreadyInvited, about),
        (Invite, RefusalCode::HasInvitedYou, about),
        (AcceptInvite, RefusalCode::DidNotInviteYou, about),
        (Send, RefusalCode::NoSuchUser, None),
        (Send, RefusalCode::NotYourFriend, about),
        (Send, RefusalCode::NotOnline, about),
        (CreateGroup, RefusalCode::GroupExists, about),
        (JoinGroup, RefusalCode::GroupDoesNotExist, None),
        (JoinGroup, RefusalCode::AlreadyMember, about),
        (SendGroup, RefusalCode::NoSuchGroup, None),
        (SendGroup, RefusalCode::NotMember, about),
        (Register, RefusalCode::LookAlike, about),
        (Block, RefusalCode::BlockYourself, None),
        (Block, RefusalCode::NobodyToBlock, None),
        (Block, RefusalCode::AlreadyBlocked, about),
        (Unblock, RefusalCode::NotBlocked, about),
    ]
    .map(|(command, code, about)| Event::CommandRefused {
        account: ACCOUNT,
        session: SESSION,
        command,
        code,
        about,
    })
    .to_vec()
}
