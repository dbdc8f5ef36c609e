//! The one task that reads the log for everybody who is attached.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tenfold_broker::transport::Transport;
use tenfold_core::command::Actor;
use tenfold_core::ids::{InstanceId, Position};
use tenfold_core::protocol::push::Push;
use tenfold_log::read::{Delivered, ReadError, Reader, Standing};
use tokio_util::sync::CancellationToken;

use super::Delivery;
use super::attachments::{News, Round, Told};

/// How often the log is looked into while nobody rings: rings may get lost.
const OFTEN: Duration = Duration::from_millis(250);
/// While a broker brings what there is, and tells where it failed.
const SELDOM: Duration = Duration::from_millis(750);
/// What was rung for may stand behind an append that is still under way: then the log is looked into again soon, and
/// less and less often.
const SOON: Duration = Duration::from_millis(1);
/// The least often while somebody waits.
const LATER: Duration = Duration::from_millis(20);
/// After the database failed.
const RECOVERY: Duration = Duration::from_secs(1);
/// How many are read for one session at a time.
const AT_ONCE: i64 = 256;
/// Where they are long: so many bytes of them, which is about what a connection takes. What it does not take is read
/// again, so that reading many long ones for it would read each of them many times.
const BYTES_AT_ONCE: usize = 512 << 10;
/// However long they are.
const AT_LEAST: i64 = 8;

/// What the log is looked into for.
#[derive(Clone, Copy, Debug)]
enum Woken {
    /// There may be something, up to the head.
    Ring,
    /// There is something, and it is known where.
    News,
    /// It is time.
    Time,
}

/// Reads the log for everybody who is attached.
pub struct Pump {
    delivery: Delivery,
    reader: Reader,
    instance: InstanceId,
    /// Where there is one.
    broker: Option<Arc<dyn Transport>>,
    /// Somebody waits for what stands up to here.
    wanted: Position,
    pause: Duration,
    limit: i64,
}

impl Pump {
    /// For the connections that `delivery` knows, on the server `instance`.
    pub fn new(delivery: Delivery, reader: Reader, instance: InstanceId, broker: Option<Arc<dyn Transport>>) -> Pump {
        Pump {
            delivery,
            reader,
            instance,
            broker,
            wanted: Position::START,
            pause: OFTEN,
            limit: AT_ONCE,
        }
    }

    /// Pumps until `stopping` fires.
    pub async fn run(mut self, stopping: CancellationToken) {
        stopping.run_until_cancelled(self.pump()).await;
    }

    async fn pump(&mut self) {
        loop {
            let woken = self.rest().await;
            if self.delivery.attachments().is_empty() {
                continue;
            }
            if let Err(error) = self.round(woken).await {
                tracing::warn!(%error, "messages wait until the log can be read again");
                self.pause = RECOVERY;
            }
        }
    }

    /// Until somebody rings, or it is time to look by oneself.
    async fn rest(&self) -> Woken {
        let Delivery { bell, news, .. } = &self.delivery;
        let pause = tokio::time::sleep(self.pause);
        let idles = self.delivery.attachments().is_empty();
        tokio::select! {
            biased;
            () = bell.notified() => Woken::Ring,
            () = news.rung.notified(), if !idles => Woken::News,
            () = pause, if !idles => Woken::Time,
        }
    }

    async fn round(&mut self, woken: Woken) -> Result<(), ReadError> {
        let cursors = self.delivery.attachments().cursors(self.delivery.bell());
        if cursors.is_empty() {
            // Nobody has room; who gets some rings.
            self.pause = self.poll();
            return Ok(());
        }
        let (head, round) = tokio::try_join!(self.head(woken), self.read(cursors))?;
        self.wanted = self.wanted.max(head);
        self.delivery.holding.pass(round.bound);
        let (is_stuck, is_unfinished, fitting) = (is_stuck(&round), !round.unfinished.is_empty(), fitting(&round));
        let bound = round.bound;
        self.delivery.attachments().apply(&round);
        self.limit = if is_stuck {
            self.limit.saturating_mul(2)
        } else {
            fitting
        };
        self.set_pace(bound, is_unfinished);
        Ok(())
    }

    fn set_pace(&mut self, bound: Position, is_unfinished: bool) {
        let wanted = self.wanted.max(self.delivery.attachments().awaited());
        self.pause = if is_unfinished {
            Duration::ZERO
        } else if bound >= wanted {
            self.poll()
        } else if self.pause > LATER {
            SOON
        } else {
            (self.pause * 2).clamp(SOON, LATER)
        };
    }

    fn poll(&self) -> Duration {
        match &self.broker {
            Some(broker) if broker.is_well() => SELDOM,
            _ => OFTEN,
        }
    }

    /// What was rung for stands at the head or before it, though perhaps not yet in order.
    async fn head(&self, woken: Woken) -> Result<Position, ReadError> {
        match woken {
            Woken::Ring => self.reader.head().await,
            Woken::News => Ok(self.delivery.news.farthest()),
            Woken::Time => Ok(Position::START),
        }
    }

    async fn read(&self, cursors: Vec<(Actor, Position)>) -> Result<Round, ReadError> {
        let held = self.delivery.holding.all();
        let delivery = self.reader.deliver(&cursors, self.limit, &held).await?;
        let asked: HashMap<_, _> = cursors.iter().map(|(actor, cursor)| (actor.session, *cursor)).collect();
        let mut unfinished: HashMap<_, _> = delivery.unfinished.iter().map(|id| (*id, asked[id])).collect();
        let mut told = Vec::with_capacity(delivery.items.len());
        for (session, item) in delivery.items {
            let position = item.position();
            unfinished.entry(session).and_modify(|read_to| *read_to = position);
            let actor = cursors.iter().find(|(actor, _)| actor.session == session);
            let Some((actor, _)) = actor else { continue };
            if let Some(news) = self.news(actor, item).await? {
                told.push(Told {
                    session,
                    position,
                    news,
                });
            }
        }
        Ok(Round {
            asked,
            bound: delivery.bound,
            told,
            unfinished,
        })
    }

    /// What an item is to a client; nothing where it is old news.
    async fn news(&self, actor: &Actor, item: Delivered) -> Result<Option<News>, ReadError> {
        let user = actor.name.clone();
        Ok(match item {
            Delivered::Message { push, .. } => Some(News::Push(push.to_line())),
            Delivered::Ended { .. } => Some(News::Last(Push::Ended { user }.to_line())),
            Delivered::Moved { from, .. } if from != self.instance => None,
            Delivered::Moved { .. } => match self.reader.standing(actor).await? {
                // It has come back since, or is over: then its end follows in the log.
                Standing::SeatedAt(Some(here)) if here == self.instance => None,
                Standing::NotLoggedIn => None,
                Standing::SeatedAt(None) => Some(News::Vanished),
                Standing::SeatedAt(Some(there)) => Some(match self.reader.address(there).await? {
                    Some(app) => News::Last(Push::Moved { user, app }.to_line()),
                    None => News::Vanished,
                }),
            },
        })
    }
}

/// How many of the next are read at once, if they are as long as these were.
fn fitting(round: &Round) -> i64 {
    let length = |told: &Told| match &told.news {
        News::Push(line) | News::Last(line) => line.len(),
        News::Vanished => 0,
    };
    let bytes: usize = round.told.iter().map(length).sum();
    let fitting = BYTES_AT_ONCE.saturating_mul(round.told.len()).checked_div(bytes);
    fitting.map_or(AT_ONCE, |count| {
        i64::try_from(count).unwrap_or(AT_ONCE).clamp(AT_LEAST, AT_ONCE)
    })
}

/// As much was read as is allowed at once, and nothing of it was for anybody.
fn is_stuck(round: &Round) -> bool {
    round
        .unfinished
        .iter()
        .any(|(session, read_to)| round.asked.get(session) == Some(read_to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lengths: &[usize]) -> Round {
        let session = tenfold_core::ids::SessionId(uuid::Uuid::nil());
        let told = |length: &usize| Told {
            session,
            position: Position(1),
            news: News::Push("x".repeat(*length)),
        };
        Round {
            told: lengths.iter().map(told).collect(),
            ..Round::default()
        }
    }

    #[test]
    fn long_messages_are_read_a_few_at_a_time() {
        assert_eq!(fitting(&told(&[])), AT_ONCE);
        assert_eq!(fitting(&told(&[0])), AT_ONCE);
        assert_eq!(fitting(&told(&[100; 50])), AT_ONCE);
        assert_eq!(fitting(&told(&[32 << 10; 50])), 16);
        assert_eq!(fitting(&told(&[1 << 20; 50])), AT_LEAST);
    }
}
