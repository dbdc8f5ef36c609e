//! Users who write to their friends, and when each message was accepted and shown.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;
use uuid::Uuid;

use super::STEPS;
use crate::connection::{Connection, Lines, Writer};
use crate::failure::Failure;
use crate::people::Person;
use crate::statistics::Times;

/// How long after the last one was sent all must have been shown.
const PATIENCE: Duration = Duration::from_secs(20);

/// How fast they write.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// So many messages a second, all together, whether replies come or not.
    ASecond(u32),
    /// Everybody waits for the reply before the next message.
    AsRepliesCome,
}

/// What each message took from its reply to its line.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// Sender and recipient are on one server.
    pub same_server: Times,
    /// They are on two.
    pub other_server: Times,
}

impl Taken {
    /// Both.
    pub fn all(&self) -> Times {
        let mut all = self.same_server.clone();
        all.append(&self.other_server);
        all
    }
}

/// A message on its way.
#[derive(Debug, Default)]
struct Message {
    same_server: bool,
    accepted: Option<Instant>,
    shown: Option<Instant>,
}

/// What all users of one exchange share.
struct Board {
    /// Told apart from the messages of earlier exchanges.
    mark: String,
    messages: RefCell<Vec<Message>>,
    /// For each user, the messages that have no reply yet.
    unanswered: Vec<RefCell<VecDeque<usize>>>,
    /// For each user, that a reply came.
    answered: Vec<Notify>,
    all_sent: Cell<bool>,
    complete: Notify,
}

/// Has friends write to each other; ends when every message has been accepted and shown.
///
/// # Errors
/// Where one is refused, or not shown in time.
pub async fn exchange(people: &mut [Person], pace: Pace, duration: Duration) -> Result<Taken, Failure> {
    let board = Board::new(people.len());
    let neighbours = Neighbours::of(people);
    let (mut writers, mut readers) = (Vec::new(), Vec::new());
    for person in people {
        let Connection { lines, writer, .. } = &mut person.connection;
        writers.push(writer);
        readers.push(lines);
    }
    let reading = try_join_all(
        readers
            .into_iter()
            .enumerate()
            .map(|(user, lines)| board.read(user, lines)),
    );
    let writing = async {
        match pace {
            Pace::ASecond(rate) => board.write_paced(&mut writers, &neighbours, rate, duration).await?,
            Pace::AsRepliesCome => board.write_as_replies_come(&mut writers, &neighbours, duration).await?,
        }
        board.wait_until_complete().await
    };
    tokio::select! {
        written = writing => written?,
        // Reading has no end but a failure.
        failed = reading => drop(failed?),
    }
    Ok(board.taken())
}

/// Who writes to whom: for each user and each of the steps the line's beginning, and whether both share a server.
struct Neighbours {
    friends: Vec<[(String, bool); 2]>,
}

impl Neighbours {
    fn of(people: &[Person]) -> Neighbours {
        let friend = |index: usize, step: usize| {
            let (me, other) = (&people[index], &people[(index + step) % people.len()]);
            let same = me.connection.server() == other.connection.server();
            (me.line(&format!("send {}", other.name)), same)
        };
        let friends = (0..people.len())
            .map(|index| STEPS.map(|step| friend(index, step)))
            .collect();
        Neighbours { friends }
    }
}

impl Board {
    fn new(users: usize) -> Board {
        Board {
            mark: format!("{}-", Uuid::new_v4().simple()),
            messages: RefCell::default(),
            unanswered: (0..users).map(|_| RefCell::default()).collect(),
            answered: (0..users).map(|_| Notify::new()).collect(),
            all_sent: Cell::new(false),
            complete: Notify::new(),
        }
    }

    async fn write_paced(
        &self,
        writers: &mut [&mut Writer],
        neighbours: &Neighbours,
        rate: u32,
        duration: Duration,
    ) -> Result<(), Failure> {
        let began = tokio::time::Instant::now();
        for number in 0u32.. {
            // Each has its moment, so that one that is late does not make the next ones late.
            let moment = began + Duration::from_secs(1) * number / rate;
            if moment >= began + duration {
                break;
            }
            tokio::time::sleep_until(moment).await;
            let user = number as usize % writers.len();
            let friend = number as usize / writers.len() % STEPS.len();
            self.write(writers[user], neighbours, user, friend).await?;
        }
        Ok(())
    }

    async fn write_as_replies_come(
        &self,
        writers: &mut [&mut Writer],
        neighbours: &Neighbours,
        duration: Duration,
    ) -> Result<(), Failure> {
        let until = Instant::now() + duration;
        let users = writers.iter_mut().enumerate().map(|(user, writer)| async move {
            for number in 0.. {
                if Instant::now() >= until {
                    break;
                }
                self.write(writer, neighbours, user, number % STEPS.len()).await?;
                self.answered[user].notified().await;
            }
            Ok::<(), Failure>(())
        });
        try_join_all(users).await.map(drop)
    }

    async fn write(
        &self,
        writer: &mut Writer,
        neighbours: &Neighbours,
        user: usize,
        friend: usize,
    ) -> Result<(), Failure> {
        let (beginning, same_server) = &neighbours.friends[user][friend];
        let number = self.messages.borrow().len();
        self.messages.borrow_mut().push(Message {
            same_server: *same_server,
            ..Message::default()
        });
        self.unanswered[user].borrow_mut().push_back(number);
        let line = format!("{beginning} {}{number}\n", self.mark);
        let sent = writer.write_all(line.as_bytes()).await;
        sent.map_err(Failure::system("the connection to an application server was lost"))
    }

    /// Notes what comes to one user, until the connection is lost or something is refused.
    async fn read(&self, user: usize, lines: &mut Lines) -> Result<(), Failure> {
        loop {
            let line = lines.next().await?;
            let now = Instant::now();
            let text = String::from_utf8_lossy(line);
            if text.contains("\"push\":") {
                self.note_shown(&text, now);
            } else if text.contains("\"status\":0") {
                self.note_accepted(user, now);
            } else {
                return Err(Failure::Refused {
                    command: "send".into(),
                    reply: text.trim_end().to_owned(),
                });
            }
        }
    }

    fn note_accepted(&self, user: usize, now: Instant) {
        if let Some(number) = self.unanswered[user].borrow_mut().pop_front() {
            self.messages.borrow_mut()[number].accepted = Some(now);
        }
        self.answered[user].notify_one();
        self.look_whether_complete();
    }

    fn note_shown(&self, push: &str, now: Instant) {
        let number = push
            .split(&self.mark)
            .nth(1)
            .and_then(|rest| rest.split('"').next()?.parse::<usize>().ok());
        // Others are from an earlier exchange.
        let Some(number) = number else { return };
        if let Some(message) = self.messages.borrow_mut().get_mut(number) {
            message.shown = Some(now);
        }
        self.look_whether_complete();
    }

    fn look_whether_complete(&self) {
        if self.all_sent.get() && self.missing() == 0 {
            self.complete.notify_one();
        }
    }

    fn missing(&self) -> usize {
        let messages = self.messages.borrow();
        messages
            .iter()
            .filter(|message| message.accepted.is_none() || message.shown.is_none())
            .count()
    }

    async fn wait_until_complete(&self) -> Result<(), Failure> {
        self.all_sent.set(true);
        self.look_whether_complete();
        let complete = tokio::time::timeout(PATIENCE, self.complete.notified()).await;
        complete.map_err(|_| Failure::TooLate {
            what: format!(
                "{} of {} messages were not shown",
                self.missing(),
                self.messages.borrow().len()
            ),
            seconds: PATIENCE.as_secs(),
        })
    }

    fn taken(&self) -> Taken {
        let mut taken = Taken::default();
        for message in self.messages.borrow().iter() {
            if let (Some(accepted), Some(shown)) = (message.accepted, message.shown) {
                let times = if message.same_server {
                    &mut taken.same_server
                } else {
                    &mut taken.other_server
                };
                times.add(shown.saturating_duration_since(accepted));
            }
        }
        taken
    }
}
