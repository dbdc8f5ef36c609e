//! An emulator's instances have addresses at which nothing is. Here each has a loopback address of its own, which Linux takes
//! from the whole of 127.0.0.0/8.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Mutex;

use crate::aws::by_hand::text_of;

/// The elements in which EC2 tells an address of an instance.
const ELEMENTS: [&str; 2] = ["privateIpAddress", "ipAddress"];
/// Before each instance, for each of ours is launched by itself. What is inside has no order to rely on.
const BEGINNING: &str = "<instancesSet>";

/// Which instance has which address.
#[derive(Debug)]
pub(super) struct Addresses {
    network: [u8; 2],
    given: Mutex<HashMap<String, Ipv4Addr>>,
}

impl Default for Addresses {
    /// In a part of the network that other tests are not likely to be in.
    fn default() -> Self {
        Self {
            network: [rand::random_range(1..=250), rand::random_range(1..=250)],
            given: Mutex::default(),
        }
    }
}

impl Addresses {
    /// The one of `instance`, always the same.
    pub fn of(&self, instance: &str) -> Ipv4Addr {
        let mut given = self.given.lock().expect("nobody panics while holding it");
        let [second, third] = self.network;
        let next = u8::try_from(given.len() + 1).expect("a test has few instances");
        *given
            .entry(instance.to_owned())
            .or_insert(Ipv4Addr::new(127, second, third, next))
    }

    /// Puts the addresses into what EC2 says of its instances.
    pub fn put_into(&self, described: &str) -> String {
        let mut parts = described.split(BEGINNING);
        let mut put = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let instance = text_of(part, "instanceId").unwrap_or_default();
            let address = self.of(&instance).to_string();
            put.push_str(BEGINNING);
            put.push_str(
                &ELEMENTS
                    .iter()
                    .fold(part.to_owned(), |text, name| replaced(&text, name, &address)),
            );
        }
        put
    }
}

/// `text` with `value` in every element called `name`.
fn replaced(text: &str, name: &str, value: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut parts = text.split(&open);
    let mut put = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.split_once(&close).map_or("", |(_, rest)| rest);
        put.extend([&open, value, &close, rest]);
    }
    put
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_instance_gets_its_own_address_everywhere() {
        let addresses = Addresses::default();
        let described = "<instancesSet><interface><privateIpAddress>10.0.0.1</privateIpAddress></interface>\
                         <instanceId>i-1</instanceId><ipAddress>54.0.0.1</ipAddress></instancesSet>\
                         <instancesSet><instanceId>i-2</instanceId><privateIpAddress>10.0.0.2</privateIpAddress></instancesSet>";
        let (one, two) = (addresses.of("i-1"), addresses.of("i-2"));
        assert_ne!(one, two);
        let expected = format!(
            "<instancesSet><interface><privateIpAddress>{one}</privateIpAddress></interface>\
             <instanceId>i-1</instanceId><ipAddress>{one}</ipAddress></instancesSet>\
             <instancesSet><instanceId>i-2</instanceId><privateIpAddress>{two}</privateIpAddress></instancesSet>"
        );
        assert_eq!(addresses.put_into(described), expected);
    }
}
