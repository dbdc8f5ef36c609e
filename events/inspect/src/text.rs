//! Texts that people wrote, made fit to stand in a sentence.

use tenfold_core::escape::escaped;

/// The most characters of a text that are shown where many events are shown.
const SHOWN: usize = 200;

/// A text in quotes, its control characters escaped, cut after 200 characters.
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => format!("\"{}\"", escaped(text)),
        Some((end, _)) => format!("\"{}…\"", escaped(&text[..end])),
    }
}
