//! Given, when, then: what the tests of the commands are written in, so that they read as the specification.
//!
//! ```text
//! given([ALICE.is_online(), BOB.is_online()])
//!     .when(ALICE.types("invite bob"))
//!     .then([Event::InviteSent { .. }]);
//! ```

use uuid::Uuid;

use crate::command::{Actor, AppCommand, Changing, CommandName, Delete, Login, Logout, Register};
use crate::decide::{Decision, Rejection, decide};
use crate::event::Event;
use crate::facts::Facts;
use crate::ids::{AccountId, GroupId, InstanceId, Position, SessionId};
use crate::intent::Intent;
use crate::protocol::first_word;
use crate::refusal::RefusalCode;

/// The id that whatever is made next gets.
pub(crate) const FRESH: Uuid = Uuid::from_u128(999);

pub(crate) const ALICE: Person = Person("alice", 1);
pub(crate) const BOB: Person = Person("bob", 2);
pub(crate) const CAROL: Person = Person("carol", 3);
/// The two application servers of the tests; the first serves from the beginning, see [`given`].
pub(crate) const FIRST: Server = Server(101);
pub(crate) const SECOND: Server = Server(102);
pub(crate) const THIRD: Server = Server(103);
/// The group called `crew`.
pub(crate) const CREW: GroupId = GroupId(Uuid::from_u128(201));

/// A user: a name, and a number from which the ids are made.
#[derive(Clone, Copy)]
pub(crate) struct Person(pub &'static str, u128);

impl Person {
    pub fn account(self) -> AccountId {
        AccountId(Uuid::from_u128(self.1))
    }

    pub fn session(self) -> SessionId {
        SessionId(Uuid::from_u128(1000 + self.1))
    }

    pub fn actor(self) -> Actor {
        let (session, account, name) = (self.session(), self.account(), self.0.to_owned());
        Actor { session, account, name }
    }

    pub fn is_registered(self) -> Vec<Event> {
        let (account, name) = (self.account(), self.0.to_owned());
        vec![Event::AccountRegistered { account, name }]
    }

    /// Logged in, but without a seat.
    pub fn has_session(self) -> Vec<Event> {
        let (session, account) = (self.session(), self.account());
        [
            self.is_registered(),
            vec![Event::SessionStarted {
                session,
                account,
                waited_ms: None,
            }],
        ]
        .concat()
    }

    /// Logged in and served by the first server.
    pub fn is_online(self) -> Vec<Event> {
        [self.has_session(), self.sits(FIRST, self.1 as u16, 10)].concat()
    }

    pub fn sits(self, server: Server, number: u16, seats: u16) -> Vec<Event> {
        let (session, account, instance) = (self.session(), self.account(), server.id());
        vec![Event::SeatTaken {
            session,
            account,
            instance,
            number,
            seats,
        }]
    }

    pub fn invited(self, other: Person) -> Vec<Event> {
        let (from, to) = (self.account(), other.account());
        vec![Event::InviteSent { from, to }]
    }

    /// They invited, and the other accepted.
    pub fn befriended(self, other: Person) -> Vec<Event> {
        let (by, from) = (other.account(), self.account());
        [self.invited(other), vec![Event::InviteAccepted { by, from }]].concat()
    }

    pub fn created_crew(self) -> Vec<Event> {
        let (group, name, creator) = (CREW, "crew".to_owned(), self.account());
        vec![Event::GroupCreated { group, name, creator }]
    }

    pub fn joined_crew(self) -> Vec<Event> {
        let (group, account) = (CREW, self.account());
        vec![Event::GroupJoined { group, account }]
    }

    pub fn deleted_the_account(self) -> Vec<Event> {
        vec![Event::AccountDeleted {
            account: self.account(),
        }]
    }

    /// A command as typed, without `<user>`, at the first server.
    pub fn types(self, line: &str) -> Intent {
        self.types_at(FIRST, line)
    }

    pub fn types_at(self, server: Server, line: &str) -> Intent {
        let (actor, at) = (self.actor(), server.id());
        let command = read(line).expect("the test's line is well-formed");
        Intent::Change { actor, at, command }
    }
}

/// An application server, by a number.
#[derive(Clone, Copy)]
pub(crate) struct Server(u128);

impl Server {
    pub fn id(self) -> InstanceId {
        InstanceId(Uuid::from_u128(self.0))
    }

    pub fn is_requested(self, seats: u16) -> Vec<Event> {
        let instance = self.id();
        vec![Event::InstanceRequested {
            instance,
            seats,
            reason: String::new(),
        }]
    }

    pub fn is_ready(self, seats: u16) -> Vec<Event> {
        let (instance, host, port) = (self.id(), None, 9001);
        [
            self.is_requested(seats),
            vec![Event::InstanceReady { instance, host, port }],
        ]
        .concat()
    }

    pub fn drains(self) -> Vec<Event> {
        vec![Event::InstanceDraining {
            instance: self.id(),
            reason: String::new(),
        }]
    }
}

/// What happened before, after the first server became ready with ten seats.
pub(crate) fn given<const N: usize>(story: [Vec<Event>; N]) -> Given {
    given_only([FIRST.is_ready(10), story.concat()])
}

/// What happened before, and nothing else.
pub(crate) fn given_only<const N: usize>(story: [Vec<Event>; N]) -> Given {
    let mut given = Given::default();
    given.fold(&story.concat());
    given
}

/// What is so.
#[derive(Clone, Default)]
pub(crate) struct Given {
    pub facts: Facts,
    events: i64,
}

impl Given {
    fn fold(&mut self, events: &[Event]) {
        for event in events {
            self.events += 1;
            let version = self.facts.version(event.stream().id()) + 1;
            let position = Position(self.events);
            self.facts
                .apply(position, version, event)
                .expect("the story is possible");
        }
    }

    pub fn happened(&mut self, event: Event) {
        self.fold(&[event]);
    }

    pub fn when(self, intent: Intent) -> When {
        let decision = decide(&self.facts, &intent, FRESH);
        When {
            given: self,
            intent,
            decision,
        }
    }
}

/// What was asked, and what came of it.
pub(crate) struct When {
    given: Given,
    intent: Intent,
    pub decision: Decision,
}

impl When {
    /// These events came of it, and they fit what was so. The story goes on from there.
    pub fn then<const N: usize>(mut self, expected: [Event; N]) -> Given {
        assert_eq!(self.decision, Decision::Happened(expected.to_vec()));
        self.given.fold(&expected);
        self.given
    }

    /// Check 4 said no in these words, and its trace in the log names `about` by id.
    pub fn then_refused(self, code: RefusalCode, words: &str, about: impl Into<Option<Uuid>>) {
        let Intent::Change { actor, command, .. } = &self.intent else {
            panic!("only a command for the application servers leaves a trace of its refusal");
        };
        let Decision::Refused(refusal, Some(trace)) = self.decision else {
            panic!("not refused: {:?}", self.decision);
        };
        assert_eq!(refusal.code, code);
        assert_eq!(code.message(command.subject()), words);
        let Actor { session, account, .. } = *actor;
        let (command, about) = (command.name(), about.into());
        assert_eq!(
            trace,
            Event::CommandRefused {
                account,
                session,
                command,
                code,
                about
            }
        );
    }

    /// It was not for here or now.
    pub fn then_rejected(self, rejection: Rejection) {
        assert_eq!(self.decision, Decision::Rejected(rejection));
    }
}

/// The appending command on a line without its `<user>`, or the usage reply.
pub(crate) fn read(line: &str) -> Result<Changing, String> {
    match read_any(line)? {
        Some(AppCommand::Change(command)) => Ok(command),
        _ => panic!("{line} does not append"),
    }
}

/// For each of `rest`, behind the command's `<user>`, the usage reply is the answer.
pub(crate) fn assert_usage<const N: usize>(word: &str, rest: [&str; N]) {
    let name = CommandName::from_word(word).expect("a command of the contract");
    for rest in rest {
        let read = read_any(&format!("{word} {rest}")).map(drop);
        assert_eq!(read, Err(name.usage().to_owned()), "{word} {rest:?}");
    }
}

/// Reads a line as the servers do; `None` for the login server's commands.
pub(crate) fn read_any(line: &str) -> Result<Option<AppCommand>, String> {
    let (word, rest) = first_word(line).expect("the test's line has a word");
    let name = CommandName::from_word(word).expect("a command of the contract");
    let read = match name {
        CommandName::Register => Register::parse(rest).map(|_| None),
        CommandName::Login => Login::parse(rest).map(|_| None),
        CommandName::Delete => Delete::parse(rest).map(|_| None),
        CommandName::Logout => Logout::parse(rest).map(|_| None),
        _ => AppCommand::parse(name, rest).map(Some),
    };
    read.map_err(|wrong| wrong.to_string())
}
