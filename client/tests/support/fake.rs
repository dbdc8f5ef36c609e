//! A server that does what the test says, line by line.

use tenfold_core::protocol::Endpoint;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{Client, soon};

/// A listening server.
pub struct Fake {
    listener: TcpListener,
}

/// One of its connections.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

/// A command's id, as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id(String);

impl Fake {
    pub async fn start() -> Fake {
        Fake {
            listener: TcpListener::bind(("127.0.0.1", 0)).await.unwrap(),
        }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            host: "127.0.0.1".into(),
            port: self.port(),
        }
    }

    pub async fn accept(&self) -> Connection {
        let (stream, _) = soon("a client connects", self.listener.accept()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Connection {
            stream: BufReader::new(stream),
        }
    }

    /// A user's next connection, up to the end of the sync that follows a login.
    pub async fn accept_user(&self, token: &str, position: i64) -> Connection {
        let mut connection = self.accept_attach(token, position).await;
        connection.expect(&format!("sync {token}")).await;
        connection
            .says(r#"{"status":0,"message":"Success!","position":1}"#)
            .await;
        connection
    }

    /// A connection that attaches.
    pub async fn accept_attach(&self, token: &str, position: i64) -> Connection {
        let mut connection = self.accept().await;
        connection.expect(&format!("attach {token} {position}")).await;
        connection.succeeds().await;
        connection
    }

    /// What a server that serves the session here says of it.
    pub fn moved_here(&self) -> String {
        format!(
            r#"{{"status":1,"message":"This session is served elsewhere","moved":{{"host":"127.0.0.1","port":{}}}}}"#,
            self.port()
        )
    }
}

impl Connection {
    /// The next line; `None` when the client has closed the connection.
    pub async fn line(&mut self, waiting_for: &str) -> Option<String> {
        let mut line = String::new();
        let read = soon(waiting_for, self.stream.read_line(&mut line)).await;
        if matches!(read, Ok(0) | Err(_)) {
            return None;
        }
        assert_eq!(line.pop(), Some('\n'));
        Some(line)
    }

    /// The next line is exactly this.
    pub async fn expect(&mut self, line: &str) {
        assert_eq!(self.line(line).await.as_deref(), Some(line));
    }

    /// The next line is this command under an id.
    pub async fn expect_command(&mut self, words: &str) -> Id {
        let line = self.line(words).await.expect("the client is connected");
        let (id, rest) = line.split_once(' ').unwrap();
        assert!(id.starts_with('@') && id.len() == 37, "{line}");
        assert_eq!(rest, words);
        Id(id.to_owned())
    }

    pub async fn closed(&mut self) {
        assert_eq!(self.line("the client disconnects").await, None);
    }

    pub async fn says(&mut self, line: &str) {
        self.stream
            .get_mut()
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    pub async fn says_raw(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).await.unwrap();
    }

    pub async fn succeeds(&mut self) {
        self.says(r#"{"status":0,"message":"Success!"}"#).await;
    }

    pub async fn pushes(&mut self, user: &str, from: &str, message: &str, position: i64) {
        self.says(&format!(
            r#"{{"push":"message","user":"{user}","from":"{from}","to":"{user}","message":"{message}","position":{position}}}"#
        ))
        .await;
    }

    pub async fn pushes_to_group(&mut self, user: &str, from: &str, group: &str, message: &str, position: i64) {
        self.says(&format!(
            r#"{{"push":"message","user":"{user}","from":"{from}","group":"{group}","message":"{message}","position":{position}}}"#
        ))
        .await;
    }

    /// Answers a login with a token, a position and an endpoint.
    pub async fn lets_in(&mut self, token: &str, position: i64, app: &Fake) {
        let port = app.port();
        self.says(&format!(
            r#"{{"status":0,"message":"Success!","token":"{token}","position":{position},"app":{{"port":{port}}}}}"#
        ))
        .await;
    }
}

/// A client with one user logged in and attached at position 10.
pub async fn one_user(client: &mut Client, login: &Fake, app: &Fake, user: &str) -> (Connection, Connection) {
    client.types(&format!("login {user} pw"));
    let mut front = login.accept().await;
    let connection = another_user(client, &mut front, app, user).await;
    (front, connection)
}

/// The same for a further user, whose login has been typed.
pub async fn another_user(client: &mut Client, front: &mut Connection, app: &Fake, user: &str) -> Connection {
    front.expect_command(&format!("login {user} pw")).await;
    front.lets_in(&format!("token-{user}"), 10, app).await;
    let connection = app.accept_user(&format!("token-{user}"), 10).await;
    client.shows("Success!").await;
    connection
}
