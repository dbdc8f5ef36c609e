//! Private message brokers for tests: the real RabbitMQ and ActiveMQ.
//!
//! `TENFOLD_TEST_RABBITMQ` and `TENFOLD_TEST_ACTIVEMQ` hold the URL of a
//! broker that somebody else (the test script) keeps; without them every test
//! process starts brokers of its own. They listen on 127.0.0.1 only, keep
//! their files in a temporary folder, and touch nothing of a broker that the
//! system may run. Everything here waits in the calling thread: inside an
//! asynchronous test use `tokio::task::spawn_blocking` where that matters.
//!
//! The test script leaves out the tests of a broker that a machine does not
//! have by their names: whatever needs RabbitMQ has `rabbitmq` in the name of
//! the test or of a module around it, whatever needs ActiveMQ `activemq`.

mod activemq;
mod address;
mod amqp;
mod by_hand;
mod kind;
mod rabbitmq;
mod settings;
mod stomp;
mod tls;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use nix::sys::signal::Signal;

pub use by_hand::{declare_by_hand, publish_by_hand};
pub use kind::BrokerKind;
use settings::Settings;
use tls::Tls;

use crate::background::server;
use crate::process::signal;
use crate::waiting::eventually;

/// The brokers this process started for itself, while a test holds them.
static OWN: [Mutex<Weak<Broker>>; 2] = [Mutex::new(Weak::new()), Mutex::new(Weak::new())];

/// A broker of our own. It ends with this value, and with the process that
/// holds it, however that went.
#[derive(Debug)]
pub struct Broker {
    kind: BrokerKind,
    settings: Settings,
    server: Mutex<Option<server::Watched>>,
    _temporary: tempfile::TempDir,
}

/// A broker that tests may use together: they share its queues' names.
#[derive(Clone, Debug)]
pub struct SharedBroker {
    /// Where it is, with what it takes to log in.
    pub url: String,
    /// The broker, when this process runs it; it ends with the last holder.
    pub broker: Option<Arc<Broker>>,
}

/// The broker that all tests of this process share; none where the variable
/// names none and this machine has none installed.
pub fn shared(kind: BrokerKind) -> Option<SharedBroker> {
    if let Ok(url) = std::env::var(kind.variable()) {
        return Some(SharedBroker { url, broker: None });
    }
    if !is_installed(kind) {
        return None;
    }
    let mut own = OWN[kind as usize].lock().expect("nobody panics while holding it");
    let broker = own.upgrade().unwrap_or_else(|| Arc::new(Broker::start(kind)));
    *own = Arc::downgrade(&broker);
    Some(SharedBroker {
        url: broker.url(),
        broker: Some(broker),
    })
}

/// Whether this machine can run such a broker.
pub fn is_installed(kind: BrokerKind) -> bool {
    kind.is_installed()
}

impl Broker {
    /// Starts a new broker in a temporary folder and waits until it accepts
    /// clients.
    pub fn start(kind: BrokerKind) -> Self {
        Self::start_new(kind, false)
    }

    /// Starts a new broker that takes encrypted connections beside the others.
    pub fn start_with_tls(kind: BrokerKind) -> Self {
        Self::start_new(kind, true)
    }

    fn start_new(kind: BrokerKind, with_tls: bool) -> Self {
        let temporary = tempfile::Builder::new().prefix("tenfold-broker-").tempdir();
        let temporary = temporary.expect("a temporary folder can be made");
        let broker = Self {
            kind,
            settings: Settings::make(kind, temporary.path(), with_tls),
            server: Mutex::new(None),
            _temporary: temporary,
        };
        broker.run();
        broker
    }

    /// Which broker this is.
    pub fn kind(&self) -> BrokerKind {
        self.kind
    }

    /// Where its files lie, while this value lives.
    pub fn folder(&self) -> &Path {
        &self.settings.folder
    }

    /// Where it is, with what it takes to log in.
    pub fn url(&self) -> String {
        self.kind.url(&self.settings)
    }

    /// Where encrypted connections are taken, with what it takes to log in.
    ///
    /// # Panics
    /// When it was not started with TLS.
    pub fn tls_url(&self) -> String {
        self.kind.tls_url(self.tls().port, &self.settings)
    }

    /// The certificate of the authority that says who the broker is.
    ///
    /// # Panics
    /// When it was not started with TLS.
    pub fn ca_file(&self) -> PathBuf {
        self.tls().ca_file()
    }

    fn tls(&self) -> &Tls {
        let tls = self.settings.tls.as_ref();
        tls.expect("a broker with TLS is started by start_with_tls")
    }

    /// Starts the server, on the same ports as ever, and waits until it
    /// accepts clients.
    pub fn run(&self) {
        eventually(&format!("{} starts", self.kind.name()), || {
            let command = self.kind.command(&self.settings);
            let mut server = server::Watched::start(&self.settings.folder, &command);
            let up = wait_until_up(self.kind, &self.settings, || server.has_ended());
            *self.server() = Some(server);
            up.then_some(())
        });
    }

    /// Kills the server at once, as a crash would; its files stay.
    pub fn kill(&self) {
        drop(self.server().take().expect("the broker runs"));
    }

    /// Stops the server in its tracks: its connections stay open, new ones
    /// are taken by the system, and nobody answers.
    pub fn freeze(&self) {
        signal(self.pid(), Signal::SIGSTOP);
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        signal(self.pid(), Signal::SIGCONT);
    }

    /// The server's process, while it runs.
    pub fn pid(&self) -> u32 {
        self.server().as_ref().expect("the broker runs").pid()
    }

    /// The names of the queues that exist now, in the order of the alphabet.
    pub fn queues(&self) -> Vec<String> {
        let mut queues = self.kind.queues(&self.settings);
        queues.sort();
        queues
    }

    /// Puts `body` on a queue, past Tenfold; see [`publish_by_hand`].
    pub fn publish_by_hand(&self, queue: &str, body: &[u8]) {
        publish_by_hand(&self.url(), queue, body);
    }

    fn server(&self) -> MutexGuard<'_, Option<server::Watched>> {
        self.server.lock().expect("nobody panics while holding it")
    }
}

/// Whether the server accepts clients; not so when it has ended.
fn wait_until_up(kind: BrokerKind, settings: &Settings, mut has_ended: impl FnMut() -> bool) -> bool {
    let url = kind.url(settings);
    eventually(&format!("{} accepts clients", kind.name()), || {
        if has_ended() {
            let log = server::log(&settings.folder);
            eprintln!("{} ended while it started:\n{log}", kind.name());
            return Some(false);
        }
        by_hand::lets_in(&url).then_some(true)
    })
}
