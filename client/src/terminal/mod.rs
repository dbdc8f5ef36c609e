//! A person at a terminal: line editing, history, completion, and messages above the line being typed.

pub mod complete;
mod editor;
pub mod help;
mod printer;
mod restore;
mod screen;
mod secret;

use std::sync::Arc;

use crate::display::Screen;
use crate::error::ClientError;
use crate::input::Input;
use complete::Names;
use screen::TerminalScreen;

pub use restore::Restore;

/// Both directions of the terminal.
pub struct Terminal {
    /// What the person types.
    pub input: Input,
    /// What the person reads.
    pub screen: Box<dyn Screen>,
    /// To be kept until the end: dropping it gives the terminal back as it was found.
    pub restore: Restore,
}

/// Takes the terminal on standard input and output.
///
/// # Errors
/// [`ClientError::Terminal`] where it cannot be used, [`ClientError::Start`] where there is no thread to be had.
pub fn open() -> Result<Terminal, ClientError> {
    let restore = Restore::of_standard_input()?;
    let names = Arc::new(Names::default());
    let (input, printer) = editor::start(names.clone())?;
    let screen = TerminalScreen::new(printer::start(printer)?, names);
    Ok(Terminal {
        input,
        screen: Box::new(screen),
        restore,
    })
}
