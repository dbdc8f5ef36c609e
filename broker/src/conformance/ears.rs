//! Ears that remember all they are told.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tenfold_core::ids::InstanceId;
use tenfold_core::parcel::News;

use crate::transport::Ears;

/// Remembers what was heard, for tests to look at.
#[derive(Debug, Default)]
pub struct TestEars {
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    heard: Vec<Vec<News>>,
    looks: usize,
    undelivered: Vec<InstanceId>,
}

impl TestEars {
    /// What each call of [`Ears::heard`] brought.
    pub fn parcels(&self) -> Vec<Vec<News>> {
        self.told().heard.clone()
    }

    /// All news heard, in the order in which they came.
    pub fn heard(&self) -> Vec<News> {
        self.told().heard.concat()
    }

    /// How many times they were told to look into the log.
    pub fn looks(&self) -> usize {
        self.told().looks
    }

    /// For whom something was not delivered, once for each time it was told.
    pub fn undelivered(&self) -> Vec<InstanceId> {
        self.told().undelivered.clone()
    }

    /// How many times they were told that `server` did not get something.
    pub fn undelivered_to(&self, server: InstanceId) -> usize {
        self.told().undelivered.iter().filter(|to| **to == server).count()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ears for TestEars {
    fn heard(&self, news: Vec<News>) {
        self.told().heard.push(news);
    }

    fn look(&self) {
        self.told().looks += 1;
    }

    fn undelivered(&self, to: InstanceId) {
        self.told().undelivered.push(to);
    }
}
