//! The head: the one file of the index that is replaced, as a whole, whenever the index has grown. What it does not
//! speak of is not there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tenfold_core::event::KINDS;
use tenfold_core::ids::Position;
use uuid::Uuid;

use super::error::HistoryError;

/// The form of the index, and what the fold makes of events. Raised when either changes: an index of another format is
/// made anew. The test `the_index_of_a_known_log_is_as_it_was` says when that is.
pub(super) const FORMAT: u32 = 3;
const FILE: &str = "head";
const NEW: &str = "head.new";

/// How far the index goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    format: u32,
    /// The kinds of events, in the order in which the index numbers them.
    kinds: Vec<String>,
    /// The last event in it, by which one sees whether it is still this log.
    pub(super) last: Option<LastEvent>,
    /// How often events of the log had been changed by hand when it was begun.
    pub(super) changes: i64,
    /// Column by column: how many records, and how many bytes of them are in its tail.
    columns: BTreeMap<String, (u64, usize)>,
}

/// An event that must be in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastEvent {
    pub(super) position: Position,
    pub(super) id: Uuid,
}

/// The head's tails, by column.
#[derive(Clone, Debug, Default)]
pub(super) struct Tails(BTreeMap<String, (u64, Vec<u8>)>);

impl Tails {
    /// Keeps a column's count and tail.
    pub(super) fn put(&mut self, name: &str, count: u64, tail: &[u8]) {
        self.0.insert(name.to_owned(), (count, tail.to_vec()));
    }

    /// Gives a column's count and tail out; nothing for one that is empty.
    pub(super) fn take(&mut self, name: &str) -> (u64, Vec<u8>) {
        self.0.remove(name).unwrap_or_default()
    }
}

impl Head {
    /// Reads the head in `folder`; `None` where there is none, or one of another format, or a damaged one: in all of
    /// these cases the index is made anew.
    pub(super) fn read(folder: &Path) -> Result<Option<(Head, Tails)>, HistoryError> {
        match fs::read(folder.join(FILE)) {
            Ok(bytes) => Ok(decode(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(HistoryError::folder(&folder.join(FILE))(error)),
        }
    }

    /// Puts another head in its place, which is on the disk when this returns.
    pub(super) fn write(
        folder: &Path,
        last: Option<LastEvent>,
        changes: i64,
        tails: &Tails,
    ) -> Result<(), HistoryError> {
        let columns = tails
            .0
            .iter()
            .map(|(name, (count, tail))| (name.clone(), (*count, tail.len())));
        let head = Head {
            format: FORMAT,
            kinds: KINDS.map(str::to_owned).to_vec(),
            last,
            changes,
            columns: columns.collect(),
        };
        replace(folder, &encode(&head, tails)).map_err(HistoryError::folder(&folder.join(FILE)))
    }

    /// Takes the head away, so that what else is there counts for nothing.
    pub(super) fn remove(folder: &Path) -> Result<(), HistoryError> {
        match fs::remove_file(folder.join(FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(HistoryError::folder(folder)(error)),
            _ => Ok(()),
        }
    }
}

fn replace(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = folder.join(NEW);
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, folder.join(FILE))?;
    File::open(folder)?.sync_all()
}

/// The length of the JSON, the JSON, the tails in the order of their names, and the checksum of all of it.
fn encode(head: &Head, tails: &Tails) -> Vec<u8> {
    let json = serde_json::to_vec(head).expect("names and numbers are JSON");
    let mut bytes = (json.len() as u32).to_le_bytes().to_vec();
    bytes.extend(json);
    tails.0.values().for_each(|(_, tail)| bytes.extend(tail));
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<(Head, Tails)> {
    let (body, checksum) = bytes.split_last_chunk::<4>()?;
    let (length, rest) = body.split_first_chunk::<4>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let (json, mut rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let head: Head = serde_json::from_slice(json).ok()?;
    if head.format != FORMAT || head.kinds != KINDS {
        return None;
    }
    let mut tails = Tails::default();
    for (name, (count, length)) in &head.columns {
        let tail;
        (tail, rest) = rest.split_at_checked(*length)?;
        tails.put(name, *count, tail);
    }
    Some((head, tails))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert!(Head::read(folder).unwrap().is_none());
        let mut tails = Tails::default();
        tails.put("rows", 1000, &[7; 48]);
        tails.put("posts", 0, &[]);
        let last = LastEvent {
            position: Position(6),
            id: Uuid::from_u128(5),
        };
        Head::write(folder, Some(last), 7, &tails).unwrap();
        let (head, mut read) = Head::read(folder).unwrap().unwrap();
        assert_eq!((head.last, head.changes), (Some(last), 7));
        assert_eq!(read.take("rows"), (1000, vec![7; 48]));
        assert_eq!(read.take("nothing"), (0, Vec::new()));

        let whole = fs::read(folder.join(FILE)).unwrap();
        for length in [0, 3, 4, 10, whole.len() - 1] {
            assert!(decode(&whole[..length]).is_none(), "cut at {length}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(decode(&changed).is_none(), "byte {at}");
        }
        Head::remove(folder).unwrap();
        Head::remove(folder).unwrap();
        assert!(Head::read(folder).unwrap().is_none());
    }
}
