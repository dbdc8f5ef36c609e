//! Ports that stay a server's own while it is away.

use std::net::TcpListener;
use std::ops::Range;

use rand::RngExt;

/// Below what systems give to outgoing connections: while a server is away
/// its clients try its port again and again, and one of them could be given
/// that very port, be connected with itself, and keep the server out.
const OURS: Range<u16> = 12_000..32_000;

/// A port nobody listens on at this moment, and nobody is given by chance.
pub fn free() -> u16 {
    let mut random = rand::rng();
    let found = (0..1000)
        .map(|_| random.random_range(OURS))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    found.expect("a port is free")
}
