//! Lines of the log on their way out: nobody who logs ever waits, fails or panics, whatever became of whoever reads.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// So many lines may wait for a slow disk, or for a reader that stands still. What is more is lost, and counted.
const QUEUE: usize = 4096;
/// How long the end of the program waits for the last lines.
const LAST_LINES: Duration = Duration::from_millis(500);
const STEP: Duration = Duration::from_millis(5);

enum Job {
    Line(Vec<u8>),
    /// Answered when everything before it is written.
    Flush(Sender<()>),
}

/// Takes lines for a thread that writes them.
pub(crate) struct LogLines {
    queue: SyncSender<Job>,
    lost: Arc<AtomicU64>,
}

impl LogLines {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system's, where it gives no thread.
    pub fn start(sink: impl Write + Send + 'static) -> io::Result<LogLines> {
        let (queue, jobs) = sync_channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        let writing = move || write_lines(sink, &jobs, &counted);
        thread::Builder::new().name("log".into()).spawn(writing)?;
        Ok(LogLines { queue, lost })
    }

    /// Waits a moment until what was logged is written.
    pub fn flush(&self) {
        let deadline = Instant::now() + LAST_LINES;
        let (done, written) = channel();
        let mut job = Job::Flush(done);
        while let Err(TrySendError::Full(back)) = self.queue.try_send(job) {
            if Instant::now() >= deadline {
                return;
            }
            job = back;
            thread::sleep(STEP);
        }
        let _ = written.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

/// Takes each write as one line, and always succeeds.
impl Write for &LogLines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Job::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_lines(mut sink: impl Write, jobs: &Receiver<Job>, lost: &AtomicU64) {
    for job in jobs {
        match job {
            Job::Line(line) => write_line(&mut sink, &line, lost),
            Job::Flush(done) => {
                let _ = sink.flush();
                // Whoever asked has gone on where that took too long.
                let _ = done.send(());
            }
        }
    }
}

fn write_line(sink: &mut impl Write, line: &[u8], lost: &AtomicU64) {
    let missing = lost.swap(0, Ordering::Relaxed);
    // The line that failed may have been written in part.
    let note = format!("\n({missing} lines of this log were lost: the disk was full, or nobody read them)\n");
    let noted = missing == 0 || sink.write_all(note.as_bytes()).is_ok();
    if !noted || sink.write_all(line).is_err() {
        lost.fetch_add(1 + if noted { 0 } else { missing }, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use super::*;

    /// What a sink has got, and whether it takes more.
    #[derive(Clone, Default)]
    struct Sink {
        text: Arc<Mutex<String>>,
        full: Arc<Mutex<bool>>,
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if *self.full.lock().unwrap() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.text.lock().unwrap().push_str(std::str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn log(lines: &LogLines, text: &str) {
        let mut writer = lines;
        writer.write_all(text.as_bytes()).expect("logging never fails");
    }

    #[test]
    fn a_full_disk_costs_lines_and_nothing_else() {
        let sink = Sink::default();
        let lines = LogLines::start(sink.clone()).unwrap();
        log(&lines, "one\n");
        lines.flush();
        *sink.full.lock().unwrap() = true;
        log(&lines, "two\n");
        log(&lines, "three\n");
        lines.flush();
        *sink.full.lock().unwrap() = false;
        log(&lines, "four\n");
        lines.flush();
        let text = sink.text.lock().unwrap().clone();
        assert!(text.starts_with("one\n\n(2 lines of this log were lost"), "{text}");
        assert!(text.ends_with(")\nfour\n"), "{text}");
    }

    #[test]
    fn a_reader_that_stands_still_holds_nobody_up() {
        /// Says that it was given something, and takes nothing until its other end is dropped.
        struct Still(mpsc::Sender<()>, mpsc::Receiver<()>);
        impl Write for Still {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let _ = self.0.send(());
                let _ = self.1.recv();
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (goes_on, stands_still) = mpsc::channel();
        let (begins, begun) = mpsc::channel();
        let lines = LogLines::start(Still(begins, stands_still)).unwrap();
        log(&lines, "line\n");
        begun.recv().unwrap();
        for _ in 0..2 * QUEUE {
            log(&lines, "line\n");
        }
        assert_eq!(lines.lost.load(Ordering::Relaxed), QUEUE as u64);
        // It gives up: nothing can be written.
        lines.flush();
        drop(goes_on);
    }
}
