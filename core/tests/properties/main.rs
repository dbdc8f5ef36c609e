//! What holds whatever happens: random logs, random intents, random text.

mod deciding;
mod encoding;
mod folding;
mod model;
mod needs;
mod protocol;
mod world;
