//! The operational tables: secrets, and what is true only for a moment. They are no projections: a rebuild leaves them alone.

pub mod acknowledged;
pub mod delivered;
pub mod enrolment;
pub mod fleet;
pub mod identity;
pub mod known_address;
pub mod login_server;
pub mod login_wait;
pub mod looks;
pub mod password;
pub mod presence;
pub mod rebuild_tables;
pub mod refused;
pub mod refused_login;
pub mod setting;
pub mod tidy;
pub mod trouble;
pub mod waiting;

/// The operational tables, but for the keys of accounts, which have a schema of their own.
pub const TABLES: [&str; 16] = [
    "acknowledged",
    "enrolment",
    "enrolment_refusal",
    "instance_lease",
    "known_address",
    "launch_trouble",
    "log_checkpoint",
    "login_server",
    "login_wait",
    "password",
    "presence",
    "refused_login",
    "remembered_refusal",
    "session_secret",
    "setting",
    "waiting_login",
];
