//! AWS for tests: an emulator that nobody here wrote, LocalStack's runtime, as it comes from PyPI and without Docker.
//!
//! `TENFOLD_TEST_AWS` holds the URL of an emulator that somebody else (the test script) keeps; without it every test process
//! starts one of its own. Tests share it without seeing each other: each has an [`Account`] of its own there. What the
//! emulator leaves to be wished for (it takes any dashboard, repeats a launch for the same client token, has no faults) the
//! tests bring themselves. What AWS would refuse and it would not, such as a right that the role lacks, it refuses too, and the test fails
//! (`testcases/aws/emulator.py`).
//!
//! The test script leaves out the tests that need it, where it cannot be installed, by their names: they have `aws` in the name of
//! the test or of a module around it.

mod account;
mod by_hand;
pub mod cloud;
mod cloudwatch;
mod emulator;
pub mod machines;
pub mod metadata;
pub mod proxy;

pub use account::{Account, LOGIN_SERVER, SESSION_TOKEN};
pub use by_hand::{Refused, inside, text_of, texts_of};
pub use cloudwatch::ByMinute;
pub use emulator::{Emulator, VARIABLE, is_installed, python};
