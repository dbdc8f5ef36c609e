//! Where a server listens.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an application server listens for clients.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// Left out when it is the host that the client already talks to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The TCP port.
    pub port: u16,
}

/// A host and a port one can connect to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// A name or an IP address; an IPv6 address without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl Endpoint {
    /// The endpoint that `address` names, where the server at this endpoint sent it: a host that is left out is its own.
    pub fn resolve(&self, address: &Address) -> Endpoint {
        Endpoint {
            host: address.host.clone().unwrap_or_else(|| self.host.clone()),
            port: address.port,
        }
    }

    /// The host as it stands before a port: an IPv6 address in brackets.
    pub fn bracketed(&self) -> Cow<'_, str> {
        if self.host.contains(':') {
            Cow::Owned(format!("[{}]", self.host))
        } else {
            Cow::Borrowed(&self.host)
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.bracketed(), self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_left_out_is_the_one_that_said_it() {
        let login = Endpoint {
            host: "10.0.0.1".into(),
            port: 8888,
        };
        let near = Address { host: None, port: 9001 };
        let far = Address {
            host: Some("10.0.1.7".into()),
            port: 9001,
        };
        assert_eq!(login.resolve(&near).to_string(), "10.0.0.1:9001");
        assert_eq!(login.resolve(&far).to_string(), "10.0.1.7:9001");
        assert_eq!(
            Endpoint {
                host: "::1".into(),
                port: 1
            }
            .to_string(),
            "[::1]:1"
        );
    }
}
