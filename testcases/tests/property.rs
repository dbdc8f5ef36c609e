//! Random commands of several users: the real programs against the model.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tenfold_testcases::generator::{Generator, Typed};
use tenfold_testcases::model::{Reply, SessionId, Shown, World, run_script, same_state, words};
use tenfold_testcases::person::{Person, at_login_server};
use tenfold_testcases::random::seeded;
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::waiting::PATIENCE;

const SCRIPTS: usize = 8;
const LINES: usize = 160;
const STEPS: usize = 900;

#[test]
fn clients_print_what_the_model_says() {
    let mut random = seeded();
    let service = Service::start(Options::new());
    let mut world = World::default();
    for _ in 0..SCRIPTS {
        let script = random_script(&mut random);
        let expected = run_script(&mut world, &script);
        let finished = service.run_client(&script);
        let difference = first_difference(&expected, &finished.output);
        assert_eq!(
            difference, None,
            "expected and printed differ; the script was:\n{script}"
        );
    }
    service.verify();
    same_state(&world, &service.state().0).expect("the model has the same state");
}

/// Everybody is logged out at the end, so that the next script's client is
/// shown nothing left over from this one, whose place would be left to chance.
fn random_script(random: &mut StdRng) -> String {
    let generator = Generator::new("client-", 6);
    let mut script = String::new();
    for user in &generator.users[..4] {
        writeln!(script, "register {user} right\nlogin {user} right").expect("a text can grow");
    }
    for _ in 0..LINES {
        let Typed { command, user, rest } = generator.line(random);
        let user = &generator.users[user];
        match command.as_str() {
            "register" | "login" | "LOGIN" => writeln!(script, "{command}{rest}"),
            _ => writeln!(script, "{command} {user}{rest}"),
        }
        .expect("a text can grow");
    }
    for user in &generator.users {
        writeln!(script, "logout {user}").expect("a text can grow");
    }
    script
}

fn first_difference(expected: &str, printed: &str) -> Option<(usize, String, String)> {
    let mut expected = expected.lines();
    let mut printed = printed.lines();
    for number in 1.. {
        let (one, other) = (expected.next(), printed.next());
        if one != other {
            let text = |line: Option<&str>| line.unwrap_or("(the end)").to_owned();
            return Some((number, text(one), text(other)));
        }
        one?;
    }
    None
}

#[test]
fn servers_reply_what_the_model_says() {
    let mut random = seeded();
    let service = Service::start(Options::new());
    let mut crowd = Crowd::new(service.address());
    let generator = Generator::new("wire-", 7);
    for _ in 0..STEPS {
        crowd.step(&generator, &mut random);
    }
    crowd.come_to_rest();
    service.verify();
    same_state(&crowd.world, &service.state().0).expect("the model has the same state");
}

/// Several users with a connection each, and the world they should live in.
struct Crowd {
    server: SocketAddr,
    world: World,
    online: BTreeMap<String, Online>,
    /// A token that was good once.
    stale: Option<String>,
}

struct Online {
    person: Person,
    session: SessionId,
    /// What must be pushed and has not been looked at.
    due: Vec<Value>,
}

impl Crowd {
    fn new(server: SocketAddr) -> Self {
        Self {
            server,
            world: World::default(),
            online: BTreeMap::new(),
            stale: None,
        }
    }

    fn step(&mut self, generator: &Generator, random: &mut StdRng) {
        let typed = generator.line(random);
        let name = &generator.users[typed.user];
        match typed.command.as_str() {
            "register" | "login" | "LOGIN" => self.without_token(&typed),
            _ if self.online.contains_key(name) => self.with_token(&typed, name),
            _ => self.with_bad_token(&typed, random),
        }
    }

    fn without_token(&mut self, typed: &Typed) {
        let line = format!("{}{}", typed.command, typed.rest);
        let reply = at_login_server(self.server, &line);
        let answer = self.world.perform(&typed.command, None, &typed.rest);
        check(&line, &reply, &answer.reply);
        if let Some(session) = answer.session {
            self.logged_in(words(&typed.rest)[0], session, &reply);
        }
    }

    /// A second login must answer with the same token.
    fn logged_in(&mut self, name: &str, session: SessionId, reply: &Value) {
        if let Some(online) = self.online.get(name) {
            assert_eq!(online.session, session);
            assert_eq!(
                reply["token"],
                online.person.token.as_str(),
                "one session has one token"
            );
            return;
        }
        let mut person = Person::from_login(self.server, name, reply);
        person.attach(person.position);
        self.online.insert(
            name.to_owned(),
            Online {
                person,
                session,
                due: Vec::new(),
            },
        );
    }

    fn with_token(&mut self, typed: &Typed, name: &str) {
        let online = self.online.get_mut(name).expect("looked up before");
        let line = format!("{}{}", typed.command, typed.rest);
        // `Person` puts the token behind the first word, so the blank must be there.
        let (command, rest) = (&typed.command, &typed.rest);
        let reply = online.person.command(&format!("{command} {rest}"));
        let answer = self.world.perform(command, Some(online.session), rest);
        check(&format!("{name}: {line}"), &reply, &answer.reply);
        self.note(&answer.shown, &reply);
        let over = matches!(command.as_str(), "logout" | "delete" | "change-password");
        if over && matches!(answer.reply, Reply::Done(_)) {
            let gone = self.online.remove(name).expect("looked up before");
            self.stale = Some(gone.person.token.clone());
            gone.ended();
            if let Some(session) = answer.session {
                self.logged_in(name, session, &reply);
            }
        }
    }

    fn note(&mut self, shown: &[Shown], reply: &Value) {
        for shown in shown {
            let to = self
                .online
                .get_mut(&shown.user)
                .expect("whoever has a session is online here");
            to.due.push(push_of(shown, &reply["position"]));
        }
    }

    fn with_bad_token(&mut self, typed: &Typed, random: &mut StdRng) {
        let stale = self.stale.clone().filter(|_| random.random_bool(0.5));
        let token = stale.unwrap_or_else(|| "nonsense.token".to_owned());
        let line = format!("{} {token}{}", typed.command, typed.rest);
        let reply = at_login_server(self.server, &line);
        let answer = self.world.perform(&typed.command, None, &typed.rest);
        check(&line, &reply, &answer.reply);
    }

    /// Everybody has been pushed what was due, and nothing else.
    fn come_to_rest(&mut self) {
        for (name, online) in &mut self.online {
            let pushed = online.person.sync();
            assert_eq!(pushed, online.due, "what {name} was pushed");
            online.due.clear();
        }
    }
}

impl Online {
    /// After the end of a session everything before it has been pushed.
    fn ended(mut self) {
        let name = self.person.name.clone();
        let mut pushed = Vec::new();
        loop {
            let push = self.person.push(PATIENCE).expect("the end of a session is pushed");
            if push["push"] == "ended" {
                assert_eq!(push["user"], name.as_str());
                break;
            }
            pushed.push(push);
        }
        assert_eq!(pushed, self.due, "what {name} was pushed before the end");
    }
}

fn push_of(shown: &Shown, position: &Value) -> Value {
    let Shown {
        user, from, message, ..
    } = shown;
    let mut push = json!({"push": "message", "user": user, "from": from, "message": message, "position": position});
    match &shown.group {
        Some(group) => push["group"] = json!(group),
        None => push["to"] = json!(user),
    }
    push
}

fn check(line: &str, reply: &Value, expected: &Reply) {
    let list = |key: &str, items: Value| json!({"status": 0, key: items});
    let posts = |posts: &[(String, String)]| {
        posts
            .iter()
            .map(|(id, message)| json!({"id": id, "message": message}))
            .collect()
    };
    let expected = match expected {
        Reply::Done(message) => {
            assert!(reply["position"].is_u64(), "{line}: no position in {reply}");
            json!({"status": 0, "message": message})
        }
        Reply::Refused(message) => json!({"status": 1, "message": message}),
        Reply::RefusedSomehow => json!({"status": 1, "message": reply["message"]}),
        Reply::Invites(names) => list("invite", json!(names)),
        Reply::Friends(names) => list("friend", json!(names)),
        Reply::Groups(names) => list("group", json!(names)),
        Reply::Blocked(names) => list("blocked", json!(names)),
        Reply::Posts(items) => list("post", posts(items)),
    };
    let mut said = reply.clone();
    let members = said.as_object_mut().expect("a reply is an object");
    members.retain(|key, _| !["position", "token", "app"].contains(&key.as_str()));
    assert_eq!(said, expected, "the reply to {line:?}");
}
