//! The broker that messages go through: which was named, what the application servers are told of it, and, for the
//! operator, whether it can be used. The login server itself sends nothing over it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tenfold_broker::address::{Address, AddressError};
use tenfold_broker::connection::probe;
use tenfold_broker::protocol::ConnectError;
use tenfold_core::backoff::Backoff;
use tenfold_core::envelope::FleetKey;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Between two attempts. Slower than the application servers', which connect as soon as they can: here somebody reads.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// More different reasons are not told: a broker that names another one each time would fill the log.
const MOST_REASONS: usize = 10;

/// A broker that was named. `Debug` shows neither user nor password.
#[derive(Clone)]
pub struct Broker {
    url: String,
    address: Address,
}

impl Broker {
    /// Reads a broker's URL.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(url: &str) -> Result<Broker, AddressError> {
        Ok(Broker {
            url: url.to_owned(),
            address: Address::from_str(url)?,
        })
    }

    /// As it was given, with the password. For the application servers' environment alone.
    pub fn reveal(&self) -> &str {
        &self.url
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Broker({})", self.address)
    }
}

/// What an application server must be told so that it can use the broker.
#[derive(Clone, Debug)]
pub struct Access {
    /// Which broker.
    pub broker: Broker,
    /// What the fleet's servers know each other by.
    pub key: FleetKey,
}

/// Says in the log which broker is used, or why it cannot be; then tries again until it can be, or until `stopping`
/// fires. Nobody waits for this.
pub async fn watch(broker: Broker, stopping: CancellationToken) {
    let address = broker.address();
    stopping.run_until_cancelled(try_until_it_works(address)).await;
}

async fn try_until_it_works(address: &Address) {
    let mut backoff = Backoff::between(FIRST_PAUSE, LONGEST_PAUSE);
    let mut told = Told::default();
    loop {
        match probe(address).await {
            Ok(product) => {
                tracing::info!("delivering messages through {} at {address}", product.escape_debug());
                return;
            }
            Err(reason) if told.is_new(&reason) => {
                tracing::warn!("broker {address} unavailable ({reason}): delivering through Postgres");
            }
            Err(reason) => tracing::debug!("broker {address} still unavailable: {reason}"),
        }
        sleep(backoff.pause(rand::random())).await;
    }
}

/// The reasons that were told.
#[derive(Default)]
struct Told(Vec<ConnectError>);

impl Told {
    /// Whether it is to be told; from now on it was.
    fn is_new(&mut self, reason: &ConnectError) -> bool {
        let is_new = self.0.len() < MOST_REASONS && !self.0.contains(reason);
        if is_new {
            self.0.push(reason.clone());
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_not_printed() {
        let access = Access {
            broker: Broker::parse("amqp://ann:s3cr3t@host/world").unwrap(),
            key: FleetKey::new([7; 32]),
        };
        let printed = format!("{access:?}");
        assert!(printed.contains("amqp://host:5672/world"), "{printed}");
        for secret in ["ann", "s3cr3t", &access.key.reveal()] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }

    #[test]
    fn each_reason_is_told_once_and_only_so_many() {
        let mut told = Told::default();
        assert!(told.is_new(&ConnectError::Silent));
        assert!(told.is_new(&ConnectError::RefusedLogin));
        assert!(!told.is_new(&ConnectError::Silent));
        let others = (0..100).map(|number| ConnectError::Unexpected(number.to_string()));
        assert_eq!(others.filter(|reason| told.is_new(reason)).count(), MOST_REASONS - 2);
    }

    #[tokio::test]
    async fn watching_ends_when_the_server_does() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = nobody.local_addr().unwrap().port();
        drop(nobody);
        let broker = Broker::parse(&format!("amqp://127.0.0.1:{port}")).unwrap();
        let stopping = CancellationToken::new();
        let watching = tokio::spawn(watch(broker, stopping.clone()));
        stopping.cancel();
        watching.await.unwrap();
    }
}
