//! The terminal as a [`Screen`].

use std::io;
use std::sync::Arc;

use super::complete::Names;
use super::printer::PrinterHandle;
use crate::display::Screen;

pub(super) struct TerminalScreen {
    printer: PrinterHandle,
    names: Arc<Names>,
    lines: String,
}

impl TerminalScreen {
    pub fn new(printer: PrinterHandle, names: Arc<Names>) -> TerminalScreen {
        TerminalScreen {
            printer,
            names,
            lines: String::new(),
        }
    }
}

impl Screen for TerminalScreen {
    fn line(&mut self, text: &str) -> io::Result<()> {
        self.lines.push_str(text);
        self.lines.push('\n');
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.lines.is_empty() {
            Ok(())
        } else {
            self.printer.print(std::mem::take(&mut self.lines))
        }
    }

    fn notice(&mut self, text: &str) {
        // That the terminal is gone comes again with the next reply.
        let _comes_again = self.line(&format!("({text})")).and_then(|()| self.flush());
    }

    fn warn(&mut self, text: &str) {
        self.notice(text);
    }

    fn remember(&mut self, name: &str) {
        self.names.add(name);
    }
}
