//! `list-joined <user>`: The groups one is in. It looks and appends nothing; its order is told at [`Listing`](super::Listing).

pub(super) const USAGE: &str = "Usage: list-joined <user>";
