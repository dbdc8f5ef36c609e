//! The brokers that other tests stand on can be started, killed, frozen and
//! looked into, and leave nothing behind.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use tenfold_testcases::broker::{Broker, BrokerKind, declare_by_hand, shared};
use tenfold_testcases::process::{Next, is_running, lines_of, processes_of};
use tenfold_testcases::waiting::{PATIENCE, eventually, eventually_is};

/// Makes a test process hold a broker until it is killed.
const HOLD: &str = "TENFOLD_TEST_HOLDS_A_BROKER";

/// Where a broker listens, out of its URL.
fn address(url: &str) -> String {
    let (_, rest) = url.split_once('@').expect("the URL says who logs in");
    rest.split('/').next().expect("there is a first").to_owned()
}

/// Whether the broker answers a stranger within the time.
fn says_something(broker: &Broker, within: Duration) -> bool {
    let mut stream = TcpStream::connect(address(&broker.url())).expect("the system takes connections");
    stream.set_read_timeout(Some(within)).expect("not zero");
    let greeting: &[u8] = match broker.kind() {
        BrokerKind::RabbitMq => b"AMQP\x00\x00\x09\x01",
        BrokerKind::ActiveMq => b"CONNECT\naccept-version:1.2\nhost:here\n\n\0",
    };
    stream.write_all(greeting).expect("it fits into the system's buffer");
    stream.read_exact(&mut [0]).is_ok()
}

fn killed_comes_back_on_its_port(kind: BrokerKind) {
    let broker = Broker::start(kind);
    let (url, first) = (broker.url(), broker.pid());
    broker.kill();
    assert!(!is_running(first));
    assert!(TcpStream::connect(address(&url)).is_err());
    broker.run();
    assert_eq!(broker.url(), url);
    assert_ne!(broker.pid(), first);
    assert!(says_something(&broker, PATIENCE));
}

fn frozen_is_silent_until_it_thaws(kind: BrokerKind) {
    let broker = Broker::start(kind);
    broker.freeze();
    assert!(!says_something(&broker, Duration::from_secs(1)));
    broker.thaw();
    assert!(says_something(&broker, PATIENCE));
}

fn queues_are_seen_and_written_to(kind: BrokerKind) {
    let broker = Broker::start(kind);
    assert_eq!(broker.queues(), [""; 0]);
    for queue in ["tenfold.two", "tenfold.one"] {
        declare_by_hand(&broker.url(), queue);
        broker.publish_by_hand(queue, b"any bytes \0\xff\n");
    }
    broker.publish_by_hand("tenfold.one", &[7; 100_000]);
    broker.publish_by_hand("tenfold.one", b"");
    eventually_is(
        "both queues are there",
        &vec!["tenfold.one".to_owned(), "tenfold.two".to_owned()],
        || broker.queues(),
    );
    // Neither survives a crash: nobody asked for that.
    broker.kill();
    broker.run();
    assert_eq!(broker.queues(), [""; 0]);
}

fn strangers_can_check_who_it_is(kind: BrokerKind) {
    let broker = Broker::start_with_tls(kind);
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-verify_return_error", "-verify_ip", "127.0.0.1"]);
    openssl.arg("-CAfile").arg(broker.ca_file());
    openssl.args(["-connect", &address(&broker.tls_url())]);
    let output = openssl.stdin(Stdio::null()).output().expect("openssl is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("Verify return code: 0 (ok)"), "{output:?}");
    assert!(says_something(&broker, PATIENCE), "it speaks without TLS too");
}

fn two_leave_nothing_behind(kind: BrokerKind) {
    let (one, other) = (Broker::start(kind), Broker::start(kind));
    assert_ne!(one.url(), other.url());
    for broker in [one, other] {
        let folder = broker.folder().to_owned();
        assert!(processes_of(&folder).contains(&broker.pid()));
        assert!(says_something(&broker, PATIENCE));
        drop(broker);
        eventually_is("nothing of it runs any more", &vec![], || processes_of(&folder));
        assert!(!folder.exists());
    }
}

/// In the process that `test` starts for it: has a broker until it is killed.
fn hold_if_asked(kind: BrokerKind) {
    if std::env::var_os(HOLD).is_some() {
        let broker = Broker::start(kind);
        println!("\nheld in {}", broker.folder().display());
        loop {
            std::thread::park();
        }
    }
}

/// `test` is the name of the calling test, which is run again in a process of
/// its own.
fn ends_with_a_killed_process(kind: BrokerKind, test: &str) {
    hold_if_asked(kind);
    let mut holder = Command::new(std::env::current_exe().expect("this program is a file"));
    holder.args([test, "--exact", "--nocapture"]).env(HOLD, "yes");
    holder.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut holder = holder.spawn().expect("this program can be run");
    let lines = lines_of(holder.stdout.take().expect("a pipe"));
    let folder = eventually("it holds a broker", || match lines.next(PATIENCE) {
        Next::Line(line) => line.strip_prefix("held in ").map(PathBuf::from),
        other => panic!("no broker was started: {other:?}"),
    });
    assert!(!processes_of(&folder).is_empty());
    holder.kill().expect("our own child");
    holder.wait().expect("our own child");
    eventually_is("nothing of it runs any more", &vec![], || processes_of(&folder));
    std::fs::remove_dir_all(&folder).expect("only its files are left");
}

fn shared_is_one_for_all(kind: BrokerKind) {
    let one = shared(kind).expect("the broker is installed");
    let other = shared(kind).expect("the broker is installed");
    assert_eq!(one.url, other.url);
    TcpStream::connect(address(&one.url)).expect("somebody listens there");
}

/// The same tests for each of the brokers.
macro_rules! tests_with {
    ($broker:ident, $kind:expr) => {
        mod $broker {
            use super::*;

            #[test]
            fn killed_comes_back_on_its_port() {
                super::killed_comes_back_on_its_port($kind);
            }

            #[test]
            fn frozen_is_silent_until_it_thaws() {
                super::frozen_is_silent_until_it_thaws($kind);
            }

            #[test]
            fn queues_are_seen_and_written_to() {
                super::queues_are_seen_and_written_to($kind);
            }

            #[test]
            fn strangers_can_check_who_it_is() {
                super::strangers_can_check_who_it_is($kind);
            }

            #[test]
            fn two_leave_nothing_behind() {
                super::two_leave_nothing_behind($kind);
            }

            #[test]
            fn ends_with_a_killed_process() {
                let test = concat!(stringify!($broker), "::ends_with_a_killed_process");
                super::ends_with_a_killed_process($kind, test);
            }

            #[test]
            fn shared_is_one_for_all() {
                super::shared_is_one_for_all($kind);
            }
        }
    };
}

tests_with!(rabbitmq, BrokerKind::RabbitMq);
tests_with!(activemq, BrokerKind::ActiveMq);

#[test]
fn a_queue_nobody_uses_is_gone_from_activemq() {
    let broker = Broker::start(BrokerKind::ActiveMq);
    declare_by_hand(&broker.url(), "tenfold.short");
    assert_eq!(broker.queues(), ["tenfold.short"]);
    eventually_is("it is gone", &vec![], || broker.queues());
}
