//! Colours, where a person looks at a terminal and has not said that they want none.

use std::io::{self, IsTerminal};

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    is_on: bool,
}

/// The colours that terminals of every theme can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // they are colours
pub enum Colour {
    Red = 31,
    Green = 32,
    Blue = 34,
    Magenta = 35,
    Cyan = 36,
}

impl Paint {
    /// No colours.
    pub const OFF: Paint = Paint { is_on: false };

    /// For standard output: colours on a terminal, unless `NO_COLOR` is set (<https://no-color.org>) or the terminal says
    /// that it has none.
    pub fn for_stdout() -> Paint {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Paint::when(
            io::stdout().is_terminal(),
            set("NO_COLOR").is_some(),
            set("TERM").as_deref(),
        )
    }

    fn when(is_terminal: bool, unwanted: bool, terminal: Option<&str>) -> Paint {
        Paint {
            is_on: is_terminal && !unwanted && terminal != Some("dumb"),
        }
    }

    /// The text in that colour.
    pub fn coloured(self, colour: Colour, text: &str) -> String {
        self.code(colour as u8, text)
    }

    /// The text, less to be seen.
    pub fn dim(self, text: &str) -> String {
        self.code(2, text)
    }

    /// The text, more to be seen.
    pub fn bold(self, text: &str) -> String {
        self.code(1, text)
    }

    fn code(self, code: u8, text: &str) -> String {
        if self.is_on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_a_text_stays_as_it_is() {
        assert_eq!(Paint::OFF.bold("x"), "x");
        let on = Paint::when(true, false, Some("xterm"));
        assert_eq!(on.coloured(Colour::Red, "x"), "\x1b[31mx\x1b[0m");
    }

    #[test]
    fn colours_are_for_terminals_of_people_who_want_them() {
        assert_eq!(Paint::when(false, false, Some("xterm")), Paint::OFF);
        assert_eq!(Paint::when(true, true, Some("xterm")), Paint::OFF);
        assert_eq!(Paint::when(true, false, Some("dumb")), Paint::OFF);
        assert_ne!(Paint::when(true, false, None), Paint::OFF);
    }
}
