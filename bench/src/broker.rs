//! The broker that messages go through while they are measured: one that runs already, or a private one.

use tenfold_broker::address::Address;
use tenfold_broker::connection::probe;
use tenfold_testcases::broker::{Broker as Private, BrokerKind, is_installed};

use crate::failure::Failure;
use crate::program::tell;

/// A broker that can be used. A private one ends with this value.
pub struct Broker {
    url: String,
    address: Address,
    product: String,
    private: Option<Private>,
}

impl Broker {
    /// Starts a private broker where `which` is `rabbitmq` or `activemq`; else uses the one whose URL it is.
    ///
    /// # Errors
    /// Where there is none of that kind on this machine, or it cannot be used; then nothing is left behind.
    pub async fn set_up(which: &str) -> Result<Broker, Failure> {
        let private = match BrokerKind::named(which) {
            Some(kind) => Some(start(kind).await?),
            None => None,
        };
        let url = private.as_ref().map_or_else(|| which.to_owned(), Private::url);
        let address: Address = url.parse()?;
        let product = probe(&address).await.map_err(|why| Failure::broker(&address, why))?;
        Ok(Broker {
            url,
            address,
            product,
            private,
        })
    }

    /// As the servers are told it, with the password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// What it is and whose, for a title.
    pub fn title(&self) -> String {
        match &self.private {
            Some(_) => format!("{} (a private one)", self.product),
            None => format!("{} at {}", self.product, self.address),
        }
    }
}

async fn start(kind: BrokerKind) -> Result<Private, Failure> {
    if !is_installed(kind) {
        return Err(Failure::NoBroker {
            name: kind.name(),
            package: match kind {
                BrokerKind::RabbitMq => "rabbitmq-server",
                BrokerKind::ActiveMq => "activemq",
            },
        });
    }
    tell(&format!("starting a private {}", kind.name()));
    // It waits in its own way, and says itself why it did not start.
    let started = tokio::task::spawn_blocking(move || Private::start(kind)).await;
    started.map_err(|_| Failure::BrokerStart(kind.name()))
}
