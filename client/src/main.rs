//! tenfold-client
fn main() {}
