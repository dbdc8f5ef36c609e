//! Commands without a pause, by several crowds at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tenfold_core::decide::Rejection;
use tenfold_core::intent::Intent;
use tenfold_log::append::{Outcome, Submission, Writer};
use tenfold_log::database::Database;
use tenfold_synthetic::{Shape, Synthetic};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Crowds who give commands until they are told to stop. A command that fails fails the test.
pub struct Load {
    /// Fires when they are told.
    pub stop: CancellationToken,
    happened: Arc<AtomicU64>,
    appending: Vec<JoinHandle<()>>,
    writers: Vec<Writer>,
}

impl Load {
    /// So many crowds begin, each on a writer of its own.
    pub async fn start(database: &Database, crowds: u64) -> Load {
        let mut load = Load {
            stop: CancellationToken::new(),
            happened: Arc::default(),
            appending: Vec::new(),
            writers: Vec::new(),
        };
        for crowd in 1..=crowds {
            let writer = Writer::start(database.clone()).await.unwrap();
            for people in 0..4 {
                let (stop, happened) = (load.stop.clone(), Arc::clone(&load.happened));
                let work = append(writer.clone(), crowd * 10 + people, people, stop, happened);
                load.appending.push(tokio::spawn(work));
            }
            load.writers.push(writer);
        }
        load
    }

    /// How many commands have happened.
    pub fn happened(&self) -> u64 {
        self.happened.load(Ordering::Relaxed)
    }

    /// Waits until so many more have.
    pub async fn goes_on(&self, more: u64) {
        let wanted = self.happened() + more;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while self.happened() < wanted {
            assert!(tokio::time::Instant::now() < deadline, "commands do not go on");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends them.
    pub async fn end(self) {
        self.stop.cancel();
        for task in self.appending {
            task.await.unwrap();
        }
        for writer in self.writers {
            writer.close().await;
        }
    }
}

/// Appends without a pause until told to stop; how many commands happened.
async fn append(writer: Writer, seed: u64, synthetic_people: u64, stop: CancellationToken, happened: Arc<AtomicU64>) {
    let mut people = Synthetic::new(Shape {
        seed: seed * 1000 + synthetic_people,
        ..Shape::dense(0)
    });
    while !stop.is_cancelled() {
        let intent = renamed(people.intent(), seed);
        match writer.submit(Submission::new(intent)).await.unwrap() {
            Outcome::Happened { position, events } => {
                happened.fetch_add(1, Ordering::Relaxed);
                events.iter().for_each(|event| people.learn(position, event));
            }
            Outcome::Rejected(Rejection::NoFreeSeat) => {
                for intent in people.another_instance() {
                    if let Outcome::Happened { position, events } =
                        writer.submit(Submission::new(intent)).await.unwrap()
                    {
                        events.iter().for_each(|event| people.learn(position, event));
                    }
                }
            }
            Outcome::Refused { .. } | Outcome::Rejected(_) | Outcome::IdReused => {}
        }
    }
}

/// Several crowds on one database must not be called the same.
fn renamed(intent: Intent, crowd: u64) -> Intent {
    match intent {
        Intent::Register(mut new) => {
            new.name = format!("{}-of-{crowd}", new.name);
            Intent::Register(new)
        }
        other => other,
    }
}
