//! The servers that all tests of a run share: started together, ended with this value, and with this process however that ends.
//!
//! A test that kills its database or its broker starts one of its own.

use std::any::Any;
use std::thread::JoinHandle;

use super::report::Report;
use crate::aws::{self, Emulator};
use crate::broker::{self, Broker, BrokerKind};
use crate::postgres::{self, Cluster};

/// A server's URL, and what ends it.
type Started = (String, Box<dyn Any + Send>);

/// A kind of server that tests need.
struct Service {
    name: &'static str,
    /// Holds its URL for the tests; whoever sets it brings the server.
    variable: &'static str,
    /// What its tests have in their names, for nextest and for cargo; none where whole crates need it.
    tests: Option<(&'static str, &'static [&'static str])>,
    how_to_install: &'static str,
    is_installed: fn() -> bool,
    start: fn() -> Started,
}

/// Whoever draws or thaws something is no test of AWS.
const AWS_TESTS: (&str, &[&str]) = ("(^|_|::)aws(_|::|$)", &["aws_", "aws::"]);

fn all() -> [Service; 4] {
    [
        Service {
            name: "PostgreSQL",
            variable: postgres::VARIABLE,
            tests: None,
            how_to_install: "`sudo apt-get install postgresql`",
            is_installed: postgres::is_installed,
            start: || {
                let cluster = Cluster::start();
                (cluster.url(), Box::new(cluster))
            },
        },
        Service {
            name: "RabbitMQ",
            variable: BrokerKind::RabbitMq.variable(),
            tests: Some(("rabbitmq", &["rabbitmq"])),
            how_to_install: "`sudo apt-get install rabbitmq-server`",
            is_installed: || broker::is_installed(BrokerKind::RabbitMq),
            start: || start_broker(BrokerKind::RabbitMq),
        },
        Service {
            name: "ActiveMQ",
            variable: BrokerKind::ActiveMq.variable(),
            tests: Some(("activemq", &["activemq"])),
            how_to_install: "`sudo apt-get install activemq`",
            is_installed: || broker::is_installed(BrokerKind::ActiveMq),
            start: || start_broker(BrokerKind::ActiveMq),
        },
        Service {
            name: "LocalStack",
            variable: aws::VARIABLE,
            tests: Some(AWS_TESTS),
            how_to_install: "bin/test does, from PyPI; it needs Python 3.11",
            is_installed: aws::is_installed,
            start: || {
                let emulator = Emulator::start();
                (emulator.url().to_owned(), Box::new(emulator))
            },
        },
    ]
}

fn start_broker(kind: BrokerKind) -> Started {
    let broker = Broker::start(kind);
    (broker.url(), Box::new(broker))
}

/// What runs, and which tests are left out for want of the rest.
#[derive(Default)]
pub struct Services {
    started: Vec<(&'static str, Started)>,
    left_out: Vec<(&'static str, &'static [&'static str])>,
    is_without_database: bool,
}

impl Services {
    /// Starts every server that is installed and not given, and reports the others.
    pub fn start(report: &Report) -> Services {
        let missing: Vec<Service> = all()
            .into_iter()
            .filter(|service| std::env::var_os(service.variable).is_none())
            .collect();
        let (installed, absent): (Vec<_>, Vec<_>) = missing.into_iter().partition(|service| (service.is_installed)());
        let mut services = Services::default();
        for service in absent {
            report.name_skip(&format!(
                "all tests that need {}: it is not installed ({})",
                service.name, service.how_to_install
            ));
            services.do_without(&service);
        }
        let starting: Vec<(Service, JoinHandle<Started>)> = installed
            .into_iter()
            .map(|service| {
                let thread = std::thread::spawn(service.start);
                (service, thread)
            })
            .collect();
        for (service, thread) in starting {
            match thread.join() {
                Ok(started) => services.started.push((service.variable, started)),
                Err(_) => {
                    report.fail(&format!("{} did not start", service.name), 1);
                    services.do_without(&service);
                }
            }
        }
        services
    }

    fn do_without(&mut self, service: &Service) {
        match service.tests {
            Some(tests) => self.left_out.push(tests),
            None => self.is_without_database = true,
        }
    }

    /// The variables that tests find the servers by.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.started
            .iter()
            .map(|(variable, (url, _))| (*variable, url.as_str()))
    }

    /// Whether only crates that need no database can be tested.
    pub fn is_without_database(&self) -> bool {
        self.is_without_database
    }

    /// The tests that can be run, in nextest's language; none where all can.
    pub fn filter(&self) -> Option<String> {
        let without: Vec<String> = self
            .left_out
            .iter()
            .map(|(name, _)| format!("not test(/{name}/)"))
            .collect();
        (!without.is_empty()).then(|| without.join(" and "))
    }

    /// What is in the names of the tests that are left out.
    pub fn skipped_words(&self) -> impl Iterator<Item = &'static str> {
        self.left_out.iter().flat_map(|(_, words)| words.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_of_what_is_missing_are_left_out_by_their_names() {
        let mut services = Services::default();
        assert_eq!(services.filter(), None);
        let [postgres, rabbitmq, _, aws] = all();
        services.do_without(&rabbitmq);
        services.do_without(&aws);
        let filter = "not test(/rabbitmq/) and not test(/(^|_|::)aws(_|::|$)/)";
        assert_eq!(services.filter().as_deref(), Some(filter));
        assert_eq!(
            services.skipped_words().collect::<Vec<_>>(),
            ["rabbitmq", "aws_", "aws::"]
        );
        assert!(!services.is_without_database());
        services.do_without(&postgres);
        assert!(services.is_without_database());
    }
}
