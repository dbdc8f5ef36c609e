//! The live projections.

/// All projections, in the order in which most reading statements come to them: whoever locks several of them does it
/// in this order.
pub const TABLES: [&str; 8] = [
    "session",
    "seat",
    "pair",
    "membership",
    "groups",
    "account",
    "post",
    "instance",
];
