//! Driving `tenfold-client` through pipes.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::process::{Lines, Next, lines_of, wait_for_end};
use crate::programs;
use crate::waiting::PATIENCE;

/// A client that has ended.
#[derive(Debug)]
pub struct Finished {
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub complaint: String,
    /// How it ended.
    pub status: ExitStatus,
}

/// Runs a client on the whole of `script` and waits until it has ended.
pub fn run_client(server: SocketAddr, script: impl AsRef<[u8]>) -> Finished {
    ClientRun::start(server, script).finish()
}

/// As [`run_client`], with options besides.
pub fn run_client_with(server: SocketAddr, options: &[&str], script: &str) -> Finished {
    let mut command = command(server);
    ClientRun::begin(command.args(options), script).finish()
}

/// A client at work on a script.
#[derive(Debug)]
pub struct ClientRun {
    process: Child,
    output: JoinHandle<String>,
    complaint: JoinHandle<String>,
}

impl ClientRun {
    /// Starts a client on the whole of `script`.
    pub fn start(server: SocketAddr, script: impl AsRef<[u8]>) -> Self {
        Self::begin(&mut command(server), script)
    }

    fn begin(command: &mut Command, script: impl AsRef<[u8]>) -> Self {
        let mut process = command.spawn().expect("tenfold-client can be started");
        let output = read_all(process.stdout.take().expect("a pipe"));
        let complaint = read_all(process.stderr.take().expect("a pipe"));
        let mut input = process.stdin.take().expect("a pipe");
        let script = script.as_ref().to_owned();
        // A client that ends early leaves the rest unread, which is no fault.
        std::thread::spawn(move || input.write_all(&script));
        Self {
            process,
            output,
            complaint,
        }
    }

    /// Whether it is still at work.
    pub fn is_running(&mut self) -> bool {
        self.process.try_wait().expect("our own child").is_none()
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Finished {
        let status = wait_for_end_of_work(&mut self.process);
        Finished {
            output: self.output.join().expect("reading a pipe does not fail"),
            complaint: self.complaint.join().expect("reading a pipe does not fail"),
            status,
        }
    }
}

/// Clients at work may take longer than any single wait.
fn wait_for_end_of_work(process: &mut Child) -> ExitStatus {
    for _ in 0..4 * PATIENCE.as_secs() {
        for _ in 0..20 {
            if let Some(status) = process.try_wait().expect("our own child") {
                return status;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    let _ = process.kill();
    panic!("a client did not come to its end within {:?}", 4 * PATIENCE);
}

fn read_all(mut source: impl std::io::Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = source.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn command(server: SocketAddr) -> Command {
    let mut command = programs::command("tenfold-client");
    command.args([server.ip().to_string(), server.port().to_string()]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A client that is told one line after the other.
#[derive(Debug)]
pub struct Interactive {
    process: Child,
    input: Option<ChildStdin>,
    output: Lines,
    messages: Vec<String>,
    markers: usize,
}

impl Interactive {
    /// Starts a client and says nothing yet.
    pub fn start(server: SocketAddr) -> Self {
        let mut command = command(server);
        command.stderr(Stdio::inherit());
        let mut process = command.spawn().expect("tenfold-client can be started");
        Self {
            input: process.stdin.take(),
            output: lines_of(process.stdout.take().expect("a pipe")),
            process,
            messages: Vec::new(),
            markers: 0,
        }
    }

    /// Types a line.
    pub fn say(&mut self, line: &str) {
        let input = self.input.as_mut().expect("the input is open");
        writeln!(input, "{line}").expect("the client reads its input");
    }

    /// Types a line and returns the lines of its reply. Messages that come
    /// meanwhile are kept for [`Interactive::messages`].
    pub fn ask(&mut self, line: &str) -> Vec<String> {
        // A list does not say where it ends: the answer to a word that is no
        // command, which the client gives by itself, marks the place.
        self.markers += 1;
        let marker = format!("marker-{}", self.markers);
        self.say(line);
        self.say(&marker);
        let end = format!("Unknown command {marker}");
        let mut reply = Vec::new();
        loop {
            match self.output.next(2 * PATIENCE) {
                Next::Line(line) if line == end => return reply,
                Next::Line(line) if line.starts_with("<<<") => self.messages.push(line),
                Next::Line(line) => reply.push(line),
                other => panic!("no reply to {line:?} ({other:?}), so far {reply:?}"),
            }
        }
    }

    /// Types a line whose reply must be this one line.
    pub fn expect(&mut self, line: &str, reply: &str) {
        assert_eq!(self.ask(line), [reply], "the reply to {line:?}");
    }

    /// Registers and logs in; the password is `pw`.
    pub fn register_and_login(&mut self, name: &str) {
        self.expect(&format!("register {name} pw"), "Success!");
        self.expect(&format!("login {name} pw"), "Success!");
    }

    /// The next message shown, also while nothing is asked.
    pub fn message(&mut self) -> String {
        if !self.messages.is_empty() {
            return self.messages.remove(0);
        }
        match self.output.next(PATIENCE) {
            Next::Line(line) if line.starts_with("<<<") => line,
            other => panic!("waited for a message and got {other:?}"),
        }
    }

    /// Takes the messages shown so far.
    pub fn messages(&mut self) -> Vec<String> {
        while let Next::Line(line) = self.output.next(Duration::from_millis(1)) {
            self.messages.push(line);
        }
        std::mem::take(&mut self.messages)
    }

    /// Ends the input, waits for the client's end and returns what it printed
    /// since, with the messages not taken yet before it.
    pub fn finish(mut self) -> Vec<String> {
        drop(self.input.take());
        let mut lines = std::mem::take(&mut self.messages);
        loop {
            match self.output.next(PATIENCE) {
                Next::Line(line) => lines.push(line),
                Next::Ended => break,
                Next::Nothing => panic!("the client did not end; it printed {lines:?}"),
            }
        }
        let status = wait_for_end(&mut self.process, "the client");
        assert!(status.success(), "the client ended with {status}; it printed {lines:?}");
        lines
    }

    /// Kills the client, as a closed terminal would.
    pub fn kill(mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Interactive {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
