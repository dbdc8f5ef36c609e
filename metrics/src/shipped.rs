//! The files of `dashboards/`, as this program was built with them.

use serde_json::Value;

/// `dashboards/fleet.json`: the dashboard's body, with placeholders.
pub const FLEET: &str = include_str!("../../dashboards/fleet.json");
/// `dashboards/alarms.json`: the alarms, with placeholders.
pub const ALARMS: &str = include_str!("../../dashboards/alarms.json");

/// The dashboard's body, with placeholders; `null` where the file is no JSON, which `check` tells.
pub fn fleet() -> Value {
    serde_json::from_str(FLEET).unwrap_or_default()
}

/// The alarms, with placeholders; `null` where the file is no JSON, which `check` tells.
pub fn alarms() -> Value {
    serde_json::from_str(ALARMS).unwrap_or_default()
}
