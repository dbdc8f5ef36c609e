//! tenfold-login
fn main() {}
