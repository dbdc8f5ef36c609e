//! Random lines that people might type.

use rand::RngExt;
use rand::rngs::StdRng;

/// A line taken apart: the user's own word may become a name or a token.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The first word.
    pub command: String,
    /// Index of the user who types; `register` and `login` have none.
    pub user: usize,
    /// Everything after the user's word, or after the command of those two.
    pub rest: String,
}

/// Makes lines about a few users and groups, so that they get in each other's way.
#[derive(Debug)]
pub struct Generator {
    /// The names of the users.
    pub users: Vec<String>,
    groups: Vec<String>,
}

const COMMANDS: [(&str, u32); 25] = [
    ("register", 6),
    ("login", 9),
    ("logout", 2),
    ("delete", 1),
    ("invite", 10),
    ("list-invite", 4),
    ("accept-invite", 9),
    ("decline-invite", 3),
    ("unfriend", 2),
    ("block", 3),
    ("unblock", 3),
    ("list-blocked", 2),
    ("change-password", 2),
    ("leave-group", 2),
    ("list-friend", 4),
    ("post", 6),
    ("receive-post", 5),
    ("send", 12),
    ("create-group", 4),
    ("list-group", 3),
    ("list-joined", 3),
    ("join-group", 5),
    ("send-group", 8),
    ("posting", 1),
    ("LOGIN", 1),
];

const MESSAGES: [&str; 8] = [
    "hello",
    "two words",
    "kept   blanks\tinside",
    "quotes \" and \\ backslashes",
    "grüße 名前 🙂",
    "{\"status\":0}",
    "<<<a->b: c>>>",
    "@3f0e0c3a-7d2e-4c1b-9a55-000000000003 exit",
];

impl Generator {
    /// Whether it ever types that command.
    pub fn types(word: &str) -> bool {
        COMMANDS.iter().any(|(command, _)| *command == word)
    }

    /// Users and groups whose names begin with `prefix`.
    pub fn new(prefix: &str, users: usize) -> Self {
        Self {
            users: (0..users).map(|number| format!("{prefix}{number}")).collect(),
            groups: (0..3).map(|number| format!("{prefix}-group{number}")).collect(),
        }
    }

    /// The next line.
    pub fn line(&self, random: &mut StdRng) -> Typed {
        let command = pick_command(random);
        let mut words = self.arguments(command, random);
        match random.random_range(0..20) {
            0 => drop(words.pop()),
            1 => words.push("extra".to_owned()),
            _ => {}
        }
        let mut rest = String::new();
        for word in words {
            rest += blanks(random);
            rest += &word;
        }
        if random.random_bool(0.1) {
            rest += blanks(random);
        }
        Typed {
            command: command.to_owned(),
            user: random.random_range(0..self.users.len()),
            rest,
        }
    }

    fn arguments(&self, command: &str, random: &mut StdRng) -> Vec<String> {
        match command {
            "register" => vec![self.name(random), password(random)],
            "login" => vec![self.name(random), password(random)],
            "change-password" => vec![password(random), password(random)],
            "invite" | "accept-invite" | "decline-invite" | "unfriend" | "block" | "unblock" => vec![self.name(random)],
            "post" => vec![message(random)],
            "send" => vec![self.name(random), message(random)],
            "create-group" | "join-group" | "leave-group" => vec![self.group(random)],
            "send-group" => vec![self.group(random), message(random)],
            _ => Vec::new(),
        }
    }

    fn name(&self, random: &mut StdRng) -> String {
        match random.random_range(0..30) {
            0 => "nobody-at-all".to_owned(),
            _ => pick(&self.users, random).clone(),
        }
    }

    fn group(&self, random: &mut StdRng) -> String {
        pick(&self.groups, random).clone()
    }
}

fn pick_command(random: &mut StdRng) -> &'static str {
    let total: u32 = COMMANDS.iter().map(|(_, weight)| weight).sum();
    let mut left = random.random_range(0..total);
    for (command, weight) in COMMANDS {
        if left < weight {
            return command;
        }
        left -= weight;
    }
    unreachable!("the weights add up")
}

fn pick<'a, T>(items: &'a [T], random: &mut StdRng) -> &'a T {
    &items[random.random_range(0..items.len())]
}

fn message(random: &mut StdRng) -> String {
    let number: u16 = random.random();
    format!("{} {number}", pick(&MESSAGES, random))
}

fn password(random: &mut StdRng) -> String {
    let wrong = random.random_bool(0.1);
    if wrong { "wrong" } else { "right" }.to_owned()
}

fn blanks(random: &mut StdRng) -> &'static str {
    pick::<&str>(&[" ", " ", " ", "  ", "\t", " \t "], random)
}
