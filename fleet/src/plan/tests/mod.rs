//! One file a rule's family, in given / when / then; then what must hold of any fleet at all.

mod carry_out;
mod faults;
mod given;
mod grow;
mod hysteresis;
mod properties;
mod shrink;
