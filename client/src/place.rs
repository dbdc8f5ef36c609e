//! Where a server listens.

use std::fmt;

use tenfold_core::protocol::Address;

/// A host and a port one can connect to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// A name or an IP address.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl Place {
    /// The place that `address` names, when this one's server said it: a host left out is this one's.
    pub fn resolve(&self, address: &Address) -> Place {
        Place {
            host: address.host.clone().unwrap_or_else(|| self.host.clone()),
            port: address.port,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_left_out_is_the_one_that_said_it() {
        let login = Place {
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
            Place {
                host: "::1".into(),
                port: 1
            }
            .to_string(),
            "[::1]:1"
        );
    }
}
