//! A log file that several processes append to, and that none of them lets grow without end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file that has grown beyond this is put aside, and the one that was put aside before is gone.
const LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// Appends whole lines; whoever finds the file full renames it to `NAME.1`, and the others follow.
pub(crate) struct LogFile {
    path: PathBuf,
    file: File,
    limit: u64,
}

impl LogFile {
    /// Opens or makes it.
    pub fn open(path: &Path) -> io::Result<LogFile> {
        LogFile::with_limit(path, LIMIT_BYTES)
    }

    fn with_limit(path: &Path, limit: u64) -> io::Result<LogFile> {
        Ok(LogFile {
            path: path.into(),
            file: append_to(path)?,
            limit,
        })
    }

    /// Opens the file that has the name now, after putting a full one aside. Where that cannot be done (a full disk, a
    /// folder that was removed) it goes on with the file that it has.
    fn follow(&mut self) {
        if self.has_the_name() {
            if self.file.metadata().is_ok_and(|file| file.len() <= self.limit) {
                return;
            }
            self.put_aside();
        }
        if let Ok(file) = append_to(&self.path) {
            self.file = file;
        }
    }

    /// The lock is on the file, not on its name: of two that find it full, the second sees that it has lost the name.
    fn put_aside(&self) {
        if self.file.try_lock().is_err() {
            return;
        }
        if self.has_the_name() && fs::rename(&self.path, aside(&self.path)).is_err() {
            // Whatever is in the way, the disk must not fill up.
            let _ = self.file.set_len(0);
        }
        let _ = self.file.unlock();
    }

    fn has_the_name(&self) -> bool {
        let named = fs::metadata(&self.path).map(|file| (file.dev(), file.ino()));
        let ours = self.file.metadata().map(|file| (file.dev(), file.ino()));
        matches!((named, ours), (Ok(named), Ok(ours)) if named == ours)
    }
}

impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.follow();
        self.file.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn aside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".1");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much is in the folder, file by file.
    fn sizes(folder: &Path) -> Vec<(String, u64)> {
        let files = fs::read_dir(folder).unwrap().flatten();
        let size = |file: fs::DirEntry| {
            let name = file.file_name().to_string_lossy().into_owned();
            (name, file.metadata().unwrap().len())
        };
        let mut sizes: Vec<_> = files.map(size).collect();
        sizes.sort();
        sizes
    }

    #[test]
    fn two_writers_keep_it_within_its_bound_and_lose_nothing_of_the_last_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        let mut writers = [(); 2].map(|()| LogFile::with_limit(&path, 1000).unwrap());
        for number in 0..400 {
            writers[number % 2]
                .write_all(format!("line {number:04}\n").as_bytes())
                .unwrap();
        }
        let sizes = sizes(folder.path());
        let names: Vec<&str> = sizes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["app.log", "app.log.1"]);
        assert!(sizes.iter().all(|(_, size)| *size <= 1010), "{sizes:?}");
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        let kept = read(&folder.path().join("app.log.1")) + &read(&path);
        let numbers: Vec<usize> = kept.lines().map(|line| line[5..].parse().unwrap()).collect();
        assert!(numbers.len() >= 100, "{numbers:?}");
        assert_eq!(numbers, (400 - numbers.len()..400).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_that_cannot_be_put_aside_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        fs::create_dir_all(aside(&path).join("in the way")).unwrap();
        let mut writer = LogFile::with_limit(&path, 100).unwrap();
        for _ in 0..100 {
            writer.write_all(b"0123456789\n").unwrap();
        }
        assert!(fs::metadata(&path).unwrap().len() <= 111);
    }

    #[test]
    fn a_file_that_was_removed_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        let mut writer = LogFile::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        writer.write_all(b"here\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"here\n");
    }
}
