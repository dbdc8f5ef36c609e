//! Where a broker is and how it is spoken to, as an operator writes it. The user and the password are never shown.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use tenfold_core::protocol::Endpoint;

/// Kinds of brokers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Over AMQP 0-9-1.
    RabbitMq,
    /// Over STOMP 1.2.
    ActiveMq,
}

impl Kind {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::RabbitMq => "RabbitMQ",
            Kind::ActiveMq => "ActiveMQ",
        }
    }
}

/// A broker. `Display` and `Debug` leave the user and the password out.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// What it is.
    pub kind: Kind,
    /// Whether it is spoken to over TLS.
    pub tls: bool,
    /// Where it is: several where one stands in for another.
    pub endpoints: Vec<Endpoint>,
    /// Who we are there.
    pub user: Option<String>,
    /// How we show that.
    pub password: Option<String>,
    /// Which of the broker's worlds; none where the URL does not say.
    pub virtual_host: Option<String>,
}

/// The text names no broker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a broker is written amqp://USER:PASSWORD@HOST:PORT/VIRTUAL_HOST for RabbitMQ or stomp://USER:PASSWORD@HOST:PORT for ActiveMQ, over TLS amqps:// or stomp+ssl://, with what is no letter or digit in names and passwords written as %2F and the like"
)]
pub struct AddressError;

const SCHEMES: [(&str, Kind, bool, u16); 4] = [
    ("amqp", Kind::RabbitMq, false, 5672),
    ("amqps", Kind::RabbitMq, true, 5671),
    ("stomp", Kind::ActiveMq, false, 61613),
    ("stomp+ssl", Kind::ActiveMq, true, 61614),
];

impl Address {
    fn scheme(&self) -> &'static str {
        let is_ours = |(_, kind, tls, _): &&(&str, Kind, bool, u16)| *kind == self.kind && *tls == self.tls;
        SCHEMES.iter().find(is_ours).map_or("", |(scheme, ..)| scheme)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or(AddressError)?;
        let (_, kind, tls, default_port) = SCHEMES
            .into_iter()
            .find(|(name, ..)| *name == scheme)
            .ok_or(AddressError)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // An `@` here is a password with a `/` in it that somebody forgot to encode: it would be shown as a virtual host.
        if path.contains(['/', '?', '#', '@']) {
            return Err(AddressError);
        }
        // A password may hold an `@` that somebody forgot to encode; a host cannot.
        let (credentials, hosts) = match authority.rsplit_once('@') {
            Some((credentials, hosts)) => (Some(credentials), hosts),
            None => (None, authority),
        };
        let (user, password) = match credentials.map(|both| both.split_once(':').unwrap_or((both, ""))) {
            Some((user, password)) => (Some(decoded(user)?), Some(decoded(password)?)),
            None => (None, None),
        };
        let endpoints: Result<Vec<Endpoint>, AddressError> =
            hosts.split(',').map(|host| endpoint(host, default_port)).collect();
        Ok(Address {
            kind,
            tls,
            endpoints: endpoints?,
            user,
            password,
            virtual_host: Some(decoded(path)?).filter(|name| !name.is_empty()),
        })
    }
}

fn endpoint(text: &str, default_port: u16) -> Result<Endpoint, AddressError> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or(AddressError)?)),
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = port.map_or(Ok(default_port), |port| port.parse().map_err(|_| AddressError))?;
    if host.is_empty() || host.contains(char::is_whitespace) || port == 0 {
        return Err(AddressError);
    }
    Ok(Endpoint {
        host: host.into(),
        port,
    })
}

fn decoded(text: &str) -> Result<String, AddressError> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| AddressError)?;
    // Brokers' protocols end words and lines with these.
    if decoded.contains(['\0', '\n', '\r']) {
        return Err(AddressError);
    }
    Ok(decoded.into_owned())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints: Vec<String> = self.endpoints.iter().map(Endpoint::to_string).collect();
        write!(f, "{}://{}", self.scheme(), endpoints.join(","))?;
        match &self.virtual_host {
            Some(name) => write!(f, "/{}", name.escape_debug()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn each_kind_has_its_scheme_and_port() {
        for (text, kind, tls, port) in [
            ("amqp://host", Kind::RabbitMq, false, 5672),
            ("amqps://host/", Kind::RabbitMq, true, 5671),
            ("stomp://host", Kind::ActiveMq, false, 61613),
            ("stomp+ssl://host:7", Kind::ActiveMq, true, 7),
        ] {
            let address = read(text);
            assert_eq!((address.kind, address.tls), (kind, tls), "{text}");
            assert_eq!(
                address.endpoints,
                [Endpoint {
                    host: "host".into(),
                    port
                }],
                "{text}"
            );
            assert_eq!((address.user, address.virtual_host), (None, None), "{text}");
        }
    }

    #[test]
    fn what_is_written_encoded_is_meant_as_it_was() {
        let address = read("amqp://an%40n:p%2Fw:@[::1]:9,other/my%2Fworld");
        assert_eq!(address.user.as_deref(), Some("an@n"));
        assert_eq!(address.password.as_deref(), Some("p/w:"));
        assert_eq!(address.virtual_host.as_deref(), Some("my/world"));
        assert_eq!(address.endpoints[0].to_string(), "[::1]:9");
        assert_eq!(address.endpoints[1].to_string(), "other:5672");
    }

    #[test]
    fn neither_user_nor_password_is_shown() {
        let address = read("stomp://ann:secret@host/world");
        for shown in [format!("{address}"), format!("{address:?}")] {
            assert!(shown.contains("stomp://host:61613/world"), "{shown}");
            assert!(!shown.contains("secret") && !shown.contains("ann"), "{shown}");
        }
    }

    #[test]
    fn what_names_no_broker_is_refused_without_repeating_it() {
        for wrong in [
            "",
            "localhost",
            "http://host",
            "amqp://",
            "amqp://:5672",
            "amqp://host:port",
            "amqp://host:0",
            "amqp://u:secret@host:99999",
            "amqp://host/a/b",
            "amqp://host/v?x=1",
            "stomp://u%00:p@host",
            "amqp://[::1",
            "amqp://ann:123/secret@host",
            "amqp://secret/x@host",
        ] {
            let said = wrong.parse::<Address>().unwrap_err().to_string();
            assert!(!said.contains("secret"), "{wrong}");
        }
    }
}
