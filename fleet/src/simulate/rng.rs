//! Randomness that a seed decides wholly, today and after any upgrade of a library: SplitMix64.

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(super) struct Rng {
    state: u64,
}

impl Rng {
    /// The stream of a seed. Streams of different `purpose` are independent, so that drawing more
    /// for one purpose changes nothing in another.
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        let mut mixer = Self { state: seed };
        let state = mixer.next() ^ purpose.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        Self { state }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Evenly distributed above 0 and up to 1, so that its logarithm exists.
    pub(super) fn fraction(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// Exponentially distributed with this mean.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.fraction().ln()
    }

    /// Log-normally distributed with this mean; `sigma` is the deviation of the logarithm.
    pub(super) fn log_normal(&mut self, mean: f64, sigma: f64) -> f64 {
        let radius = (-2.0 * self.fraction().ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.fraction()).cos();
        (mean.ln() - sigma * sigma / 2.0 + sigma * normal).exp()
    }
}
