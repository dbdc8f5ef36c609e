//! The domain and the protocol of Tenfold, pure: no I/O, clock, randomness, SQL or network in here.
//!
//! A person's line becomes a [`protocol::Request`], that a [`command`], that an [`intent::Intent`].
//! [`decide::decide`] looks at the [`facts::Facts`] the intent [needs](needs::Needs) and answers with
//! [events](event::Event) or a [refusal](refusal::Refusal); [`facts::Facts::apply`] folds events into facts and names
//! the [changes](facts::Change) that projections copy.

pub mod backoff;
pub mod command;
pub mod decide;
pub mod difference;
pub mod enrolment;
pub mod envelope;
pub mod escape;
pub mod event;
pub mod facts;
pub mod hexadecimal;
pub mod ids;
pub mod intent;
mod keyed;
pub mod launch_failure;
pub mod name;
pub mod needs;
pub mod protocol;
pub mod quota;
pub mod refusal;
mod rejection;
pub mod seat_policy;
#[cfg(test)]
mod testing;
pub mod token;
pub mod words;
