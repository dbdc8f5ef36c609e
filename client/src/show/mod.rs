//! What the person sees.

pub(crate) mod display;
pub mod escape;
pub mod render;
pub mod screen;
