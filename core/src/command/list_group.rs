//! `list-group <user>`: All groups there are. It looks and appends nothing; its order is told at [`Listing`](super::Listing).

pub(super) const USAGE: &str = "Usage: list-group <user>";
