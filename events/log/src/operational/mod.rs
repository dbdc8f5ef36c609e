//! Tables beside the log: what a rebuild leaves alone.

pub mod acknowledged;
pub mod delivered;
pub mod enrolment;
pub mod fleet;
pub mod login_wait;
pub mod password;
pub mod presence;
pub mod rebuild_tables;
pub mod refused;
pub mod setting;
pub mod tidy;
pub mod trouble;
pub mod waiting;
