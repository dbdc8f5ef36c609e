//! A sentence for a person, on standard error.

use std::io::Write;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// How long somebody who does not read is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Says `text` on standard error. Where that is closed, full, or read by nobody, the program goes on all the same.
pub fn tell(text: &str) {
    let line = format!("{text}\n");
    let (done, told) = channel();
    let telling = move || {
        let _ = std::io::stderr().write_all(line.as_bytes());
        let _ = done.send(());
    };
    if thread::Builder::new().spawn(telling).is_ok() {
        let _ = told.recv_timeout(PATIENCE);
    }
}
