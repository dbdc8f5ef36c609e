//! Events one after the other, for people or for programs.

use std::io::{self, Write};

use super::people;
use crate::clock::Clock;
use crate::names::Names;
use crate::paint::Paint;
use crate::raw_event::RawEvent;
use tenfold_core::escape::escaped_json;
use tenfold_log::database::Client;

/// Writes events in one of two ways.
#[derive(Debug)]
pub enum Printer {
    /// Aligned columns, with names where ids are.
    People(Box<Names>, Clock, Paint),
    /// One JSON object a line.
    Json,
}

impl Printer {
    /// For people, with times by that clock.
    pub fn for_people(clock: Clock, paint: Paint) -> Printer {
        Printer::People(Box::default(), clock, paint)
    }

    /// Writes the events of one reading.
    ///
    /// # Errors
    /// Where the database fails to tell names, or `out` cannot be written.
    pub async fn print(
        &mut self,
        out: &mut impl Write,
        client: &Client,
        events: &[RawEvent],
    ) -> Result<(), PrintError> {
        if let Printer::People(names, ..) = self {
            names.learn(client, events).await?;
        }
        for event in events {
            match self {
                Printer::People(names, clock, paint) => {
                    writeln!(out, "{}", people::line(event, names, *clock, *paint))?
                }
                Printer::Json => print_json(out, event)?,
            }
        }
        Ok(())
    }
}

/// Why events could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] tenfold_log::database::DatabaseError),
    /// Nobody takes what is printed, or it cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

fn print_json(out: &mut impl Write, event: &RawEvent) -> io::Result<()> {
    let mut line = serde_json::to_string(event)?;
    if let Err(unreadable) = event.decode() {
        let cause = serde_json::to_string(&unreadable.sentence())?;
        line.truncate(line.len() - 1);
        line.push_str(&format!(",\"damaged\":{cause}}}"));
    }
    writeln!(out, "{}", escaped_json(&line))
}
