//! Who is one asker, as far as the network tells.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// From where somebody asks: an address, or a network of IPv6 that one household has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin(Option<IpAddr>);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => write!(f, "{address}"),
            None => f.write_str("?"),
        }
    }
}

impl Origin {
    /// Of a connection from there.
    pub fn of(peer: Option<IpAddr>) -> Origin {
        Origin(peer.map(|peer| match peer.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
            address => address,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_one_household_is_one_origin() {
        let of = |address: &str| Origin::of(Some(address.parse().unwrap()));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_eq!(of("::ffff:10.0.0.1").to_string(), "10.0.0.1");
    }
}
