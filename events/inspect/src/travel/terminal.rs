//! The terminal: taken while travel runs, and restored however it ends.

use std::io::{self, IsTerminal};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use ratatui::DefaultTerminal;

use super::draw::draw;
use super::model::{Action, Model};
use super::traveller::{TravelError, Traveller};

/// The whole screen, until it is dropped. A panic restores it before it is printed.
struct Screen(DefaultTerminal);

impl Screen {
    fn take() -> io::Result<Screen> {
        ratatui::try_init().map(Screen).inspect_err(|_| restore())
    }

    fn show(&mut self, model: &Model) -> io::Result<()> {
        self.0.draw(|frame| draw(model, frame)).map(drop)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// A terminal that is gone needs no restoring.
fn restore() {
    let _ = ratatui::try_restore();
}

/// Whether there is a terminal to travel on: something to be seen, and keys.
pub fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Runs until the person quits, or the terminal is gone.
///
/// # Errors
/// Where the history, the database or the terminal fails; the terminal is as it was then, too.
pub async fn on_terminal(mut traveller: Traveller) -> Result<(), TravelError> {
    let mut model = Model::new(traveller.scene().await?);
    let mut screen = Screen::take()?;
    let mut typed = EventStream::new();
    loop {
        screen.show(&model)?;
        let action = match typed.next().await {
            Some(Ok(Event::Key(key))) => model.press(key),
            // A screen of another size is drawn anew.
            Some(Ok(_)) => None,
            Some(Err(_)) | None => return Ok(()),
        };
        match action {
            None => {}
            Some(Action::Quit) => return Ok(()),
            Some(Action::Show) => model.shown = Some((traveller.explained().await?, 0)),
            Some(action) => {
                model.message = traveller.perform(&action).await?;
                model.scene = traveller.scene().await?;
            }
        }
    }
}
