//! What an application server is told: by its environment, where other users do not see it, and on purpose.

use std::ffi::OsStr;

use tenfold_log::sealing;
use tokio::process::Command;

use super::Local;

/// Gives `command` its settings. Of our own none is handed on by chance: the key of the tokens may be among them.
pub(super) fn give(local: &Local, command: &mut Command) {
    for (variable, _) in std::env::vars_os().filter(|(variable, _)| is_setting(variable)) {
        command.env_remove(variable);
    }
    command
        .env("TENFOLD_DATABASE", &local.database_url)
        .env("TENFOLD_LOG", &local.log)
        .env(sealing::VARIABLE, local.master_key.reveal());
    if let Some(access) = &local.broker {
        command
            .env("TENFOLD_BROKER", access.broker.reveal())
            .env("TENFOLD_FLEET_KEY", access.key.reveal());
    }
}

/// Whether a variable is one of ours.
fn is_setting(variable: &OsStr) -> bool {
    variable == "DATABASE_URL" || variable.as_encoded_bytes().starts_with(b"TENFOLD_")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tenfold_core::parcel::FleetKey;
    use tenfold_log::sealing::MasterKey;

    use super::*;
    use crate::broker::{Access, Broker};

    const URL: &str = "amqp://ann:secret@host";

    /// What a command is given with this broker.
    fn given(broker: Option<Access>) -> BTreeMap<String, String> {
        let local = Local {
            program: "true".into(),
            fleet: String::new(),
            host: "127.0.0.1".into(),
            database_url: "postgres://here".into(),
            broker,
            master_key: MasterKey::new([3; 32]),
            log: "info".into(),
            log_file: "app.log".into(),
            ended: std::sync::Arc::default(),
        };
        let mut command = Command::new("true");
        give(&local, &mut command);
        let words =
            |(name, value): (&OsStr, Option<&OsStr>)| Some((name.to_str()?.to_owned(), value?.to_str()?.to_owned()));
        command.as_std().get_envs().filter_map(words).collect()
    }

    fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn a_broker_and_the_fleets_key_are_given_together_or_not_at_all() {
        let master = "03".repeat(32);
        let always = [
            ("TENFOLD_DATABASE", "postgres://here"),
            ("TENFOLD_LOG", "info"),
            ("TENFOLD_MASTER_KEY", &master),
        ];
        assert_eq!(given(None), settings(&always));
        let access = Access {
            broker: Broker::parse(URL).unwrap(),
            key: FleetKey::new([1; 32]),
        };
        let key = access.key.reveal();
        let mut all = settings(&always);
        all.extend(settings(&[("TENFOLD_BROKER", URL), ("TENFOLD_FLEET_KEY", &key)]));
        assert_eq!(given(Some(access)), all);
    }

    #[test]
    fn our_own_settings_are_known() {
        for (variable, is_ours) in [
            ("TENFOLD_TOKEN_KEY", true),
            ("TENFOLD_BROKER", true),
            ("DATABASE_URL", true),
            ("PATH", false),
            ("SSL_CERT_FILE", false),
        ] {
            assert_eq!(is_setting(OsStr::new(variable)), is_ours, "{variable}");
        }
    }
}
