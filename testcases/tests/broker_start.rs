//! What the login server says of the broker it was given, that it serves whatever becomes of it, and what it never says.

use std::path::PathBuf;

use tenfold_testcases::broker::{Broker, BrokerKind, SharedBroker, shared};
use tenfold_testcases::log::events;
use tenfold_testcases::postgres::free_port;
use tenfold_testcases::service::{Options, Service};
use tenfold_testcases::waiting::eventually;

/// Also what is said only when one asks for it: that the broker is still unavailable.
const LOG: &str = "info,tenfold_login::broker=debug";
const TOKEN_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const PASSWORD: &str = "s3cr3t-1f2e";

const CONVERSATION: &str = "\
register ann ann
register ben ben
login ann ann
login ben ben
invite ann ben
accept-invite ben ann
send ann ben HELLO WORLD
exit
";

/// A login server that was told of a broker, and of a key for tokens, by its environment.
struct Server(Service);

impl Server {
    /// Starts it and waits until it listens.
    fn start(broker: &str) -> Server {
        let options = Options::default()
            .with("--log", LOG)
            .with_variable("TENFOLD_BROKER", broker)
            .with_variable("TENFOLD_TOKEN_KEY", TOKEN_KEY);
        Server(Service::start(options))
    }

    fn log(&self) -> PathBuf {
        self.0.log_path()
    }

    fn app_log(&self) -> PathBuf {
        self.0.app_log_path()
    }

    /// Waits until it has said `words`.
    fn says(&self, words: &str) {
        eventually(&format!("the login server says {words:?}"), || {
            text(&self.log()).contains(words).then_some(())
        });
    }

    /// Two people who sit on an application server, one of whom writes to the other.
    fn serves(&self) {
        let output = self.0.run_client(CONVERSATION).output;
        assert!(output.contains("<<<ann->ben: HELLO WORLD>>>"), "{output}");
    }

    /// The numbers of its processes and of the application servers', which are there while somebody sits there.
    fn processes(&self) -> (u32, Vec<u32>) {
        let apps = eventually("an application server runs", || {
            let apps = self.0.app_pids();
            (!apps.is_empty()).then_some(apps)
        });
        (self.0.login_servers[0].pid(), apps)
    }

    fn stop(&mut self) {
        self.0.stop();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The application servers' words:\n{}", text(&self.app_log()));
        }
    }
}

fn text(path: &PathBuf) -> String {
    let bytes = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// It serves, and says once what is wrong with the broker, however often it tries, and nothing of what is secret.
fn delivers_through_postgres_and_says_why(broker: &str, place: &str, why: &str) {
    let mut server = Server::start(broker);
    let sentence = format!("broker {place} unavailable ({why}");
    server.says(&sentence);
    server.serves();
    server.says("still unavailable");
    server.stop();
    let said = text(&server.log());
    assert_eq!(said.matches("delivering through Postgres").count(), 1, "{said}");
    for log in [said, text(&server.app_log())] {
        assert!(!log.contains(PASSWORD), "{log}");
    }
}

/// A broker, which may end when this value does.
fn running(kind: BrokerKind) -> SharedBroker {
    shared(kind).unwrap_or_else(|| panic!("there is no {} on this machine", kind.name()))
}

/// The URL's parts: up to the password, the password, and what follows it.
fn parts(url: &str) -> (&str, &str, &str) {
    let (credentials, place) = url.rsplit_once('@').expect("a user is in the URL");
    let (user, password) = credentials.rsplit_once(':').expect("a password is in the URL");
    (user, password, place)
}

fn with_a_wrong_password(url: &str) -> String {
    let (user, _, place) = parts(url);
    format!("{user}:{PASSWORD}@{place}")
}

/// The URL as it may be shown.
fn shown(url: &str) -> String {
    let (user, _, place) = parts(url);
    let (scheme, _) = user.split_once("://").expect("a URL");
    format!("{scheme}://{place}")
}

#[test]
fn a_broker_that_is_away() {
    let port = free_port();
    delivers_through_postgres_and_says_why(
        &format!("amqp://ann:{PASSWORD}@127.0.0.1:{port}/world"),
        &format!("amqp://127.0.0.1:{port}/world"),
        "it cannot be reached (connection refused)",
    );
}

#[test]
fn an_empty_name_is_no_broker() {
    let mut server = Server::start("");
    server.serves();
    server.stop();
    let said = text(&server.log());
    assert!(!said.contains("broker") && !said.contains("messages"), "{said}");
}

#[test]
fn a_rabbitmq_that_refuses_the_password() {
    let broker = running(BrokerKind::RabbitMq);
    let why = "it refuses the user name or the password: see to those in the URL";
    delivers_through_postgres_and_says_why(&with_a_wrong_password(&broker.url), &shown(&broker.url), why);
}

#[test]
fn an_activemq_that_refuses_the_password() {
    let broker = running(BrokerKind::ActiveMq);
    let why = "it refuses the user name or the password: see to those in the URL";
    delivers_through_postgres_and_says_why(&with_a_wrong_password(&broker.url), &shown(&broker.url), why);
}

#[test]
fn a_rabbitmq_without_the_virtual_host() {
    let broker = running(BrokerKind::RabbitMq);
    let (place, _) = broker
        .url
        .rsplit_once('/')
        .expect("the test's broker has a virtual host");
    let url = format!("{place}/moon");
    delivers_through_postgres_and_says_why(&url, &shown(&url), "it has no virtual host \"moon\"");
}

#[test]
fn a_rabbitmq_that_comes_later() {
    let broker = Broker::start(BrokerKind::RabbitMq);
    broker.kill();
    let server = Server::start(&broker.url());
    server.says("delivering through Postgres");
    broker.run();
    server.says("delivering messages through RabbitMQ");
}

/// What is secret is in no log, event or command line; and only what is meant for them reaches the application servers.
fn keeps_secrets(kind: BrokerKind) {
    let SharedBroker { url, broker: _held } = running(kind);
    let mut server = Server::start(&url);
    server.says(&format!("delivering messages through {} ", kind.name()));
    server.says(&format!(" at {}", shown(&url)));
    server.serves();
    let (login, apps) = server.processes();
    let secrets = secrets(&url, apps[0]);
    for process in apps.iter().chain([&login]) {
        let line = text(&PathBuf::from(format!("/proc/{process}/cmdline")));
        assert!(line.contains("tenfold-"), "{process}: {line}");
        assert_hides(&secrets, &line);
    }
    server.stop();
    let said = text(&server.log());
    assert_eq!(said.matches("delivering messages through").count(), 1, "{said}");
    assert_hides(&secrets, &said);
    assert_hides(&secrets, &text(&server.app_log()));
    let events = events(&server.0.database.url, &["tail", "--json"]);
    let events = String::from_utf8_lossy(&events.stdout);
    assert!(events.contains("HELLO WORLD"), "{events}");
    assert_hides(&secrets, &events);
}

/// The broker's password and the fleet's key, as an application server has them in its environment; and the tokens' key, which it
/// must not have.
fn secrets(url: &str, app: u32) -> [String; 3] {
    let environment = text(&PathBuf::from(format!("/proc/{app}/environ")));
    let value = |name: &str| {
        let mut all = environment.split('\0').filter_map(|variable| variable.split_once('='));
        all.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    };
    assert_eq!(value("TENFOLD_BROKER").as_deref(), Some(url));
    assert!(
        !environment.contains(TOKEN_KEY),
        "the key of the tokens is the login server's alone"
    );
    let key = value("TENFOLD_FLEET_KEY").expect("the fleet's key is in the environment");
    [parts(url).1.to_owned(), key, TOKEN_KEY.to_owned()]
}

fn assert_hides(secrets: &[String], text: &str) {
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
}

#[test]
fn what_is_secret_stays_so_with_rabbitmq() {
    keeps_secrets(BrokerKind::RabbitMq);
}

#[test]
fn what_is_secret_stays_so_with_activemq() {
    keeps_secrets(BrokerKind::ActiveMq);
}
