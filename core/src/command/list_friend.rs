//! `list-friend <user>`: Who one's friends are. It looks and appends nothing; its order is told at [`Listing`](super::Listing).

pub(super) const USAGE: &str = "Usage: list-friend <user>";
