//! Looking for a text from where one is, forward or back.

use std::time::{Duration, Instant};

use tenfold_core::escape::escaped;
use tenfold_core::ids::Position;
use tenfold_log::sealing::{self, LockedError};
use tenfold_log::span::Span;
use tenfold_replay::history::Direction;

use super::traveller::{TravelError, Traveller, which};
use crate::tail::{Filter, Latest, Reading};

/// How long a text is looked for before a person is asked whether to go on.
const PATIENCE: Duration = Duration::from_secs(3);

impl Traveller {
    /// Reads on, or back, for as long as nobody minds waiting.
    pub(super) async fn find_text(&mut self, words: &str, direction: Direction) -> Result<Option<String>, TravelError> {
        if sealing::is_locked(&self.client).await? {
            return Ok(Some(LockedError.to_string()));
        }
        let found = match direction {
            Direction::Forward => self.text_ahead(words).await?,
            Direction::Back => self.text_behind(words).await?,
        };
        let words = escaped(words);
        match found {
            Ok(position) => self.go_to(self.history.ordinal(position)?),
            Err(None) => Ok(Some(format!("no event {} says {words}", which(direction)))),
            Err(Some(position)) => {
                self.go_to(self.history.ordinal(position)?)?;
                Ok(Some(format!("no event up to here says {words}: n and N look further")))
            }
        }
    }

    /// Where that is said; else how far was looked, where the log goes on there.
    async fn text_ahead(&self, words: &str) -> Result<Result<Position, Option<Position>>, TravelError> {
        let span = Span {
            after: self.view.position(),
            until: self.history.end(),
        };
        let begun = Instant::now();
        let mut reading = Reading::begin(&self.client, saying(words), span).await?;
        while let Some(events) = reading.next(&self.client).await? {
            if let Some(event) = events.first() {
                return Ok(Ok(event.position));
            }
            if begun.elapsed() > PATIENCE {
                return Ok(Err(Some(reading.reached())));
            }
        }
        Ok(Err(None))
    }

    async fn text_behind(&self, words: &str) -> Result<Result<Position, Option<Position>>, TravelError> {
        let span = Span {
            after: Position::START,
            until: Position(self.view.position().0 - 1),
        };
        let begun = Instant::now();
        let filter = saying(words);
        let mut latest = Latest::begin(&self.client, &filter, span).await?;
        while let Some(events) = latest.next(&self.client).await? {
            if let Some(event) = events.first() {
                return Ok(Ok(event.position));
            }
            if begun.elapsed() > PATIENCE {
                return Ok(Err(Some(latest.reached())));
            }
        }
        Ok(Err(None))
    }
}

fn saying(words: &str) -> Filter {
    Filter {
        text: Some(words.to_owned()),
        ..Filter::default()
    }
}
