//! A message handler that remembers all calls.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tenfold_core::envelope::MessageNotice;
use tenfold_core::ids::InstanceId;

use crate::transport::MessageHandler;

/// Remembers what was received, for tests to look at.
#[derive(Debug, Default)]
pub struct RecordingHandler {
    calls: Mutex<Calls>,
}

#[derive(Debug, Default)]
struct Calls {
    received: Vec<Vec<MessageNotice>>,
    checks: usize,
    undelivered: Vec<InstanceId>,
}

impl RecordingHandler {
    /// What each call of [`MessageHandler::received`] brought.
    pub fn envelopes(&self) -> Vec<Vec<MessageNotice>> {
        self.calls().received.clone()
    }

    /// All notices received, in the order in which they came.
    pub fn received(&self) -> Vec<MessageNotice> {
        self.calls().received.concat()
    }

    /// How many times it was told to check the log.
    pub fn checks(&self) -> usize {
        self.calls().checks
    }

    /// For whom something was not delivered, once for each report.
    pub fn undelivered(&self) -> Vec<InstanceId> {
        self.calls().undelivered.clone()
    }

    /// How many times it was reported that `server` did not get something.
    pub fn undelivered_to(&self, server: InstanceId) -> usize {
        self.calls().undelivered.iter().filter(|to| **to == server).count()
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MessageHandler for RecordingHandler {
    fn received(&self, notices: Vec<MessageNotice>) {
        self.calls().received.push(notices);
    }

    fn check_log(&self) {
        self.calls().checks += 1;
    }

    fn undelivered(&self, to: InstanceId) {
        self.calls().undelivered.push(to);
    }
}
