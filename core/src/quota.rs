//! What a server lets one person, address or connection have of it. A login server is given these, and gives them to its application servers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The limits of an application server, and of connections to either kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quotas {
    /// The most bytes of a post or a message.
    pub text: usize,
    /// Posts and messages of an account in a minute.
    pub messages_per_minute: u32,
    /// Their bytes in an hour.
    pub bytes_per_hour: u64,
    /// Groups that an account has made.
    pub groups_created: u32,
    /// Groups that an account is in.
    pub groups_joined: u32,
    /// The most bytes of a list, behind which it is cut.
    pub list: usize,
    /// Connections from one address to a server.
    pub connections_per_address: usize,
    /// How long a connection may take to its first line.
    pub first_line: Duration,
    /// How long a connection may be idle that belongs to no session.
    pub idle: Duration,
    /// Connections of one session.
    pub attachments: usize,
}

impl Default for Quotas {
    /// What a class of two hundred behind one address never notices.
    fn default() -> Self {
        Quotas {
            text: 16 << 10,
            messages_per_minute: 3000,
            bytes_per_hour: 64 << 20,
            groups_created: 100,
            groups_joined: 1000,
            list: 8 << 20,
            connections_per_address: 1000,
            first_line: Duration::from_secs(60),
            idle: Duration::from_secs(3600),
            attachments: 64,
        }
    }
}

impl Quotas {
    /// The variable by which an application server is given them, as JSON.
    pub const VARIABLE: &'static str = "TENFOLD_QUOTAS";

    /// As JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers can be written")
    }

    /// From JSON; what it does not say is as usual.
    ///
    /// # Errors
    /// Where it is no JSON.
    pub fn from_json(json: &str) -> Result<Quotas, serde_json::Error> {
        serde_json::from_str(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_given_as_json_and_may_be_a_newer_servers() {
        let quotas = Quotas {
            text: 7,
            ..Quotas::default()
        };
        assert_eq!(Quotas::from_json(&quotas.to_json()).unwrap(), quotas);
        assert_eq!(Quotas::from_json(r#"{"later":1}"#).unwrap(), Quotas::default());
    }
}
