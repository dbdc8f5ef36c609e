//! Commands whose id is in the log already: they are answered as they were then.

use std::collections::HashMap;
use std::sync::Arc;

use tenfold_core::event::Event;
use tenfold_core::ids::{CommandId, Position};
use tenfold_core::refusal::RefusalCode;
use tokio_postgres::Row;
use uuid::Uuid;

use super::submission::{Outcome, Submission};
use crate::sealing::{Keys, MasterKey, Personal, SealContext, fill_in};

/// The event in a row of `repeated.sql`; none where it cannot be read or opened.
fn event(row: &Row, master: Option<&Arc<MasterKey>>) -> Option<Event> {
    let (kind, stream) = (row.get(3), row.get(9));
    let mut keys = Keys::new(master);
    if let Some(wrapped) = row.get::<_, Option<&[u8]>>(10) {
        keys.put_wrapped(stream, wrapped);
    }
    let id = row.get(8);
    let personal = keys
        .open(SealContext { id, stream, kind }, row.get(6), row.get(7))
        .ok()?;
    let open = if let Personal::Open(json) = &personal {
        Some(json.as_str())
    } else {
        None
    };
    let mut event = Event::decode(kind, row.get(4), row.get(5), open).ok()?;
    fill_in(&mut event, &personal);
    Some(event)
}

/// What earlier uses of command ids came to.
#[derive(Default)]
pub(super) struct Repeated {
    known: HashMap<CommandId, Earlier>,
}

struct Earlier {
    digest: Option<i64>,
    outcome: Outcome,
}

impl Repeated {
    /// Reads the events of `repeated.sql`. An event that this build cannot read makes its command one of another use.
    pub fn add_events(&mut self, rows: &[Row], master: Option<&Arc<MasterKey>>) {
        for row in rows {
            let command = CommandId(row.get::<_, Uuid>(0));
            let position = Position(row.get(2));
            let event = event(row, master);
            let earlier = self.known.entry(command).or_insert_with(|| Earlier {
                digest: row.get(1),
                outcome: Outcome::Happened {
                    position,
                    events: Vec::new(),
                },
            });
            match (event, &mut earlier.outcome) {
                (Some(Event::CommandRefused { code, .. }), outcome) => {
                    *outcome = Outcome::Refused {
                        code,
                        position: Some(position),
                    };
                }
                (Some(event), Outcome::Happened { position: last, events }) => {
                    *last = position;
                    events.push(event);
                }
                (_, outcome) => *outcome = Outcome::IdReused,
            }
        }
    }

    /// Reads the rows of `remembered_refusals.sql`.
    pub fn add_refusals(&mut self, rows: &[Row]) {
        for row in rows {
            let code = serde_json::from_value::<RefusalCode>(serde_json::Value::String(row.get(2)));
            let outcome = code.map_or(Outcome::IdReused, |code| Outcome::Refused { code, position: None });
            self.known.insert(
                CommandId(row.get(0)),
                Earlier {
                    digest: Some(row.get(1)),
                    outcome,
                },
            );
        }
    }

    /// How the submission was answered before, where its id has been used.
    pub fn outcome(&self, submission: &Submission) -> Option<Outcome> {
        let earlier = self.known.get(&submission.command)?;
        Some(if earlier.digest == submission.digest {
            earlier.outcome.clone()
        } else {
            Outcome::IdReused
        })
    }
}
