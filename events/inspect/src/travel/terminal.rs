//! The terminal: taken for the journey, and given back as it was, however the journey ends.

use std::io::{self, IsTerminal};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use ratatui::DefaultTerminal;

use super::draw::draw;
use super::model::{Model, Wish};
use super::traveller::{TravelError, Traveller};

/// The whole screen, until it is dropped. A panic gives it back first and is told then.
struct Screen(DefaultTerminal);

impl Screen {
    fn take() -> io::Result<Screen> {
        ratatui::try_init().map(Screen).inspect_err(|_| give_back())
    }

    fn show(&mut self, model: &Model) -> io::Result<()> {
        self.0.draw(|frame| draw(model, frame)).map(drop)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// A terminal that is gone needs nothing.
fn give_back() {
    let _ = ratatui::try_restore();
}

/// Whether there is a terminal to travel on: something to be seen, and keys.
pub fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Travels until the person has had enough, or the terminal is gone.
///
/// # Errors
/// Where the history, the database or the terminal fails; the terminal is as it was then, too.
pub async fn on_terminal(mut traveller: Traveller) -> Result<(), TravelError> {
    let mut model = Model::new(traveller.scene().await?);
    let mut screen = Screen::take()?;
    let mut typed = EventStream::new();
    loop {
        screen.show(&model)?;
        let wish = match typed.next().await {
            Some(Ok(Event::Key(key))) => model.press(key),
            // A screen of another size is drawn anew.
            Some(Ok(_)) => None,
            Some(Err(_)) | None => return Ok(()),
        };
        match wish {
            None => {}
            Some(Wish::Quit) => return Ok(()),
            Some(wish) => {
                model.message = traveller.grant(&wish).await?;
                model.scene = traveller.scene().await?;
            }
        }
    }
}
