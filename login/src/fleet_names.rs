//! What tells this fleet's things at AWS from all others: tags of machines, dimensions of metrics.

use clap::Args;

/// The fleet's name and environment.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct FleetNames {
    /// On AWS, the fleet's name: a tag of its machines and a dimension of its metrics
    #[arg(long = "fleet-name", id = "fleet_name", env = "TENFOLD_FLEET_NAME", default_value = "tenfold", value_parser = name,
        value_name = "NAME")]
    pub fleet: String,
    /// On AWS, what the fleet is for: a tag and a dimension, too
    #[arg(long = "environment", env = "TENFOLD_ENVIRONMENT", default_value = "production", value_parser = name,
        value_name = "NAME")]
    pub environment: String,
}

/// Short enough, and plain enough, for tags and for the names of alarms and dashboards.
fn name(text: &str) -> Result<String, String> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let is_name = !text.is_empty() && text.len() <= 64 && text.chars().all(is_plain);
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("a name is 1 to 64 letters, digits, - and _".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_strange_gets_into_a_name() {
        assert!(name("blue-2_x").is_ok());
        for wrong in ["", "a b", "a/b", "ü"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }
}
