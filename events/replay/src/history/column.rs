//! A column: records of one size, one after the other, in a file that only grows.
//!
//! The file holds whole blocks, each written once and followed by its checksum, which every reading checks. The records
//! behind the last whole block are the column's tail; it is kept in the [head](super::head), which is replaced as one.
//! So whatever is torn by a crash lies behind what the head says there is, and is written over by who comes next.

use std::fs::{File, OpenOptions};
use std::io;
use std::marker::PhantomData;
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::HistoryError;
use super::records::Record;

/// About how many bytes of records a block has.
const BLOCK: usize = 16 * 1024;
/// How many bytes follow them: a CRC-32.
const CHECKSUM: usize = 4;
/// How many blocks are read or written at once where there are many.
const BLOCKS_AT_ONCE: u64 = 64;
/// How many blocks of each column are kept once they have been read one by one.
const KEPT: usize = 32;

type Block = Arc<Vec<u8>>;

/// A column of records `R`.
pub(super) struct Column<R> {
    path: PathBuf,
    file: File,
    /// How many records there are, with those in the tail.
    count: u64,
    tail: Vec<u8>,
    /// Whole blocks that are not in the file yet.
    unwritten: Vec<u8>,
    kept: Mutex<Vec<(u64, Block)>>,
    records: PhantomData<R>,
}

impl<R: Record> Column<R> {
    /// How many records a block has.
    const PER_BLOCK: u64 = (BLOCK / R::SIZE) as u64;
    const BLOCK_SIZE: usize = Self::PER_BLOCK as usize * R::SIZE;

    /// Opens the file at `path`, made where it is missing, in which there are `count` records, the last of them in
    /// `tail`.
    pub(super) fn open(path: PathBuf, count: u64, tail: Vec<u8>) -> Result<Column<R>, HistoryError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path);
        let file = file.map_err(HistoryError::folder(&path))?;
        let length = file.metadata().map_err(HistoryError::folder(&path))?.len();
        let fits = tail.len() as u64 == count % Self::PER_BLOCK * R::SIZE as u64;
        if !fits || length < count / Self::PER_BLOCK * (Self::BLOCK_SIZE + CHECKSUM) as u64 {
            return Err(HistoryError::damaged(&path));
        }
        Ok(Column {
            path,
            file,
            count,
            tail,
            unwritten: Vec::new(),
            kept: Mutex::default(),
            records: PhantomData,
        })
    }

    /// How many records there are.
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    /// The records behind the last whole block, as the head keeps them.
    pub(super) fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a record. It can be read once it is written.
    pub(super) fn push(&mut self, record: R) -> Result<(), HistoryError> {
        record.put(&mut self.tail);
        self.count += 1;
        if self.tail.len() == Self::BLOCK_SIZE {
            let index = self.count / Self::PER_BLOCK - 1;
            self.unwritten.extend_from_slice(&self.tail);
            self.unwritten.extend(checksum(index, &self.tail).to_le_bytes());
            self.tail.clear();
            if self.unwritten.len() >= BLOCKS_AT_ONCE as usize * BLOCK {
                self.write()?;
            }
        }
        Ok(())
    }

    /// Puts all whole blocks into the file.
    pub(super) fn write(&mut self) -> Result<(), HistoryError> {
        let whole = self.count / Self::PER_BLOCK;
        let waiting = self.unwritten.len() as u64 / (Self::BLOCK_SIZE + CHECKSUM) as u64;
        let written = self.file.write_all_at(&self.unwritten, offset::<R>(whole - waiting));
        written.map_err(HistoryError::folder(&self.path))?;
        self.unwritten.clear();
        Ok(())
    }

    /// [`Column::write`], and waits until the disk has it.
    pub(super) fn sync(&mut self) -> Result<(), HistoryError> {
        self.write()?;
        self.file.sync_data().map_err(HistoryError::folder(&self.path))
    }

    /// The record of that number.
    pub(super) fn get(&self, number: u64) -> Result<R, HistoryError> {
        let (index, within) = (number / Self::PER_BLOCK, (number % Self::PER_BLOCK) as usize * R::SIZE);
        let record = within..within + R::SIZE;
        if index == self.count / Self::PER_BLOCK {
            let bytes = self.tail.get(record);
            return bytes.map(R::get).ok_or_else(|| HistoryError::damaged(&self.path));
        }
        Ok(R::get(&self.block(index)?[record]))
    }

    /// Takes the records of `range` through `each`, in order.
    pub(super) fn scan(&self, range: Range<u64>, each: impl FnMut(u64, R)) -> Result<(), HistoryError> {
        self.scan_where(range, |_| true, each)
    }

    /// [`Column::scan`] without the blocks for whose records' numbers `wanted` says no.
    pub(super) fn scan_where(
        &self,
        range: Range<u64>,
        wanted: impl Fn(Range<u64>) -> bool,
        mut each: impl FnMut(u64, R),
    ) -> Result<(), HistoryError> {
        let mut buffer = Vec::new();
        let mut number = range.start;
        while number < range.end {
            let index = number / Self::PER_BLOCK;
            let last = range.end.div_ceil(Self::PER_BLOCK).min(index + BLOCKS_AT_ONCE);
            let part = number..range.end.min(last * Self::PER_BLOCK);
            if wanted(part.clone()) {
                self.read(index, last, &mut buffer)?;
                let first = index * Self::PER_BLOCK;
                for number in part.clone() {
                    let at = (number - first) as usize * R::SIZE;
                    each(number, R::get(&buffer[at..at + R::SIZE]));
                }
            }
            number = part.end;
        }
        Ok(())
    }

    /// The records of the blocks from `index` on and before `last`, without checksums.
    fn read(&self, index: u64, last: u64, buffer: &mut Vec<u8>) -> Result<(), HistoryError> {
        let whole = self.count / Self::PER_BLOCK;
        let stride = Self::BLOCK_SIZE + CHECKSUM;
        let in_file = last.min(whole).saturating_sub(index) as usize;
        buffer.resize(in_file * stride, 0);
        self.file
            .read_exact_at(buffer, offset::<R>(index))
            .map_err(|error| self.unreadable(&error))?;
        for block in 0..in_file {
            let (from, to) = (block * stride, block * stride + Self::BLOCK_SIZE);
            let stored = &buffer[to..to + CHECKSUM];
            if stored != checksum(index + block as u64, &buffer[from..to]).to_le_bytes() {
                return Err(HistoryError::damaged(&self.path));
            }
            buffer.copy_within(from..to, block * Self::BLOCK_SIZE);
        }
        buffer.truncate(in_file * Self::BLOCK_SIZE);
        if last > whole {
            buffer.extend_from_slice(&self.tail);
        }
        Ok(())
    }

    fn block(&self, index: u64) -> Result<Block, HistoryError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = kept.iter().position(|(known, _)| *known == index) {
            // The latest are in front.
            kept[..=at].rotate_right(1);
            return Ok(kept[0].1.clone());
        }
        let mut buffer = Vec::new();
        self.read(index, index + 1, &mut buffer)?;
        let block = Arc::new(buffer);
        kept.truncate(KEPT - 1);
        kept.insert(0, (index, block.clone()));
        Ok(block)
    }

    /// A file that ends too early is one that is damaged.
    fn unreadable(&self, error: &io::Error) -> HistoryError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => HistoryError::damaged(&self.path),
            _ => HistoryError::folder(&self.path)(io::Error::from(error.kind())),
        }
    }
}

fn offset<R: Record>(index: u64) -> u64 {
    index * (Column::<R>::BLOCK_SIZE + CHECKSUM) as u64
}

/// The block's place is in it, so that no block counts where another should be.
fn checksum(index: u64, block: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&index.to_le_bytes());
    hasher.update(block);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::super::records::Death;
    use super::*;

    fn filled(folder: &Path, count: u32) -> Column<Death> {
        let mut column = Column::open(folder.join("deaths"), 0, Vec::new()).unwrap();
        (0..count).for_each(|number| column.push(Death(number * 3)).unwrap());
        column.sync().unwrap();
        column
    }

    #[test]
    fn what_was_pushed_is_read_one_by_one_and_in_a_row_also_after_it_was_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        for count in [0, 1, 4095, 4096, 4097, 300_000] {
            let column = filled(folder.path(), count);
            let again = Column::<Death>::open(column.path().into(), column.len(), column.tail().to_vec()).unwrap();
            let mut seen = Vec::new();
            again
                .scan(0..again.len(), |number, death| seen.push((number, death.0)))
                .unwrap();
            let wanted: Vec<_> = (0..count).map(|number| (u64::from(number), number * 3)).collect();
            assert_eq!(seen, wanted);
            for number in (0..count).step_by(997) {
                assert_eq!(again.get(number.into()).unwrap().0, number * 3);
            }
            let middle = u64::from(count) / 3..u64::from(count) / 2;
            let mut part = 0;
            again.scan(middle.clone(), |_, _| part += 1).unwrap();
            assert_eq!(part, middle.end - middle.start);
        }
    }

    #[test]
    fn a_column_goes_on_where_it_ended_and_over_what_a_crash_left() {
        let folder = tempfile::tempdir().unwrap();
        let column = filled(folder.path(), 5000);
        let (path, tail) = (column.path().to_owned(), column.tail().to_vec());
        filled(folder.path(), 20_000);
        let mut again = Column::<Death>::open(path, 5000, tail).unwrap();
        (5000..9000).for_each(|number| again.push(Death(number)).unwrap());
        again.sync().unwrap();
        assert_eq!(
            (again.get(4999).unwrap().0, again.get(8191).unwrap().0),
            (4999 * 3, 8191)
        );
        assert_eq!(again.get(8999).unwrap().0, 8999);
    }

    #[test]
    fn a_changed_or_missing_byte_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let column = filled(folder.path(), 10_000);
        column.file.write_all_at(&[9], 5000).unwrap();
        assert!(matches!(column.get(10), Err(HistoryError::Damaged { .. })));
        assert!(matches!(
            column.scan(0..1, |_, _| {}),
            Err(HistoryError::Damaged { .. })
        ));
        assert_eq!(column.get(5000).unwrap().0, 15_000, "the other blocks are whole");
        column.file.set_len(100).unwrap();
        assert!(column.get(5001 + 4096).is_ok(), "the tail is elsewhere");
        let opened = Column::<Death>::open(column.path().into(), column.len(), column.tail().to_vec());
        assert!(matches!(opened, Err(HistoryError::Damaged { .. })));
    }
}
