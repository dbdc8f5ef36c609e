//! Events, what they rest on and what they change, in plain sentences.

mod change;
mod ground;
mod sentence;

pub use change::changed;
pub use ground::ground;
pub use sentence::sentence;

use tenfold_core::ids::{AccountId, GroupId, InstanceId};

use crate::tail::{Names, short};
use tenfold_core::escape::escaped;

/// The most characters of a text that are shown where many events are told.
const SHOWN: usize = 200;

/// Names, as sentences need them.
#[derive(Clone, Copy)]
struct Called<'a>(&'a Names);

impl Called<'_> {
    fn account(self, id: AccountId) -> String {
        self.0.show(id.0)
    }

    fn group(self, id: GroupId) -> String {
        self.0.show(id.0)
    }

    fn server(self, id: InstanceId) -> String {
        format!("server {}", short(id.0))
    }
}

/// A text in quotes, its control characters escaped, and not without end.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => format!("\"{}\"", escaped(text)),
        Some((end, _)) => format!("\"{}…\"", escaped(&text[..end])),
    }
}
