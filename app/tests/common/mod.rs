//! An application server on a database of its own, with the part of the login server played by the test.

#![allow(clippy::unwrap_used, dead_code)] // a test panics where it fails; not each file needs everything

use std::time::Duration;

use serde_json::Value;
use tenfold_app::arguments::Broker;
use tenfold_app::arguments::{Arguments, ListenAddress};
use tenfold_app::server::{Context, Server, ServerError};
use tenfold_core::command::{Actor, NewAccount, OpenSession};
use tenfold_core::ids::{AccountId, InstanceId, Position, SessionId};
use tenfold_core::intent::{InstanceStep, Intent};
use tenfold_core::token::{Token, TokenKey};
use tenfold_log::append::{OperationalRow, Outcome, Submission, Writer};
use tenfold_log::database::Database;
use tenfold_log::sealing::MasterKey;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(20);

/// A database of the test's own, with Tenfold's tables, and somebody who appends as a login server does.
pub struct House {
    pub url: String,
    pub database: Database,
    pub writer: Writer,
    /// What servers that are started from now on use.
    pub broker: Option<Broker>,
    fresh: Option<tenfold_testcases::database::Database>,
}

/// Somebody who is logged in.
pub struct User {
    pub actor: Actor,
    pub token: Token,
    pub since: Position,
}

/// An application server in this process.
pub struct Running {
    pub instance: InstanceId,
    pub port: u16,
    pub stopping: CancellationToken,
    pub task: JoinHandle<Result<(), ServerError>>,
}

impl House {
    pub async fn new() -> House {
        // The harness waits in its own way, which a runtime's thread must not.
        let fresh = std::thread::spawn(tenfold_testcases::database::Database::fresh)
            .join()
            .unwrap();
        let database = Database::parse(&fresh.url)
            .unwrap()
            .with_master_key(MasterKey::new([7; 32]));
        database.migrate().await.unwrap();
        House {
            url: fresh.url.clone(),
            writer: Writer::start(database.clone()).await.unwrap(),
            database,
            broker: None,
            fresh: Some(fresh),
        }
    }

    pub async fn happen(&self, intent: Intent) -> Position {
        self.submit(Submission::new(intent)).await
    }

    async fn submit(&self, submission: Submission) -> Position {
        match self.writer.submit(submission).await.unwrap() {
            Outcome::Happened { position, .. } => position,
            other => panic!("{other:?}"),
        }
    }

    /// Starts a server with `seats` seats and tells the log that it serves.
    pub async fn server(&self, seats: u16) -> Running {
        let instance = InstanceId(Uuid::now_v7());
        self.happen(Intent::RequestInstance {
            instance,
            seats,
            reason: String::new(),
        })
        .await;
        let running = self.start(instance).await.unwrap();
        let ready = InstanceStep::Ready(None, running.port);
        self.happen(Intent::Instance(instance, ready)).await;
        running
    }

    pub async fn start(&self, instance: InstanceId) -> Result<Running, ServerError> {
        let arguments = Arguments {
            instance: instance.0,
            listen: ListenAddress {
                host: "127.0.0.1".into(),
                port: 0,
            },
            ports: None,
            metadata: None,
            advertise_host: None,
            log_file: None,
            fleet: String::new(),
            log: "warn".into(),
        };
        let stopping = CancellationToken::new();
        let context = Context {
            quotas: Default::default(),
            tls: None,
            database: self.database.clone(),
            broker: self.broker.clone(),
        };
        let server = Server::start(&arguments, context, stopping.clone()).await?;
        Ok(Running {
            instance,
            port: server.port().unwrap(),
            stopping,
            task: tokio::spawn(server.run()),
        })
    }

    /// Registers `name` and logs them in.
    pub async fn user(&self, name: &str) -> User {
        let account = AccountId(Uuid::now_v7());
        let name = name.to_owned();
        self.happen(Intent::Register(NewAccount {
            account,
            name: name.clone(),
        }))
        .await;
        self.log_in(account, name).await
    }

    pub async fn log_in(&self, account: AccountId, name: String) -> User {
        let session = SessionId(Uuid::now_v7());
        let token = TokenKey::new([7; 32]).token(session);
        let open = Intent::OpenSession(OpenSession {
            account,
            name: name.clone(),
            session,
        });
        let secret = OperationalRow::Secret {
            session,
            account,
            token_hash: token.hash(),
        };
        let since = self.submit(Submission::new(open).with_row(secret)).await;
        User {
            actor: Actor { session, account, name },
            token,
            since,
        }
    }

    /// Waits until a question about the database, with one value, is answered like this.
    pub async fn until(&self, sql: &str, expected: &str) {
        let client = self.database.connect("test").await.unwrap();
        let answered = timeout(PATIENCE, async {
            loop {
                let row = client.query_one(&format!("select ({sql})::text"), &[]).await.unwrap();
                if row.get::<_, Option<String>>(0).as_deref() == Some(expected) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        answered.await.unwrap_or_else(|_| panic!("never {expected}: {sql}"));
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let fresh = self.fresh.take();
        let _ = std::thread::spawn(move || drop(fresh)).join();
    }
}

impl Running {
    pub async fn client(&self) -> Client {
        Client(BufReader::new(
            TcpStream::connect(("127.0.0.1", self.port)).await.unwrap(),
        ))
    }
}

/// A client that speaks the wire's language by hand.
pub struct Client(BufReader<TcpStream>);

impl Client {
    pub async fn send(&mut self, line: &str) {
        self.0
            .get_mut()
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    /// The next line, reply or push; null where the connection is over.
    pub async fn next(&mut self) -> Value {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.0.read_line(&mut line)).await;
        read.expect("an answer in time").unwrap();
        if line.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&line).unwrap()
    }

    pub async fn ask(&mut self, line: &str) -> Value {
        self.send(line).await;
        self.next().await
    }

    /// Asks, and answers the reply's message.
    pub async fn says(&mut self, line: &str) -> String {
        let reply = self.ask(line).await;
        reply["message"]
            .as_str()
            .unwrap_or_else(|| panic!("{line}: {reply}"))
            .to_owned()
    }

    pub async fn attach(&mut self, user: &User) {
        assert_eq!(
            self.says(&format!("attach {} {}", user.token, user.since)).await,
            "Success!"
        );
    }
}

/// Makes the two friends, at the server where both sit.
pub async fn befriend(client: &mut Client, one: &User, other: &User) {
    let invite = format!("invite {} {}", one.token, other.actor.name);
    assert_eq!(client.says(&invite).await, "Success!");
    let accept = format!("accept-invite {} {}", other.token, one.actor.name);
    assert_eq!(client.says(&accept).await, "Success!");
}
