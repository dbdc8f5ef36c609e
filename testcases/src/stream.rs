//! People on several servers who write to each other without a pause, while
//! something is done to what carries their messages.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::person::{Person, befriend};
use crate::waiting::PATIENCE;

/// Between two messages of one person, so that many servers' worth of people
/// fit on a small machine.
const PAUSE: Duration = Duration::from_millis(100);
/// Every so many messages one goes to the group that all are in.
const GROUP_TURN: usize = 8;
const GROUP: &str = "all";

/// People who are friends in a circle, in one group, and attached.
#[derive(Debug)]
pub struct Stream {
    people: Vec<Person>,
    /// Whom the person of that number writes to.
    friend_of: Vec<usize>,
}

/// What each person was told to have sent, oldest first.
#[derive(Debug, Default)]
struct Sent {
    direct: Vec<String>,
    to_group: Vec<String>,
}

impl Stream {
    /// Registers `count` people, seats them and makes friends of those who are
    /// `apart` places from each other.
    pub fn start(server: SocketAddr, count: usize, apart: usize) -> Self {
        let mut people: Vec<_> = (0..count)
            .map(|number| Person::new(server, &format!("p{number}")))
            .collect();
        let friend_of: Vec<_> = (0..count).map(|number| (number + apart) % count).collect();
        people[0].does(&format!("create-group {GROUP}"));
        for number in 0..count {
            if number > 0 {
                people[number].does(&format!("join-group {GROUP}"));
            }
            let pair = people.get_disjoint_mut([number, friend_of[number]]);
            let [person, friend] = pair.expect("nobody is their own friend");
            befriend(person, friend);
        }
        for person in &mut people {
            person.attach(0);
        }
        Self { people, friend_of }
    }

    /// Everybody.
    pub fn people(&mut self) -> &mut [Person] {
        &mut self.people
    }

    /// Sends one message from each person to their friend, and waits until
    /// each has come; by itself, for nobody asks for it.
    pub fn say_once(&mut self, text: &str) {
        for number in 0..self.people.len() {
            let friend = self.people[self.friend_of[number]].name.clone();
            self.people[number].does(&format!("send {friend} {text}"));
        }
        for person in &mut self.people {
            let push = person.push(PATIENCE);
            let said = push.as_ref().map(|push| &push["message"]);
            assert_eq!(said.and_then(|said| said.as_str()), Some(text), "to {}", person.name);
        }
    }

    /// Lets everybody write until `meanwhile` is done.
    ///
    /// # Panics
    /// Where a message that was accepted is not shown once to each whom it was
    /// for, in its sender's order and in the log's.
    pub fn run(&mut self, meanwhile: impl FnOnce()) {
        let names: Vec<_> = self.people.iter().map(|person| person.name.clone()).collect();
        let friends: Vec<_> = self.friend_of.iter().map(|friend| names[*friend].clone()).collect();
        let stop = AtomicBool::new(false);
        let sent: Vec<Sent> = std::thread::scope(|scope| {
            let writing = self.people.iter_mut().zip(&friends);
            let writing: Vec<_> = writing
                .map(|(person, friend)| scope.spawn(|| write(person, friend, &stop)))
                .collect();
            let stopping = StopAtEnd(&stop);
            meanwhile();
            drop(stopping);
            writing
                .into_iter()
                .map(|writer| writer.join().expect("everybody can write"))
                .collect()
        });
        for (number, person) in self.people.iter_mut().enumerate() {
            let is_friend = |sender: usize| self.friend_of[sender] == number;
            check(person, &person_sent(&names, &sent, is_friend));
        }
    }
}

/// Lets the writers come to an end also where the test fails.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn write(person: &mut Person, friend: &str, stop: &AtomicBool) -> Sent {
    let mut sent = Sent::default();
    for number in 1.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let text = number.to_string();
        if number % GROUP_TURN == 0 {
            person.does(&format!("send-group {GROUP} {text}"));
            sent.to_group.push(text);
        } else {
            person.does(&format!("send {friend} {text}"));
            sent.direct.push(text);
        }
        std::thread::sleep(PAUSE);
    }
    sent
}

/// Who wrote (and to which group), and what.
type BySender = BTreeMap<(String, Option<String>), Vec<String>>;

fn person_sent(names: &[String], sent: &[Sent], is_friend: impl Fn(usize) -> bool) -> BySender {
    let mut wanted = BySender::new();
    for (number, (name, sent)) in names.iter().zip(sent).enumerate() {
        if is_friend(number) {
            wanted.insert((name.clone(), None), sent.direct.clone());
        }
        wanted.insert((name.clone(), Some(GROUP.into())), sent.to_group.clone());
    }
    wanted.retain(|_, texts| !texts.is_empty());
    wanted
}

fn check(person: &mut Person, wanted: &BySender) {
    let mut shown = BySender::new();
    let mut last = 0;
    for push in person.sync() {
        let position = push["position"].as_u64().expect("a message has a position");
        assert!(position > last, "{}: {push} after {last}", person.name);
        last = position;
        let word = |key: &str| push[key].as_str().map(str::to_owned);
        let sender = (word("from").expect("a sender"), word("group"));
        shown.entry(sender).or_default().push(word("message").expect("a text"));
    }
    assert_eq!(&shown, wanted, "what {} was shown", person.name);
}
