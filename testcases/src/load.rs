//! Scripts that keep the servers busy, with texts that can be counted.

use std::fmt::Write as _;

use crate::client::Finished;
use crate::model::{World, run_script};

/// The script of one client, which has its users to itself.
#[derive(Debug, Clone)]
pub struct Load {
    /// What is typed.
    pub script: String,
    /// Texts that must be in the log exactly once each.
    pub texts: Vec<String>,
    users: Vec<String>,
}

impl Load {
    /// Registers `users` people, logs them in, joins them in a group and in a
    /// ring of friends.
    pub fn new(prefix: &str, users: usize) -> Self {
        let users: Vec<_> = (0..users).map(|number| format!("{prefix}-u{number}")).collect();
        let mut load = Self {
            script: String::new(),
            texts: Vec::new(),
            users,
        };
        for user in load.users.clone() {
            load.line(&format!("register {user} pw"));
            load.line(&format!("login {user} pw"));
        }
        let first = load.users[0].clone();
        load.line(&format!("create-group {first} {prefix}-group"));
        for (user, next) in load.ring() {
            load.line(&format!("invite {user} {next}"));
            load.line(&format!("accept-invite {next} {user}"));
            load.line(&format!("join-group {user} {prefix}-group"));
        }
        load
    }

    /// Everybody posts and sends, `rounds` times over. Every fourth round
    /// somebody logs out and in again, which takes the login server.
    #[must_use]
    pub fn rounds(mut self, prefix: &str, rounds: usize) -> Self {
        for round in 0..rounds {
            for (user, next) in self.ring() {
                self.counted(&format!("post {user}"), &format!("{prefix}-post-{user}-{round}"));
                let text = format!("{prefix}-sent-{user}-{round}");
                self.counted(&format!("send {user} {next}"), &text);
            }
            let user = self.users[round % self.users.len()].clone();
            let text = format!("{prefix}-group-{round}");
            self.counted(&format!("send-group {user} {prefix}-group"), &text);
            self.line(&format!("receive-post {user}"));
            if round % 4 == 3 {
                self.line(&format!("logout {user}"));
                self.line(&format!("login {user} pw"));
            }
        }
        self
    }

    /// Adds a line.
    pub fn line(&mut self, line: &str) {
        writeln!(self.script, "{line}").expect("a text can always grow");
    }

    fn counted(&mut self, command: &str, text: &str) {
        self.line(&format!("{command} {text}"));
        self.texts.push(text.to_owned());
    }

    fn ring(&self) -> Vec<(String, String)> {
        let next = self.users.iter().cycle().skip(1);
        self.users.iter().cloned().zip(next.cloned()).collect()
    }

    /// Panics where the client did not print to the letter what an undisturbed
    /// one would, each message once and all in their places.
    pub fn check(&self, finished: &Finished) {
        let expected = run_script(&mut World::default(), &self.script);
        assert!(finished.status.success(), "{} {}", finished.status, finished.complaint);
        let printed: Vec<_> = finished.output.lines().collect();
        for (number, line) in expected.lines().enumerate() {
            let found = printed.get(number).copied();
            assert_eq!(found, Some(line), "line {} of the client's output", number + 1);
        }
        assert_eq!(
            printed.len(),
            expected.lines().count(),
            "more was printed than expected"
        );
    }
}
