//! The dashboard and the alarms, generated from the [catalogue](crate::catalogue).

pub mod alarms;
pub mod dashboard;
pub mod target;
pub mod text;
