//! What takes the places of a fleet, a region and an account.

use crate::sample::Owner;

/// Which fleet's dashboard and alarms they are, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The AWS region.
    pub region: String,
    /// The AWS account, twelve digits.
    pub account: String,
    /// Whose metrics are shown.
    pub owner: Owner,
    /// The seats of one server.
    pub seats: String,
    /// The SNS topic that alarms notify, where there is one.
    pub topic: Option<String>,
}

impl Target {
    /// What the files in dashboards/ are generated for: placeholders in place of values.
    pub fn placeholders() -> Target {
        Target {
            region: "{{region}}".into(),
            account: "{{account}}".into(),
            owner: Owner {
                fleet: "{{fleet}}".into(),
                environment: "{{environment}}".into(),
            },
            seats: "{{seats}}".into(),
            topic: None,
        }
    }

    /// What the dashboard is called. An account's dashboards belong to no region, so each fleet has a name of its own.
    pub fn dashboard_name(&self) -> String {
        format!("tenfold-{}-{}", self.owner.fleet, self.owner.environment)
    }

    /// What the alarm called `name` in the catalogue is called.
    pub fn alarm_name(&self, name: &str) -> String {
        format!("{}-{name}", self.dashboard_name())
    }
}

/// Whether it is written as an AWS account is: twelve digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
