//! The index of a log, opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tenfold_core::ids::Position;

use super::error::HistoryError;
use super::extend::{self, Progress};
use super::identity;
use super::store::Store;
use super::view::{self, Step, View};
use tenfold_log::database::Client;
use tenfold_log::span::high_water_mark;

/// The index of one log, as far as the log went when it was opened.
#[derive(Clone)]
pub struct History {
    pub(super) folder: PathBuf,
    pub(super) store: Arc<Store>,
}

impl History {
    /// Opens the index under `home` of the log that `client` is connected to, and writes it on to where the log is
    /// complete. It is made where there is none, and made anew where it is of another log or of another build, or
    /// damaged. Only one process writes; the others wait for it. What was made before an interruption is kept.
    ///
    /// # Errors
    /// Where the log cannot be read, or the index cannot be written.
    pub async fn open(client: &Client, home: &Path, progress: &Progress) -> Result<History, HistoryError> {
        let until = high_water_mark(client).await?;
        History::reaching(client, home, until, progress).await
    }

    /// [`History::open`] for whoever wants nothing behind `needed`, below which the log is complete: where the index goes
    /// that far already it is left as it is.
    ///
    /// # Errors
    /// The same.
    pub async fn reaching(
        client: &Client,
        home: &Path,
        needed: Position,
        progress: &Progress,
    ) -> Result<History, HistoryError> {
        let folder = identity::folder(client, home).await?;
        let store = extend::reaching(client, &folder, needed, progress).await?;
        Ok(History {
            folder,
            store: Arc::new(store),
        })
    }

    /// Throws the index away, so that it is made anew when it is opened next: for whoever has met
    /// [`HistoryError::Damaged`].
    ///
    /// # Errors
    /// Where its files cannot be removed, or the database fails.
    pub async fn discard(client: &Client, home: &Path) -> Result<(), HistoryError> {
        extend::discard(&identity::folder(client, home).await?).await
    }

    /// Where the index of the log that `client` is connected to lies under `home`, whether there is one or not.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn folder_of(client: &Client, home: &Path) -> Result<PathBuf, HistoryError> {
        Ok(identity::folder(client, home).await?)
    }

    /// Removes the index in such a folder, once its log is gone.
    ///
    /// # Errors
    /// Where its files cannot be removed.
    pub fn remove(folder: &Path) -> Result<(), HistoryError> {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(HistoryError::folder(folder)(error)),
            _ => Ok(()),
        }
    }

    /// The position of the last event in it; 0 where there is none.
    pub fn end(&self) -> Position {
        self.store.end()
    }

    /// How many events are in it.
    pub fn events(&self) -> u64 {
        self.store.places.len()
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The service after the event at that position; where none has it, after the one before.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn at(&self, position: Position) -> Result<View, HistoryError> {
        self.after(self.ordinal(position)?)
    }

    /// The service after that many events; after all where there are fewer.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn after(&self, events: u64) -> Result<View, HistoryError> {
        let mut view = View::of_nothing(self.store.clone());
        view.go_to(events)?;
        Ok(view)
    }

    /// What the event at that position changed; nothing where there is none.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn step(&self, position: Position) -> Result<Step, HistoryError> {
        let ordinal = self.ordinal(position)?;
        if view::place(&self.store, ordinal)?.position == position {
            view::step(&self.store, ordinal)
        } else {
            Ok(Step::default())
        }
    }
}
