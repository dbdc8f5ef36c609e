//! `receive-post <user>`: What one's friends have posted. It looks and appends nothing; its order is told at [`Listing`](super::Listing).

pub(super) const USAGE: &str = "Usage: receive-post <user>";
