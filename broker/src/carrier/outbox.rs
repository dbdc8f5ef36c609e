//! What waits to be sent: bounded, and packed by recipient, so that what waited together crosses together.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tenfold_core::ids::InstanceId;
use tenfold_core::parcel::{News, Parcel};
use tokio::sync::Notify;

/// What may wait, in bytes: a second's worth of long messages.
const MOST_BYTES: usize = 4 << 20;
/// A parcel is not made longer than this, in bytes, unless one message alone is.
const PARCEL_BYTES: usize = 128 << 10;

/// The queue between those who hand over and the one who sends.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    parcels: VecDeque<(Parcel, usize)>,
    bytes: usize,
}

impl Outbox {
    /// Adds a parcel to what waits; `false` where there is no room.
    pub fn add(&self, parcel: Parcel) -> bool {
        let size = parcel.news.iter().map(News::size).sum::<usize>();
        let mut waiting = self.waiting();
        if waiting.bytes + size > MOST_BYTES {
            return false;
        }
        waiting.bytes += size;
        let to = parcel.to;
        parcel.news.into_iter().for_each(|news| waiting.add(to, news));
        drop(waiting);
        self.wake.notify_one();
        true
    }

    /// The next to be sent. Dropping the future loses nothing.
    pub async fn next(&self) -> Parcel {
        loop {
            if let Some(parcel) = self.waiting().take() {
                return parcel;
            }
            self.wake.notified().await;
        }
    }

    /// Those for whom something waits; it waits no more.
    pub fn abandon(&self) -> Vec<InstanceId> {
        let waiting = std::mem::take(&mut *self.waiting());
        waiting.parcels.into_iter().map(|(parcel, _)| parcel.to).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Few servers have something waiting at a time, so that looking through them is quick. Only a server's last parcel
    /// is added to: its news stay in the order in which they were handed over.
    fn add(&mut self, to: InstanceId, news: News) {
        let size = news.size();
        let last = self.parcels.iter_mut().rev().find(|(parcel, _)| parcel.to == to);
        match last {
            Some((parcel, bytes)) if *bytes + size <= PARCEL_BYTES => {
                parcel.news.push(news);
                *bytes += size;
            }
            _ => self.parcels.push_back((Parcel { to, news: vec![news] }, size)),
        }
    }

    fn take(&mut self) -> Option<Parcel> {
        let (parcel, size) = self.parcels.pop_front()?;
        self.bytes -= size;
        Some(parcel)
    }
}

#[cfg(test)]
mod tests {
    use tenfold_core::ids::Position;
    use uuid::Uuid;

    use super::*;

    fn parcel(to: u128, position: i64, length: usize) -> Parcel {
        Parcel {
            to: InstanceId(Uuid::from_u128(to)),
            news: vec![News {
                position: Position(position),
                from: "ann".into(),
                group: None,
                text: "x".repeat(length),
            }],
        }
    }

    fn positions(parcel: &Parcel) -> Vec<i64> {
        parcel.news.iter().map(|news| news.position.0).collect()
    }

    #[tokio::test]
    async fn what_waited_together_for_one_server_crosses_together() {
        let outbox = Outbox::default();
        for (to, position) in [(1, 1), (2, 2), (1, 3), (1, 4)] {
            assert!(outbox.add(parcel(to, position, 10)));
        }
        assert_eq!(positions(&outbox.next().await), [1, 3, 4]);
        assert_eq!(positions(&outbox.next().await), [2]);
    }

    #[tokio::test]
    async fn long_ones_cross_alone_and_in_order() {
        let outbox = Outbox::default();
        for position in 1..=3 {
            assert!(outbox.add(parcel(1, position, 100 << 10)));
        }
        assert!(outbox.add(parcel(1, 4, 10)));
        assert_eq!(positions(&outbox.next().await), [1]);
        assert_eq!(positions(&outbox.next().await), [2]);
        assert_eq!(positions(&outbox.next().await), [3, 4]);
    }

    #[tokio::test]
    async fn what_is_handed_over_in_one_piece_crosses_in_several_where_it_is_long() {
        let outbox = Outbox::default();
        let mut whole = parcel(1, 1, 60 << 10);
        whole
            .news
            .extend((2..=5).flat_map(|position| parcel(1, position, 60 << 10).news));
        assert!(outbox.add(whole));
        for wanted in [vec![1, 2], vec![3, 4], vec![5]] {
            assert_eq!(positions(&outbox.next().await), wanted);
        }
    }

    #[test]
    fn there_is_a_bound_and_room_again_afterwards() {
        let outbox = Outbox::default();
        let taken = (0..1000)
            .take_while(|number| outbox.add(parcel(1, *number, 64 << 10)))
            .count();
        assert!((50..65).contains(&taken), "{taken}");
        assert_eq!(outbox.abandon().len(), taken);
        assert!(outbox.add(parcel(1, 1, 10)));
    }
}
