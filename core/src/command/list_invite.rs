//! `list-invite <user>`: Who has invited one. It looks and appends nothing; its order is told at [`Listing`](super::Listing).

pub(super) const USAGE: &str = "Usage: list-invite <user>";
