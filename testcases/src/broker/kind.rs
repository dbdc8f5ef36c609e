//! What differs between the brokers, behind one name.

use std::process::Command;

use super::settings::Settings;
use super::{activemq, rabbitmq};

/// The brokers that Tenfold's messages can go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerKind {
    /// RabbitMQ, spoken to in AMQP 0.9.1.
    RabbitMq,
    /// ActiveMQ (5, "Classic"), spoken to in STOMP 1.2.
    ActiveMq,
}

impl BrokerKind {
    /// The variable that names a running broker of this kind by its URL.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::RabbitMq => "TENFOLD_TEST_RABBITMQ",
            Self::ActiveMq => "TENFOLD_TEST_ACTIVEMQ",
        }
    }

    /// The kind that a word on a command line means.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "rabbitmq" => Some(Self::RabbitMq),
            "activemq" => Some(Self::ActiveMq),
            _ => None,
        }
    }

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RabbitMq => "RabbitMQ",
            Self::ActiveMq => "ActiveMQ",
        }
    }

    pub(super) fn is_installed(self) -> bool {
        match self {
            Self::RabbitMq => rabbitmq::is_installed(),
            Self::ActiveMq => activemq::is_installed(),
        }
    }

    pub(super) fn url(self, settings: &Settings) -> String {
        match self {
            Self::RabbitMq => rabbitmq::url("amqp", settings.port, settings),
            Self::ActiveMq => activemq::url("stomp", settings.port, settings),
        }
    }

    pub(super) fn tls_url(self, port: u16, settings: &Settings) -> String {
        match self {
            Self::RabbitMq => rabbitmq::url("amqps", port, settings),
            Self::ActiveMq => activemq::url("stomp+ssl", port, settings),
        }
    }

    pub(super) fn write_files(self, settings: &Settings) {
        match self {
            Self::RabbitMq => rabbitmq::write_files(settings),
            Self::ActiveMq => activemq::write_files(settings),
        }
    }

    pub(super) fn command(self, settings: &Settings) -> Command {
        match self {
            Self::RabbitMq => rabbitmq::command(settings),
            Self::ActiveMq => activemq::command(settings),
        }
    }

    pub(super) fn queues(self, settings: &Settings) -> Vec<String> {
        match self {
            Self::RabbitMq => rabbitmq::queues(settings),
            Self::ActiveMq => activemq::queues(settings),
        }
    }
}
