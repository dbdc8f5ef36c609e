//! tenfold-app
fn main() {}
