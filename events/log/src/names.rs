//! Names in the database that programs and SQL statements must agree on, in one place.
//!
//! | name | what |
//! |---|---|
//! | [`FLEET_CHANNEL`] | notified when sessions, seats, instances or waiting logins have changed; login servers listen |
//! | [`instance_channel`] | notified when a user of that application server has something to be told; it listens |
//! | [`delivered_channel`] | notified when that application server is asked how far it has delivered; it listens |
//! | [`KEYS_SCHEMA`] | the schema of the accounts' wrapped keys, so that a backup of the log can leave them out |
//! | [`SHADOW_SCHEMA`] | the schema of a rebuild's new tables, until they take the place of the live ones |
//! | [`MIGRATIONS_TABLE`] | the table with the history of the migrations |
//! | [`RETIRED_SCHEMA`] | the schema of the tables that were live before, until they are dropped |

use tenfold_core::ids::InstanceId;

/// The channel on which changes of the fleet are notified.
pub const FLEET_CHANNEL: &str = "tenfold_fleet";
const INSTANCE_CHANNELS: &str = "tenfold_i_";
const DELIVERED_CHANNELS: &str = "tenfold_d_";
/// The schema of the accounts' keys.
pub const KEYS_SCHEMA: &str = "tenfold_keys";
/// Where a rebuild's tables are until they change places with the live ones.
pub const SHADOW_SCHEMA: &str = "tenfold_rebuild";
/// Where the old tables are from then on until they are dropped.
pub const RETIRED_SCHEMA: &str = "tenfold_retired";
/// Which migrations were made, and when. Other programs that use the same library have a table of its usual name.
pub const MIGRATIONS_TABLE: &str = "tenfold_schema_history";

/// The channel on which an application server learns that one of its users has something to be told.
pub fn instance_channel(instance: InstanceId) -> String {
    format!("{INSTANCE_CHANNELS}{}", instance.0.simple())
}

/// The channel on which an application server is asked how far it has delivered.
pub fn delivered_channel(instance: InstanceId) -> String {
    format!("{DELIVERED_CHANNELS}{}", instance.0.simple())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use super::*;

    /// Every word and number in the crate's SQL files, migrations included.
    pub(crate) fn words_of_all_sql() -> impl Iterator<Item = String> {
        let mut texts = String::new();
        for folder in ["sql", "migrations"] {
            read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut texts);
        }
        let words = texts.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
        words.map(str::to_owned).collect::<Vec<_>>().into_iter()
    }

    fn read(path: &Path, texts: &mut String) {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).unwrap() {
                read(&entry.unwrap().path(), texts);
            }
        } else {
            texts.push_str(&std::fs::read_to_string(path).unwrap());
            texts.push('\n');
        }
    }

    #[test]
    fn sql_files_use_no_other_names() {
        let known = [
            FLEET_CHANNEL,
            INSTANCE_CHANNELS,
            DELIVERED_CHANNELS,
            KEYS_SCHEMA,
            SHADOW_SCHEMA,
            RETIRED_SCHEMA,
            MIGRATIONS_TABLE,
        ];
        let found: Vec<String> = words_of_all_sql().filter(|word| word.starts_with("tenfold_")).collect();
        let others: Vec<_> = found.iter().filter(|word| !known.contains(&word.as_str())).collect();
        assert!(others.is_empty(), "{others:?}");
        for name in [FLEET_CHANNEL, INSTANCE_CHANNELS, DELIVERED_CHANNELS, KEYS_SCHEMA] {
            assert!(found.iter().any(|word| word == name), "{name}");
        }
    }
}
