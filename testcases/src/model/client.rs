//! What the client makes of a script.

use std::collections::BTreeMap;

use super::line::{is_command, printed, rest_after, words};
use super::world::{Answer, Reply, SessionId, World};

/// One client with the users it has logged in.
#[derive(Debug, Clone, Default)]
pub struct ModelClient {
    sessions: BTreeMap<String, SessionId>,
}

/// What a client prints for `script` where nobody else is there.
pub fn run_script(world: &mut World, script: &str) -> String {
    let mut client = ModelClient::default();
    let mut output = String::new();
    for line in script.lines() {
        match words(line).as_slice() {
            [] => continue,
            ["exit"] => break,
            _ => {}
        }
        for printed in client.step(world, line) {
            output.push_str(&printed);
            output.push('\n');
        }
    }
    output
}

impl ModelClient {
    /// The lines printed for one line typed: the reply, then the messages it brought.
    pub fn step(&mut self, world: &mut World, line: &str) -> Vec<String> {
        let lines = self.lines_of_step(world, line);
        lines.iter().map(|line| printed(line)).collect()
    }

    fn lines_of_step(&mut self, world: &mut World, line: &str) -> Vec<String> {
        let typed = words(line);
        let command = typed[0];
        if !is_command(command) {
            return vec![format!("Unknown command {command}")];
        }
        let answer = self.ask(world, command, &typed, line);
        self.remember(command, &typed, &answer);
        let mut lines = reply_lines(&answer.reply);
        let mine = |session| self.sessions.values().any(|known| *known == session);
        let shown = answer.shown.iter().filter(|shown| mine(shown.session));
        lines.extend(shown.map(super::Shown::line));
        lines
    }

    /// Puts the session in the place of the user's name.
    fn ask(&self, world: &mut World, command: &str, typed: &[&str], line: &str) -> Answer {
        if matches!(command, "register" | "login") {
            return world.perform(command, None, rest_after(line, 1));
        }
        let speaker = typed.get(1).and_then(|user| self.sessions.get(*user));
        world.perform(command, speaker.copied(), rest_after(line, 2))
    }

    fn remember(&mut self, command: &str, typed: &[&str], answer: &Answer) {
        if let Some(session) = answer.session {
            self.sessions.insert(typed[1].to_owned(), session);
        }
        // Behind `change-password` the user has another session, which stands there by now.
        let over = matches!(command, "logout" | "delete");
        if over && matches!(answer.reply, Reply::Done(_)) {
            self.sessions.remove(typed[1]);
        }
    }
}

fn reply_lines(reply: &Reply) -> Vec<String> {
    let items = |items: &[String], none: &str| match items {
        [] => vec![none.to_owned()],
        items => items.to_vec(),
    };
    match reply {
        Reply::Done(message) => vec![(*message).to_owned()],
        Reply::Refused(message) => vec![message.clone()],
        Reply::RefusedSomehow => panic!("the words of this refusal are not in the contract"),
        Reply::Invites(names) => items(names, "No invitations"),
        Reply::Friends(names) => items(names, "No friends"),
        Reply::Groups(names) => items(names, "No groups"),
        Reply::Blocked(names) => items(names, "Nobody is blocked"),
        Reply::Posts(posts) => {
            let lines: Vec<_> = posts.iter().map(|(id, text)| format!("{id}: {text}")).collect();
            items(&lines, "No posts")
        }
    }
}
