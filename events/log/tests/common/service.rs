//! A service in small, for tests of the writer and the reader.

use tenfold_core::command::{Actor, AppCommand, CommandName, Listing, NewAccount, OpenSession};
use tenfold_core::event::Event;
use tenfold_core::ids::{AccountId, InstanceId, Position, SessionId};
use tenfold_core::intent::{InstanceStep, Intent};
use tenfold_core::token::TokenKey;
use tenfold_log::append::{CommitHook, OperationalRow, Outcome, Submission, Writer};
use tenfold_log::read::{Listed, Reader};
use uuid::Uuid;

use super::OwnDatabase;

/// A service in small: one ready instance, and people on it.
pub struct Service {
    pub own: OwnDatabase,
    pub writer: Writer,
    pub reader: Reader,
    pub instance: InstanceId,
}

impl Service {
    pub async fn new(seats: u16) -> Service {
        Service::with_commit_hook(seats, CommitHook::default()).await
    }

    pub async fn with_commit_hook(seats: u16, commit_hook: CommitHook) -> Service {
        let own = OwnDatabase::new().await;
        let writer = Writer::with_commit_hook(own.database.clone(), commit_hook)
            .await
            .unwrap();
        let reader = Reader::start(own.database.clone()).await.unwrap();
        let instance = InstanceId(Uuid::now_v7());
        happened(
            writer
                .submit(Submission::new(Intent::RequestInstance {
                    instance,
                    seats,
                    reason: String::new(),
                }))
                .await
                .unwrap(),
        );
        let ready = Intent::Instance(instance, InstanceStep::Ready(None, 9001));
        happened(writer.submit(Submission::new(ready)).await.unwrap());
        Service {
            own,
            writer,
            reader,
            instance,
        }
    }

    pub async fn register(&self, name: &str) -> AccountId {
        let account = AccountId(Uuid::now_v7());
        let register = Submission::new(Intent::Register(NewAccount {
            account,
            name: name.into(),
        }))
        .with_row(OperationalRow::Password {
            account,
            hash: "x".into(),
        });
        happened(self.writer.submit(register).await.unwrap());
        account
    }

    pub async fn login(&self, account: AccountId, name: &str) -> Actor {
        let session = SessionId(Uuid::now_v7());
        let token = TokenKey::new([7; 32]).token(session);
        let open = Intent::OpenSession(OpenSession {
            account,
            name: name.into(),
            session,
        });
        let secret = OperationalRow::Secret {
            session,
            account,
            token_hash: token.hash(),
        };
        happened(
            self.writer
                .submit(Submission::new(open).with_row(secret))
                .await
                .unwrap(),
        );
        self.reader
            .identify(&token)
            .await
            .unwrap()
            .expect("a fresh session is known by its token")
    }

    pub async fn person(&self, name: &str) -> Actor {
        let account = self.register(name).await;
        self.login(account, name).await
    }

    pub fn change(&self, actor: &Actor, line: &str) -> Submission {
        let (word, rest) = line.split_once(' ').unwrap();
        let name = CommandName::from_word(word).unwrap();
        let Ok(AppCommand::Change(command)) = AppCommand::parse(name, rest) else {
            panic!("{line} changes nothing")
        };
        Submission::new(Intent::Change {
            actor: actor.clone(),
            at: self.instance,
            command,
        })
    }

    pub async fn run(&self, actor: &Actor, line: &str) -> Outcome {
        self.writer.submit(self.change(actor, line)).await.unwrap()
    }

    pub async fn befriend(&self, one: &Actor, other: &Actor) {
        happened(self.run(one, &format!("invite {}", other.name)).await);
        happened(self.run(other, &format!("accept-invite {}", one.name)).await);
    }

    pub async fn names(&self, actor: &Actor, listing: Listing) -> Vec<String> {
        match self.reader.list(actor, self.instance, listing, 8 << 20).await.unwrap() {
            Listed::Names(names) => names.items,
            other => panic!("{other:?}"),
        }
    }
}

#[track_caller]
pub fn happened(outcome: Outcome) -> (Position, Vec<Event>) {
    match outcome {
        Outcome::Happened { position, events } => (position, events),
        other => panic!("{other:?}"),
    }
}
