//! Messages through real brokers, and past them: what is killed, frozen or forged there costs nobody a message.

use std::time::Duration;

use tenfold_testcases::broker::{Broker, BrokerKind, publish_by_hand};
use tenfold_testcases::rings::Rings;
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::stream::Stream;
use tenfold_testcases::waiting::eventually;

/// Three servers' worth.
const PEOPLE: usize = 30;
const SERVERS: usize = 3;
/// How long the broker stays away, and how long everybody writes before and after.
const AWAY: Duration = Duration::from_secs(10);
const WRITING: Duration = Duration::from_secs(3);

/// Thirty people on three servers with a broker of their own.
struct Town {
    service: Service,
    stream: Stream,
    broker: Broker,
    rings: Rings,
}

impl Town {
    fn start(kind: BrokerKind) -> Town {
        let broker = Broker::start(kind);
        let service = Service::start(Options::new().with("--broker", &broker.url()));
        let stream = Stream::start(service.address(), PEOPLE, PEOPLE / SERVERS);
        assert_eq!(service.app_pids().len(), SERVERS);
        let channels = instances(&service)
            .iter()
            .map(|instance| format!("tenfold_i_{instance}"))
            .collect();
        let rings = Rings::listen(&service.database.url, channels);
        let mut town = Town {
            service,
            stream,
            broker,
            rings,
        };
        town.waits_for_the_fast_path();
        town
    }

    /// Until all that is sent crosses the broker: then nobody is woken through the database.
    fn waits_for_the_fast_path(&mut self) {
        let mut round = 0;
        eventually("messages cross the broker alone", || {
            self.rings.take();
            round += 1;
            self.stream.say_once(&format!("over the broker {round}"));
            self.rings.take().is_empty().then_some(())
        });
    }

    fn app_log(&self) -> String {
        std::fs::read_to_string(self.service.app_log_path()).unwrap_or_default()
    }

    fn stop(mut self) {
        self.service.verify();
        self.service.stop();
    }
}

/// The application servers that are ready, as they stand in names of channels and queues.
fn instances(service: &Service) -> Vec<String> {
    let rows = service
        .database
        .rows("select replace(id::text, '-', '') from instance where state = 'ready'");
    rows.into_iter()
        .map(|row| row[0].clone().expect("an instance has an id"))
        .collect()
}

fn a_broker_dies_and_comes_back(kind: BrokerKind) {
    let mut town = Town::start(kind);
    let (broker, rings) = (&town.broker, &town.rings);
    town.stream.run(|| {
        std::thread::sleep(WRITING);
        broker.kill();
        std::thread::sleep(AWAY);
        assert!(
            !rings.take().is_empty(),
            "without the broker, servers are woken through the database"
        );
        broker.run();
        std::thread::sleep(WRITING);
    });
    town.waits_for_the_fast_path();
    town.stop();
}

#[test]
fn rabbitmq_is_killed_while_thirty_people_write() {
    a_broker_dies_and_comes_back(BrokerKind::RabbitMq);
}

#[test]
fn activemq_is_killed_while_thirty_people_write() {
    a_broker_dies_and_comes_back(BrokerKind::ActiveMq);
}

/// The broker is there, takes connections, and says nothing.
fn a_broker_freezes(kind: BrokerKind) {
    let mut town = Town::start(kind);
    town.broker.freeze();
    town.stream.say_once("to a frozen broker");
    eventually("servers are woken through the database", || {
        (!town.rings.take().is_empty()).then_some(())
    });
    let broker = &town.broker;
    town.stream.run(|| {
        std::thread::sleep(WRITING);
        broker.thaw();
        std::thread::sleep(WRITING);
    });
    town.waits_for_the_fast_path();
    town.stop();
}

#[test]
fn rabbitmq_freezes_and_messages_take_the_log() {
    a_broker_freezes(BrokerKind::RabbitMq);
}

#[test]
fn activemq_freezes_and_messages_take_the_log() {
    a_broker_freezes(BrokerKind::ActiveMq);
}

/// Somebody who may write to the broker, but has not the fleet's key.
fn outsiders_are_not_believed(kind: BrokerKind) {
    let mut town = Town::start(kind);
    let notices = r#"{"to":"00000000-0000-0000-0000-000000000000","news":[{"position":1,"from":"x","text":"forged"}]}"#;
    let forged = format!("tenfold-parcel-1 {} {notices}", "A".repeat(43));
    let bodies = [
        b"".as_slice(),
        b"hello",
        &[0xff, 0, 0xfe],
        forged.as_bytes(),
        &forged.as_bytes()[..60],
    ];
    let queue = format!("tenfold.{}", instances(&town.service)[0]);
    for body in bodies {
        publish_by_hand(&town.broker.url(), &queue, body);
    }
    let warnings = |log: &str| -> Vec<String> {
        let lines = log.lines().filter(|line| line.contains("somebody else"));
        lines.map(str::to_owned).collect()
    };
    let told = eventually("a warning of what was dropped", || {
        let told = warnings(&town.app_log());
        (!told.is_empty()).then_some(told)
    });
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("5 (") && !told[0].contains("forged\""), "{told:?}");
    // Nothing else was shown, and everything goes on.
    town.stream.say_once("after the forger");
    assert_eq!(warnings(&town.app_log()), told);
    town.stop();
}

#[test]
fn rabbitmq_brings_forgeries_that_nobody_is_shown() {
    outsiders_are_not_believed(BrokerKind::RabbitMq);
}

#[test]
fn activemq_brings_forgeries_that_nobody_is_shown() {
    outsiders_are_not_believed(BrokerKind::ActiveMq);
}

/// Servers that were killed leave no queue, and those that live keep theirs.
fn queues_end_with_their_servers(kind: BrokerKind) {
    let mut town = Town::start(kind);
    let ours = |broker: &Broker| -> usize {
        broker
            .queues()
            .iter()
            .filter(|queue| queue.starts_with("tenfold."))
            .count()
    };
    assert_eq!(ours(&town.broker), SERVERS);
    for pid in town.service.app_pids() {
        tenfold_testcases::process::signal(pid, nix::sys::signal::Signal::SIGKILL);
    }
    town.service.stop();
    eventually("no queue is left", || (ours(&town.broker) == 0).then_some(()));
}

#[test]
fn rabbitmq_keeps_no_queue_of_a_killed_server() {
    queues_end_with_their_servers(BrokerKind::RabbitMq);
}

#[test]
fn activemq_keeps_no_queue_of_a_killed_server() {
    queues_end_with_their_servers(BrokerKind::ActiveMq);
}
