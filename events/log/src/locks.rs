//! The keys of all advisory locks, in one place. Postgres has two kinds of them that never meet: of one number of 64 bits,
//! and of two numbers of 32.
//!
//! | key | mode | held by | while |
//! |---|---|---|---|
//! | [`ANNOUNCEMENTS`] + a position | shared | whoever appends | events may still be recorded above that position: readers stop there |
//! | [`MIGRATION`] | exclusive | a login server | it makes or renews the tables |
//! | [`REBUILD`] | exclusive | a rebuild | it runs: there is one at a time |
//! | [`GATE`] | shared | whoever appends | their transaction lasts |
//! | [`GATE`] | exclusive | a rebuild | the new tables take the place of the old ones |
//! | [`SEALING`] | exclusive | a login server | it seals what an earlier version wrote in plain text |
//! | [`CHECKPOINT`] | exclusive | a login server | it signs what is new in the log |
//! | two halves of a hash | both | whoever appends | they decide on what the hash stands for (`tenfold_core::needs`) |
//! | [`LOGIN_SERVERS`], [`PRESENT`] | shared | every login server | it lives |
//! | [`LOGIN_SERVERS`], [`LEADS`] | exclusive | one login server | it looks after the fleet |
//!
//! Others share the database and its locks, and count theirs from 1: ours are far away from there.

/// Added to the position that an appender announces. Also in the SQL functions of the migrations, by its number.
pub const ANNOUNCEMENTS: i64 = (LOGIN_SERVERS as i64) << 32;
/// Set on a connection whose lock others wait for: a holder that stands still loses it, with the connection, after half a
/// minute. One whose statement is at work does not.
pub const LEASE: &str = "set idle_in_transaction_session_timeout = '30s';
    -- Postgres 13 does not have it.
    select set_config(name, '30s', false) from pg_settings where name = 'idle_session_timeout'";

/// Making or renewing the tables: two login servers that start at once don't both.
pub const MIGRATION: i64 = -7_310_001;
/// One rebuild at a time.
pub const REBUILD: i64 = -7_310_002;
/// Every appending transaction passes it; a rebuild closes it while it swaps the tables. Also in the SQL functions of
/// the migrations, by its number.
pub const GATE: i64 = -7_310_003;
/// Sealing what is in the log as plain text.
pub const SEALING: i64 = -7_310_004;
/// Signing a checkpoint of the log.
pub const CHECKPOINT: i64 = -7_310_005;

/// The first half of the login servers' keys.
pub const LOGIN_SERVERS: i32 = 0x7e4f_010e;
/// The second half of the key that every login server holds shared.
pub const PRESENT: i32 = 1;
/// The second half of the key of the one that looks after the fleet.
pub const LEADS: i32 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::tests::words_of_all_sql;

    #[test]
    fn the_migrations_know_the_announcements_by_the_same_number() {
        let found = words_of_all_sql()
            .filter(|word| *word == ANNOUNCEMENTS.to_string())
            .count();
        assert!(found >= 3, "{found}");
    }

    #[test]
    fn the_migrations_know_the_gate_by_the_same_number() {
        let digits = GATE.unsigned_abs().to_string();
        let class = &digits[..4];
        let found: Vec<String> = words_of_all_sql().filter(|word| word.starts_with(class)).collect();
        assert!(found.len() >= 3, "{found:?}");
        assert!(found.iter().all(|number| *number == digits), "{found:?}");
    }
}
