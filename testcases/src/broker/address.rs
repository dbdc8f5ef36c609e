//! A broker's URL, read as far as the tests' own clients need it.

use std::io::{Error, Result};
use std::net::TcpStream;
use std::time::Duration;

/// How long the broker may be silent where it must speak.
const SILENCE: Duration = Duration::from_secs(10);

/// Where a broker is, and who logs in.
#[derive(Debug, PartialEq, Eq)]
pub struct Address {
    pub scheme: String,
    pub user: String,
    pub password: String,
    /// With the port.
    pub host: String,
    pub virtual_host: String,
}

impl Address {
    /// Reads `SCHEME://USER:PASSWORD@HOST:PORT/VIRTUAL_HOST`; nothing in it
    /// may be percent-encoded but the slash that is RabbitMQ's first virtual
    /// host.
    pub fn of(url: &str) -> Result<Self> {
        let parts = || {
            let (scheme, rest) = url.split_once("://")?;
            let (login, place) = rest.rsplit_once('@')?;
            let (user, password) = login.split_once(':')?;
            let (host, virtual_host) = place.split_once('/').unwrap_or((place, "%2F"));
            Some(Self {
                scheme: scheme.to_owned(),
                user: user.to_owned(),
                password: password.to_owned(),
                host: host.to_owned(),
                virtual_host: virtual_host.replace("%2F", "/").replace("%2f", "/"),
            })
        };
        parts().ok_or_else(|| Error::other("not the URL of a broker with a user, a password and a port"))
    }

    /// A connection on which nobody waits for ever.
    pub fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(&self.host)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn urls_are_read() {
        let whole = Address::of("amqp://ann:secret@127.0.0.1:5672/%2F").expect("it is whole");
        assert_eq!((whole.user.as_str(), whole.password.as_str()), ("ann", "secret"));
        assert_eq!(
            (whole.host.as_str(), whole.virtual_host.as_str()),
            ("127.0.0.1:5672", "/")
        );
        let named = Address::of("amqp://ann:secret@127.0.0.1:5672/own").expect("it is whole");
        assert_eq!(named.virtual_host, "own");
        let short = Address::of("stomp://ann:secret@127.0.0.1:61613").expect("it is whole");
        assert_eq!((short.scheme.as_str(), short.virtual_host.as_str()), ("stomp", "/"));
        assert!(Address::of("amqp://127.0.0.1:5672").is_err());
    }
}
