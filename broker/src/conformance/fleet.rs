//! The servers of one case, and what they have sent each other.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tenfold_core::ids::{InstanceId, Position};
use tenfold_core::parcel::{News, Parcel};

use super::{Server, TestEars, World, eventually};

/// How many times a transport may lose something, and say so, while nothing is wrong but that the machine is busy.
const ATTEMPTS: usize = 10;

/// Several servers, and what was handed over for whom.
pub(super) struct Fleet<'a> {
    world: &'a dyn World,
    members: Vec<Member>,
    sent: HashMap<(InstanceId, Position), News>,
}

/// One server with its ears.
pub(super) struct Member {
    pub server: Server,
    pub ears: Arc<TestEars>,
}

/// Something to tell, at a position that nothing else has.
pub(super) fn news(text: &str) -> News {
    static LAST: AtomicI64 = AtomicI64::new(0);
    News {
        position: Position(LAST.fetch_add(1, Ordering::Relaxed) + 1),
        from: "ann".into(),
        group: None,
        text: text.to_owned(),
    }
}

impl Member {
    pub fn is_well(&self) -> bool {
        self.server.transport.is_well()
    }
}

impl<'a> Fleet<'a> {
    /// That many servers, once all of them are well.
    pub async fn of(size: usize, world: &'a dyn World) -> Fleet<'a> {
        let mut members = Vec::new();
        for _ in 0..size {
            let ears = Arc::new(TestEars::default());
            let server = world.server(ears.clone()).await;
            members.push(Member { server, ears });
        }
        let sent = HashMap::new();
        let fleet = Fleet { world, members, sent };
        fleet.all_are_well().await;
        fleet
    }

    pub fn members(&self) -> &[Member] {
        &self.members
    }

    pub fn id(&self, index: usize) -> InstanceId {
        self.members[index].server.id
    }

    pub async fn all_are_well(&self) {
        eventually("every server's transport is well", || {
            self.members.iter().all(Member::is_well).then_some(())
        })
        .await;
    }

    /// Hands over from one server for another; whether it was taken.
    pub fn hand_over(&mut self, from: usize, to: InstanceId, news: Vec<News>) -> bool {
        // What is refused counts as sent, too: hearing it would harm nobody.
        self.note(to, &news);
        self.members[from].server.transport.hand_over(Parcel { to, news })
    }

    /// From now on it is no fault if `to` hears that.
    pub fn note(&mut self, to: InstanceId, news: &[News]) {
        let sent = news.iter().map(|news| ((to, news.position), news.clone()));
        self.sent.extend(sent);
    }

    /// Hands over the parcels that `make` makes until all of some batch are heard: whole and in order.
    ///
    /// # Panics
    /// Where they are not, and the transport does not say so; or where it says so again and again.
    pub async fn carry(&mut self, from: usize, to: usize, make: impl Fn() -> Vec<Vec<News>>) {
        for _ in 0..ATTEMPTS {
            self.all_are_well().await;
            if self.has_carried(from, to, make()).await {
                return;
            }
        }
        panic!("{ATTEMPTS} times something was not delivered, on a medium that is well");
    }

    /// A parcel gets from one to the other.
    pub async fn get_through(&mut self, from: usize, to: usize) {
        self.carry(from, to, || vec![vec![news("is anybody there?")]]).await;
    }

    /// `false`: the transport said that it may not have.
    async fn has_carried(&mut self, from: usize, to: usize, parcels: Vec<Vec<News>>) -> bool {
        let (id, ears) = (self.id(to), self.members[to].ears.clone());
        let (told, looks) = (self.members[from].ears.undelivered_to(id), ears.looks());
        let all = parcels.concat();
        for parcel in parcels {
            if !self.hand_over(from, id, parcel) {
                return false;
            }
        }
        let sender = &self.members[from].ears;
        let carries_contents = self.world.carries_contents();
        eventually("what is handed over is heard, or told as undelivered", || {
            if carries_contents {
                let heard = once_each(ears.heard(), &all);
                if heard.len() == all.len() {
                    assert_eq!(heard, all, "what came is changed or out of order");
                    return Some(true);
                }
            } else if ears.looks() > looks {
                return Some(true);
            }
            (sender.undelivered_to(id) > told).then_some(false)
        })
        .await
    }

    /// # Panics
    /// Where somebody heard what was not sent to them.
    pub fn nobody_heard_what_was_not_sent(&self) {
        for member in &self.members {
            for news in member.ears.heard() {
                let sent = self.sent.get(&(member.server.id, news.position));
                assert_eq!(sent, Some(&news), "heard what nobody sent here");
            }
        }
    }
}

/// What was heard of `wanted`, as it came for the first time.
fn once_each(heard: Vec<News>, wanted: &[News]) -> Vec<News> {
    let mut missing: HashSet<Position> = wanted.iter().map(|news| news.position).collect();
    heard
        .into_iter()
        .filter(|news| missing.remove(&news.position))
        .collect()
}
