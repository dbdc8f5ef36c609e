//! Randomness that can be had again.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The variable that repeats a failed run.
pub const VARIABLE: &str = "TENFOLD_TEST_SEED";

/// A generator whose seed is printed, and taken from `TENFOLD_TEST_SEED`
/// where that is set.
pub fn seeded() -> StdRng {
    let wanted = std::env::var(VARIABLE).ok();
    let wanted = wanted.map(|seed| seed.parse().expect("TENFOLD_TEST_SEED is a number"));
    let seed: u64 = wanted.unwrap_or_else(|| rand::rng().random());
    eprintln!("This run can be had again with {VARIABLE}={seed}");
    StdRng::seed_from_u64(seed)
}
