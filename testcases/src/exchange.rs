//! Two clients that talk to each other while something is done to the servers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::client::Interactive;

/// Two clients whose users are friends in pairs, one of each pair here and one there.
#[derive(Debug)]
pub struct Exchange {
    east: Interactive,
    west: Interactive,
    pairs: Vec<(String, String)>,
}

/// What was sent, and so must be shown.
type Sent = BTreeMap<String, Vec<String>>;

impl Exchange {
    /// Makes friends of the users, who are logged in: `east` has the first of
    /// each pair, `west` the second.
    pub fn new(mut east: Interactive, mut west: Interactive, pairs: Vec<(String, String)>) -> Self {
        for (one, other) in &pairs {
            east.expect(&format!("invite {one} {other}"), "Success!");
            west.expect(&format!("accept-invite {other} {one}"), "Success!");
        }
        Self { east, west, pairs }
    }

    /// Lets everybody send to the other of their pair until `meanwhile` is
    /// done, then ends both clients.
    ///
    /// # Panics
    /// Where a message was lost, shown twice, or not in its order.
    pub fn run(mut self, meanwhile: impl FnOnce()) {
        let back: Vec<_> = self
            .pairs
            .iter()
            .map(|(one, other)| (other.clone(), one.clone()))
            .collect();
        let (east, west, forth, stop) = (&mut self.east, &mut self.west, &self.pairs, AtomicBool::new(false));
        let (to_west, to_east) = std::thread::scope(|scope| {
            let forth = scope.spawn(|| keep_sending(east, forth, &stop));
            let back = scope.spawn(|| keep_sending(west, &back, &stop));
            let sending = StopAtEnd(&stop);
            meanwhile();
            drop(sending);
            (forth.join().expect("east sends"), back.join().expect("west sends"))
        });
        assert_eq!(by_pair(&self.west.finish()), to_west);
        assert_eq!(by_pair(&self.east.finish()), to_east);
    }
}

/// Lets the clients come to an end also where the test fails.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn keep_sending(client: &mut Interactive, pairs: &[(String, String)], stop: &AtomicBool) -> Sent {
    let mut sent = Sent::new();
    for round in 0.. {
        for (sender, recipient) in pairs {
            client.expect(&format!("send {sender} {recipient} {round}"), "Success!");
            let pair = format!("<<<{sender}->{recipient}");
            sent.entry(pair).or_default().push(format!("{round}>>>"));
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    sent
}

/// The messages of each pair in their order; between pairs there is none.
fn by_pair(lines: &[String]) -> Sent {
    let mut pairs = Sent::new();
    for line in lines {
        let (pair, text) = line.split_once(": ").expect("a message");
        pairs.entry(pair.to_owned()).or_default().push(text.to_owned());
    }
    pairs
}
