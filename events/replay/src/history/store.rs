//! The columns of one index together.

use std::cmp::Ordering;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tenfold_core::ids::Position;
use uuid::Uuid;

use super::column::Column;
use super::error::HistoryError;
use super::head::{Head, LastEvent, Tails};
use super::records::{Death, Entity, EventIndex, Kind, Piece, PostRow, Record, Row, Who};

/// All columns, as far as the head says that they go.
pub(super) struct Store {
    folder: PathBuf,
    /// Every event.
    pub(super) places: Column<EventIndex>,
    /// Every event's kind.
    pub(super) kinds: Column<Kind>,
    /// Whom every event is about.
    pub(super) whos: Column<Who>,
    /// Every version of every row but posts, in the order of their births.
    pub(super) rows: Column<Row>,
    /// Those of them that died, in the order of their deaths.
    pub(super) row_deaths: Column<Death>,
    /// Every post, in the order of their births.
    pub(super) posts: Column<PostRow>,
    /// Those of them that died, in the order of their deaths.
    pub(super) post_deaths: Column<Death>,
    /// The ids, by the numbers that stand for them.
    pub(super) entities: Column<Uuid>,
    /// The names of groups.
    pub(super) pieces: Column<Piece>,
    /// Where to look for an id, by its last eight bytes, which differ where ids were made at one time; once it is needed.
    numbers: Mutex<Option<Vec<(u64, u32)>>>,
    /// The last event in it.
    pub(super) last: Option<LastEvent>,
    /// How often events of the log had been changed by hand when it was begun.
    pub(super) changes: i64,
}

impl Store {
    /// The position of the last event in it.
    pub(super) fn end(&self) -> Position {
        self.last.map_or(Position::START, |last| last.position)
    }

    /// Opens the index in `folder`, which is made where it is missing; an empty index where there is none that this
    /// build can read. To be called by whoever holds the folder's lock.
    pub(super) fn open_or_make(folder: &Path, changes: i64) -> Result<Store, HistoryError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(HistoryError::folder(folder))?;
        match Store::open(folder) {
            Ok(Some(store)) => return Ok(store),
            Ok(None) | Err(HistoryError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
        Store::begin_anew(folder, changes)
    }

    /// Opens the index in `folder` where there is one that this build can read.
    pub(super) fn open(folder: &Path) -> Result<Option<Store>, HistoryError> {
        let Some((head, tails)) = Head::read(folder)? else {
            return Ok(None);
        };
        Store::with(folder, (head.last, head.changes), tails).map(Some)
    }

    /// An empty index of a log whose events have been changed by hand so often. Whoever still reads the old one keeps its files.
    pub(super) fn begin_anew(folder: &Path, changes: i64) -> Result<Store, HistoryError> {
        Head::remove(folder)?;
        for name in NAMES {
            match fs::remove_file(folder.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(HistoryError::folder(&folder.join(name))(error));
                }
                _ => {}
            }
        }
        Store::with(folder, (None, changes), Tails::default())
    }

    fn with(folder: &Path, (last, changes): (Option<LastEvent>, i64), mut tails: Tails) -> Result<Store, HistoryError> {
        Ok(Store {
            folder: folder.into(),
            places: column(folder, &mut tails, NAMES[0])?,
            kinds: column(folder, &mut tails, NAMES[1])?,
            whos: column(folder, &mut tails, NAMES[2])?,
            rows: column(folder, &mut tails, NAMES[3])?,
            row_deaths: column(folder, &mut tails, NAMES[4])?,
            posts: column(folder, &mut tails, NAMES[5])?,
            post_deaths: column(folder, &mut tails, NAMES[6])?,
            entities: column(folder, &mut tails, NAMES[7])?,
            pieces: column(folder, &mut tails, NAMES[8])?,
            numbers: Mutex::default(),
            last,
            changes,
        })
    }

    /// Makes what has been pushed part of the index: first all columns are on the disk, then the head.
    pub(super) fn commit(&mut self, last: Option<LastEvent>) -> Result<(), HistoryError> {
        let mut tails = Tails::default();
        keep(&mut self.places, &mut tails)?;
        keep(&mut self.kinds, &mut tails)?;
        keep(&mut self.whos, &mut tails)?;
        keep(&mut self.rows, &mut tails)?;
        keep(&mut self.row_deaths, &mut tails)?;
        keep(&mut self.posts, &mut tails)?;
        keep(&mut self.post_deaths, &mut tails)?;
        keep(&mut self.entities, &mut tails)?;
        keep(&mut self.pieces, &mut tails)?;
        Head::write(&self.folder, last, self.changes, &tails)?;
        self.last = last;
        Ok(())
    }

    /// The id that the number stands for.
    pub(super) fn id(&self, entity: Entity) -> Result<Uuid, HistoryError> {
        self.entities.get(entity.0.into())
    }

    /// The number that stands for the id; none where the log does not know it.
    pub(super) fn number(&self, id: Uuid) -> Result<Option<Entity>, HistoryError> {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match numbers.take() {
            Some(known) => known,
            None => self.numbers()?,
        };
        let known = numbers.insert(known);
        let wanted = id.as_u64_pair().1;
        let from = known.partition_point(|(tail, _)| *tail < wanted);
        for (_, number) in known[from..].iter().take_while(|(tail, _)| *tail == wanted) {
            if self.entities.get((*number).into())? == id {
                return Ok(Some(Entity(*number)));
            }
        }
        Ok(None)
    }

    fn numbers(&self) -> Result<Vec<(u64, u32)>, HistoryError> {
        let mut numbers = Vec::with_capacity(self.entities.len() as usize);
        self.entities.scan(0..self.entities.len(), |number, id| {
            numbers.push((id.as_u64_pair().1, number as u32));
        })?;
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The post at that position, dead or alive, and its number.
    pub(super) fn post_at(&self, position: Position) -> Result<Option<(u32, PostRow)>, HistoryError> {
        let (mut low, mut high) = (0, self.posts.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let post = self.posts.get(middle)?;
            match post.position.cmp(&position) {
                Ordering::Equal => return Ok(Some((middle as u32, post))),
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    /// The name of the group in that row.
    pub(super) fn group_name(&self, row: &Row) -> Result<String, HistoryError> {
        let length = usize::from(row.number);
        let first = u64::from(row.other.0);
        let mut bytes = Vec::with_capacity(length + Piece::SIZE);
        for piece in first..first + length.div_ceil(Piece::SIZE) as u64 {
            bytes.extend(self.pieces.get(piece)?);
        }
        bytes.truncate(length);
        String::from_utf8(bytes).map_err(|_| HistoryError::damaged(self.pieces.path()))
    }
}

const NAMES: [&str; 9] = [
    "places",
    "kinds",
    "whos",
    "rows",
    "row-deaths",
    "posts",
    "post-deaths",
    "entities",
    "group-names",
];

fn column<R: Record>(folder: &Path, tails: &mut Tails, name: &str) -> Result<Column<R>, HistoryError> {
    let (count, tail) = tails.take(name);
    Column::open(folder.join(name), count, tail)
}

fn keep<R: Record>(column: &mut Column<R>, tails: &mut Tails) -> Result<(), HistoryError> {
    column.sync()?;
    let name = column.path().file_name().unwrap_or_default();
    tails.put(&name.to_string_lossy(), column.len(), column.tail());
    Ok(())
}
