//! The list of row types, as the tables know them.

/// `for_projection!(projection, Row => expression)`: the expression with `Row` being the projection's row type.
#[macro_export]
macro_rules! for_projection {
    ($projection:expr, $row:ident => $body:expr) => {
        $crate::for_projection!(@each $projection, $row, $body,
            Session Seat Pair Block Membership Group Account Post Instance)
    };
    (@each $projection:expr, $row:ident, $body:expr, $($name:ident)*) => {
        match $projection {
            $(::tenfold_core::facts::Projection::$name => {
                type $row = ::tenfold_core::facts::$name;
                $body
            })*
        }
    };
}
