//! tenfold-events
fn main() {}
