//! The command line. What is secret is no part of it, for everybody on the machine can read that: the URLs of the
//! database and the broker, the fleet's key and the master key come by the environment.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use clap::Parser;
use tenfold_broker::address::{Address, AddressError};
use tenfold_cli::PortRange;
use tenfold_core::envelope::{FleetKey, FleetKeyError};
use tenfold_core::quota::Quotas;
use tenfold_log::sealing::{self, MasterKey};
use tenfold_service::tls::{ClientTls, Source, TlsError};
use uuid::Uuid;

/// Where the database's URL is looked for, first here, then there.
const DATABASE_VARIABLES: [&str; 2] = ["TENFOLD_DATABASE", "DATABASE_URL"];
const BROKER_VARIABLE: &str = "TENFOLD_BROKER";
const KEY_VARIABLE: &str = "TENFOLD_FLEET_KEY";
/// The file of the certificate that clients are shown.
pub const TLS_VARIABLE: &str = "TENFOLD_TLS_CERT";

/// One of Tenfold's application servers. A login server (`bin/server`) starts it; the database's URL is given by
/// TENFOLD_DATABASE or DATABASE_URL in the environment, that of a broker, where there is one, by TENFOLD_BROKER.
#[derive(Clone, Debug, Parser)]
#[command(name = "tenfold-app", version)]
pub struct Arguments {
    /// Which application server this is: the id under which the login server asked for it.
    #[arg(long)]
    pub instance: Uuid,
    /// Which fleet it belongs to: a mark by which a login server finds its own among all processes. Nothing else.
    #[arg(long, default_value = "")]
    pub fleet: String,
    /// Where to listen for clients; port 0 takes any that is free.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    pub listen: ListenAddress,
    /// The ports of which it takes the first that is free, instead of the one of --listen.
    #[arg(long, value_name = "FIRST-LAST")]
    pub ports: Option<PortRange>,
    /// The host under which clients reach this server, where it is another than the login server's.
    #[arg(long, value_name = "HOST")]
    pub advertise_host: Option<String>,
    /// Where the machine's metadata are, of a machine that its provider may announce the end of.
    #[arg(skip)]
    pub metadata: Option<String>,
    /// What to write to standard error: a level, or module=level, separated by commas.
    #[arg(long, env = "TENFOLD_LOG", default_value = "warn", value_parser = tenfold_cli::log_filter, value_name = "FILTER")]
    pub log: String,
    /// Where to write it instead; a full file is put aside as FILE.1
    #[arg(long, env = "TENFOLD_LOG_FILE", value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

#[cfg(feature = "enrol")]
use crate::enrol::notices::{ENDPOINT_VARIABLE, USUAL_ENDPOINT};

#[cfg(feature = "enrol")]
impl Arguments {
    /// Of a machine that has enrolled.
    ///
    /// # Errors
    /// Where the endpoint to listen on is none.
    pub fn of_enrolled(
        instance: Uuid,
        settings: &tenfold_core::enrolment::Settings,
        log: &str,
    ) -> Result<Self, String> {
        Ok(Arguments {
            instance,
            fleet: String::new(),
            listen: settings.listen.parse()?,
            ports: None,
            metadata: Some(std::env::var(ENDPOINT_VARIABLE).unwrap_or_else(|_| USUAL_ENDPOINT.to_owned())),
            advertise_host: Some(settings.advertise_host.clone()),
            log: log.to_owned(),
            log_file: None,
        })
    }
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    /// A name or an address.
    pub host: String,
    /// 0: any that is free.
    pub port: u16,
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usage = || "write a host and a port, such as 127.0.0.1:0 or [::1]:9000".to_owned();
        let (host, port) = text.rsplit_once(':').ok_or_else(usage)?;
        let port = port.parse().map_err(|_| usage())?;
        if host.is_empty() {
            return Err(usage());
        }
        Ok(ListenAddress {
            host: host.into(),
            port,
        })
    }
}

/// The database's URL.
pub fn database_url(environment: impl Fn(&str) -> Option<String>) -> Option<String> {
    DATABASE_VARIABLES
        .into_iter()
        .filter_map(environment)
        .find(|url| !url.is_empty())
}

/// The key under which all that people write is sealed.
pub fn master_key(environment: impl Fn(&str) -> Option<String>) -> Result<MasterKey, MasterKeyError> {
    let word = environment(sealing::VARIABLE).ok_or(MasterKeyError)?;
    word.parse().map_err(|_| MasterKeyError)
}

/// There is none, or it is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no master key is given: set TENFOLD_MASTER_KEY to the 64 hexadecimal digits in the login server's master.key; a login server gives it to the servers it starts"
)]
pub struct MasterKeyError;

/// What one person or address may have; the usual where nothing is said.
///
/// # Errors
/// Where it is no JSON.
pub fn quotas(environment: impl Fn(&str) -> Option<String>) -> Result<Quotas, serde_json::Error> {
    environment(Quotas::VARIABLE).map_or_else(|| Ok(Quotas::default()), |json| Quotas::from_json(&json))
}

/// What clients are shown, where the login server speaks TLS.
///
/// # Errors
/// Where the files cannot be read, or are no certificate.
pub fn client_tls(environment: impl Fn(&str) -> Option<String>) -> Result<Option<Arc<ClientTls>>, TlsError> {
    let [Some(certificate), Some(key)] = [TLS_VARIABLE, "TENFOLD_TLS_KEY"].map(&environment) else {
        return Ok(None);
    };
    let source = Source::Files {
        certificate: certificate.into(),
        key: key.into(),
    };
    let also_plain = environment("TENFOLD_TLS_ALSO_PLAIN").is_some_and(|word| word == "true");
    ClientTls::read(source, also_plain).map(Some)
}

/// A broker, and the key with which messages are sealed that cross it.
#[derive(Clone, Debug)]
pub struct Broker {
    /// Where it is.
    pub address: Address,
    /// The fleet's.
    pub key: FleetKey,
}

/// The broker cannot be used as it was named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the sentences say it
pub enum BrokerError {
    #[error("TENFOLD_BROKER names no broker: {0}")]
    Address(#[from] AddressError),
    #[error("a broker needs the fleet's key in TENFOLD_FLEET_KEY: a login server gives it to the servers it starts")]
    Key(#[from] FleetKeyError),
}

/// The broker, where one is named.
pub fn broker(environment: impl Fn(&str) -> Option<String>) -> Result<Option<Broker>, BrokerError> {
    let Some(url) = environment(BROKER_VARIABLE).filter(|url| !url.is_empty()) else {
        return Ok(None);
    };
    Ok(Some(Broker {
        address: url.parse()?,
        key: environment(KEY_VARIABLE).unwrap_or_default().parse()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_to_listen_on_has_a_host_and_a_port() {
        let endpoint: ListenAddress = "[::1]:80".parse().unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.port), ("[::1]", 80));
        for wrong in ["", "9000", ":9000", "localhost", "localhost:port", "localhost:70000"] {
            assert!(wrong.parse::<ListenAddress>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn tenfolds_own_variable_comes_first() {
        let both = |name: &str| Some(format!("postgres://{name}"));
        assert_eq!(database_url(both).unwrap(), "postgres://TENFOLD_DATABASE");
        let one = |name: &str| Some(if name == "DATABASE_URL" { "url" } else { "" }.to_owned());
        assert_eq!(database_url(one).unwrap(), "url");
        assert_eq!(database_url(|_| None), None);
    }

    #[test]
    fn a_master_key_is_given_whole_or_not_at_all() {
        let given = |word: &str| master_key(|name| (name == "TENFOLD_MASTER_KEY").then(|| word.to_owned()));
        assert_eq!(given(&"07".repeat(32)), Ok(MasterKey::new([7; 32])));
        for wrong in ["", "07", &"xy".repeat(32)] {
            assert_eq!(given(wrong), Err(MasterKeyError), "{wrong}");
        }
        assert_eq!(master_key(|_| None), Err(MasterKeyError));
    }

    #[test]
    fn a_broker_is_named_with_the_fleets_key_or_not_at_all() {
        let key = FleetKey::new([1; 32]);
        let named = |url: &str, word: &str| {
            let [url, word] = [url, word].map(str::to_owned);
            broker(move |name| {
                Some(if name == KEY_VARIABLE {
                    word.clone()
                } else {
                    url.clone()
                })
            })
        };
        assert!(broker(|_| None).unwrap().is_none());
        assert!(named("", "").unwrap().is_none());
        let broker = named("amqp://host", &key.reveal()).unwrap().unwrap();
        assert_eq!(
            (broker.address.to_string().as_str(), broker.key),
            ("amqp://host:5672", key)
        );
        assert!(matches!(named("amqp://host", ""), Err(BrokerError::Key(_))));
        let said = named("http://u:secret@host", "").unwrap_err().to_string();
        assert!(said.contains("TENFOLD_BROKER") && !said.contains("secret"), "{said}");
    }
}
