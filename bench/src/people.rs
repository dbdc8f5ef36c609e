//! Users with live sessions.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use futures_util::future::try_join_all;
use serde_json::Value;
use tenfold_client::tls::Tls;
use tenfold_testcases::wire::find_address;

use crate::connection::Connection;
use crate::failure::Failure;

/// Registering is mostly hashing passwords, of which the login server does few at a time anyway.
const AT_ONCE: usize = 8;

/// A user with a live session, connected to the application server that serves it.
#[derive(Debug)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The session's token.
    pub token: String,
    /// Where login said that a client attaches from.
    pub position: i64,
    /// To the application server.
    pub connection: Connection,
}

/// Registers users called `PREFIX1`, `PREFIX2` …, logs them in, and connects them.
///
/// # Errors
/// Where a server does not do its part.
pub async fn newcomers(
    login_server: SocketAddr,
    tls: Option<&Tls>,
    prefix: &str,
    count: usize,
) -> Result<Vec<Person>, Failure> {
    let names: Vec<String> = (1..=count).map(|number| format!("{prefix}{number}")).collect();
    let shares = names.chunks(count.div_ceil(AT_ONCE).max(1));
    let people = try_join_all(shares.map(|names| register_and_log_in(login_server, tls, names))).await?;
    Ok(people.into_iter().flatten().collect())
}

async fn register_and_log_in(
    login_server: SocketAddr,
    tls: Option<&Tls>,
    names: &[String],
) -> Result<Vec<Person>, Failure> {
    let mut door = Connection::open_over(login_server, tls).await?;
    let mut people = Vec::with_capacity(names.len());
    for name in names {
        door.succeed(&format!("register {name} password")).await?;
        people.push(log_in(&mut door, name).await?);
    }
    Ok(people)
}

/// Logs a registered user in and connects them.
///
/// # Errors
/// Where a server does not do its part.
pub async fn log_in(door: &mut Connection, name: &str) -> Result<Person, Failure> {
    let reply = door.succeed(&format!("login {name} password")).await?;
    let incomplete = || Failure::Refused {
        command: "login".into(),
        reply: reply.to_string(),
    };
    let app = find_address(&reply["app"], door.server().ip()).ok_or_else(incomplete)?;
    Ok(Person {
        name: name.to_owned(),
        token: reply["token"].as_str().ok_or_else(incomplete)?.to_owned(),
        position: reply["position"].as_i64().ok_or_else(incomplete)?,
        connection: Connection::open_over(app, door.tls()).await?,
    })
}

impl Person {
    /// Has a command carried out, `line` being without the user: `post hello` becomes `post TOKEN hello`.
    ///
    /// # Errors
    /// Where it is not.
    pub async fn does(&mut self, line: &str) -> Result<Value, Failure> {
        let line = self.line(line);
        self.connection.succeed(&line).await
    }

    /// The line on the wire, without its end.
    pub fn line(&self, line: &str) -> String {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        format!("{command} {} {rest}", self.token).trim_end().to_owned()
    }
}

/// Makes friends of everybody and those `steps` places further on, the last being followed by the first.
///
/// # Errors
/// Where a command is refused.
pub async fn befriend(people: &mut [Person], steps: &[usize]) -> Result<(), Failure> {
    let count = people.len();
    for step in steps {
        for index in 0..count {
            let other = (index + step) % count;
            // Half the circle on is half the circle back: those are friends already.
            if 2 * step == count && index >= *step {
                continue;
            }
            let (inviter, accepter) = (people[index].name.clone(), people[other].name.clone());
            people[index].does(&format!("invite {accepter}")).await?;
            people[other].does(&format!("accept-invite {inviter}")).await?;
        }
    }
    Ok(())
}

/// How many users each application server serves.
pub fn spread(people: &[Person]) -> BTreeMap<SocketAddr, usize> {
    let mut spread = BTreeMap::new();
    for person in people {
        *spread.entry(person.connection.server()).or_default() += 1;
    }
    spread
}
