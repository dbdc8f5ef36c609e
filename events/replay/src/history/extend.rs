//! Writing the index on to where the log is now.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use super::builder::Builder;
use super::error::HistoryError;
use super::identity::{Fit, changes, fits, last_event};
use super::store::Store;
use crate::fold::{self, Counter, ReplayError};
use tenfold_log::span::{Span, high_water_mark};

/// How many positions are taken in before the index is made good for so far: what a crash or Ctrl-C can cost.
const CHUNK: i64 = 1_000_000;
/// Longer than the making of a very long history takes; a process that dies frees its lock at once.
const PATIENCE: Duration = Duration::from_secs(1800);
const PAUSE: Duration = Duration::from_millis(50);

/// How far the making of an index has come, for whoever shows it to a person.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    counter: Counter,
    from: Arc<AtomicI64>,
    until: Arc<AtomicI64>,
    changed: Arc<AtomicBool>,
}

impl Progress {
    /// How many events have been taken in.
    pub fn events(&self) -> u64 {
        self.counter.events()
    }

    /// From which position up to which the index is being made; nothing while it is not.
    pub fn span(&self) -> Option<Span> {
        let until = Position(self.until.load(Ordering::Relaxed));
        let after = Position(self.from.load(Ordering::Relaxed));
        (until > after).then_some(Span { after, until })
    }

    /// Whether an index was made anew because events in it had been changed or deleted since.
    pub fn was_changed(&self) -> bool {
        self.changed.load(Ordering::Relaxed)
    }

    fn begin(&self, span: Span) {
        self.from.store(span.after.0, Ordering::Relaxed);
        self.until.store(span.until.0, Ordering::Relaxed);
    }
}

/// The index in `folder`, with all events up to `needed` in it, below which the log is complete. Where it must be written
/// on for that, it is to where the log is complete.
pub(super) async fn reaching(
    client: &Client,
    folder: &Path,
    needed: Position,
    progress: &Progress,
) -> Result<Store, HistoryError> {
    let wanted = last_event(client, needed).await?;
    // Without the lock: what is there already stays as it is, whoever writes behind it.
    if let Ok(Some(store)) = Store::open(folder)
        && wanted.is_none_or(|last| last.position <= store.end())
        && fits(client, &store).await? == Fit::Good
    {
        return Ok(store);
    }
    let _lock = lock(folder).await?;
    // Asked for before anything is read: what is changed meanwhile is noticed the next time.
    let changes = changes(client).await?;
    let store = Store::open_or_make(folder, changes)?;
    let fit = fits(client, &store).await?;
    let store = match fit {
        Fit::Good if store.last.is_some() => store,
        _ => Store::begin_anew(folder, changes)?,
    };
    if fit == Fit::Changed {
        progress.changed.store(true, Ordering::Relaxed);
    }
    let after = store.end();
    if wanted.is_none_or(|last| last.position <= after) {
        return Ok(store);
    }
    let until = high_water_mark(client).await?.max(needed);
    progress.begin(Span { after, until });
    let builder = match Builder::on(store) {
        Err(HistoryError::Damaged { .. }) => Builder::on(Store::begin_anew(folder, changes)?)?,
        builder => builder?,
    };
    extend(client, builder, until, progress).await
}

/// Throws the index in `folder` away.
pub(super) async fn discard(folder: &Path) -> Result<(), HistoryError> {
    let _lock = lock(folder).await?;
    Store::begin_anew(folder, 0).map(drop)
}

async fn extend(
    client: &Client,
    mut builder: Builder,
    until: Position,
    progress: &Progress,
) -> Result<Store, HistoryError> {
    fold::prepare(client).await?;
    let mut after = builder.end();
    while after < until {
        let end = Position(until.0.min(after.0.saturating_add(CHUNK)));
        let span = Span { after, until: end };
        builder = fold::replay_unopened(client, span, builder, &progress.counter, |builder, entry| {
            builder.take(entry).map_err(unkept)
        })
        .await?;
        let last = last_event(client, end).await?;
        builder = tokio::task::spawn_blocking(move || builder.commit(last).map(|()| builder))
            .await
            .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        after = end;
    }
    Ok(builder.finish())
}

fn unkept(error: HistoryError) -> ReplayError {
    match error {
        HistoryError::Replay(error) => error,
        other => ReplayError::Unkept(other.to_string()),
    }
}

/// One writer at a time. The system frees the lock when its holder ends, however it ends.
async fn lock(folder: &Path) -> Result<File, HistoryError> {
    let made = std::fs::create_dir_all(folder);
    made.map_err(HistoryError::folder(folder))?;
    let path = folder.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(HistoryError::folder(&path))?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(HistoryError::folder(&path)(error)),
            Err(TryLockError::WouldBlock) if began.elapsed() > PATIENCE => {
                return Err(HistoryError::Locked {
                    path: folder.into(),
                    minutes: PATIENCE.as_secs() / 60,
                });
            }
            Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
        }
    }
}
