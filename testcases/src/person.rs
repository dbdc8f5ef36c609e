//! One user who speaks the protocol by hand, and follows where the fleet moves.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::waiting::eventually;
use crate::wire::{Wire, address_in};

/// A user with a live session.
#[derive(Debug)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The token of the session.
    pub token: String,
    /// The position login gave.
    pub position: u64,
    /// The login server.
    pub login_server: SocketAddr,
    app: SocketAddr,
    wire: Option<Wire>,
}

/// Sends the four login commands' kind of line on a connection of its own.
pub fn at_login_server(server: SocketAddr, line: &str) -> Value {
    Wire::connect(server).request(line)
}

impl Person {
    /// Registers and logs in; the password is `pw`.
    pub fn new(server: SocketAddr, name: &str) -> Self {
        let registered = at_login_server(server, &format!("register {name} pw"));
        assert_eq!(registered["message"], "Success!", "registering {name}");
        Self::login(server, name)
    }

    /// Logs in with the password `pw`.
    pub fn login(server: SocketAddr, name: &str) -> Self {
        let reply = at_login_server(server, &format!("login {name} pw"));
        Self::from_login(server, name, &reply)
    }

    /// The user of a successful login.
    pub fn from_login(server: SocketAddr, name: &str, reply: &Value) -> Self {
        assert_eq!(reply["message"], "Success!", "logging {name} in: {reply}");
        Self {
            name: name.to_owned(),
            token: reply["token"].as_str().expect("login answers with a token").to_owned(),
            position: reply["position"].as_u64().expect("login answers with a position"),
            login_server: server,
            app: address_in(&reply["app"], server),
            wire: None,
        }
    }

    /// Carries out a command, `line` being without the user: `post hello`
    /// becomes `post TOKEN hello`. Follows moves and lost connections, under
    /// one id.
    pub fn command(&mut self, line: &str) -> Value {
        let id = Uuid::new_v4();
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let request = format!("@{id} {command} {} {rest}", self.token);
        if matches!(command, "logout" | "delete" | "change-password") {
            return at_login_server(self.login_server, &request);
        }
        eventually(&format!("{} gets a reply to {line}", self.name), || {
            self.attempt(&request)
        })
    }

    /// Carries out a command that must succeed.
    pub fn does(&mut self, line: &str) -> Value {
        let reply = self.command(line);
        assert_eq!(reply["status"], 0, "{}: {line}: {reply}", self.name);
        reply
    }

    fn attempt(&mut self, request: &str) -> Option<Value> {
        let reply = self.connection()?.try_request(request);
        let Some(reply) = reply else {
            self.wire = None;
            self.app = self.login_server;
            return None;
        };
        let Some(moved) = reply.get("moved") else {
            return Some(reply);
        };
        let talked_to = self.app;
        self.wire = None;
        self.app = match moved {
            Value::Null => self.login_server,
            place => address_in(place, talked_to),
        };
        None
    }

    fn connection(&mut self) -> Option<&mut Wire> {
        if self.wire.is_none() {
            self.wire = Wire::try_connect(self.app).ok();
        }
        if self.wire.is_none() {
            self.app = self.login_server;
        }
        self.wire.as_mut()
    }

    /// The connection to the application server that serves the user now.
    pub fn app_wire(&mut self) -> &mut Wire {
        self.does("list-friend");
        self.wire.as_mut().expect("a command went over it")
    }

    /// Attaches from `position` on and returns the connection.
    pub fn attach(&mut self, position: u64) -> &mut Wire {
        let request = format!("attach {} {position}", self.token);
        let wire = self.app_wire();
        let reply = wire.request(&request);
        assert_eq!(reply["message"], "Success!", "{request}: {reply}");
        wire
    }

    /// The messages pushed up to the log's head; the user must be attached.
    pub fn sync(&mut self) -> Vec<Value> {
        let request = format!("sync {}", self.token);
        let wire = self.wire.as_mut().expect("the user is attached");
        let reply = wire.request(&request);
        assert_eq!(reply["message"], "Success!", "{reply}");
        wire.take_pushes()
    }

    /// The next push; the user must be attached.
    pub fn push(&mut self, within: Duration) -> Option<Value> {
        self.wire.as_mut().expect("the user is attached").push(within)
    }
}

/// Makes two people friends; `inviter` invites.
pub fn befriend(inviter: &mut Person, accepter: &mut Person) {
    inviter.does(&format!("invite {}", accepter.name));
    accepter.does(&format!("accept-invite {}", inviter.name));
}
