//! What is for whom, in the log's order and without a gap.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use tenfold_core::command::Actor;
use tenfold_core::envelope::MessageNotice;
use tenfold_core::event::{Event, SeatRelease, Undecodable};
use tenfold_core::ids::{InstanceId, Position, SessionId};
use tenfold_core::protocol::Push;
use tokio_postgres::Row;
use uuid::Uuid;

use super::connection::Query;
use super::reader::{ReadError, Reader};
use crate::sealing::{DAMAGED, Keys, MasterKey, Personal, SealContext, UnsealableError};

/// What is to be delivered to sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Everything up to here is delivered, or is among the items.
    pub high_water_mark: Position,
    /// For whom and what, each session's in ascending position.
    pub items: Vec<(SessionId, Delivered)>,
    /// Sessions for which there may be more before `high_water_mark`: behind their last item.
    pub unfinished: HashSet<SessionId>,
}

/// Messages that are known already, and wait for their turn.
pub type Held = BTreeMap<Position, Arc<MessageNotice>>;

/// Something that is delivered to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// Somebody wrote.
    Message {
        /// When.
        position: Position,
        /// What to push.
        push: Push,
    },
    /// The session gave up its seat on `from` to take another one. Out of date where it is served elsewhere than `from`.
    Moved {
        /// When.
        position: Position,
        /// Where it was served.
        from: InstanceId,
    },
    /// The session is over; nothing follows.
    Ended {
        /// When.
        position: Position,
    },
}

impl Delivered {
    /// Its context in the log.
    pub fn position(&self) -> Position {
        match self {
            Delivered::Message { position, .. } | Delivered::Moved { position, .. } | Delivered::Ended { position } => {
                *position
            }
        }
    }
}

impl Reader {
    /// What there is for each session after its cursor, up to where the log is complete; at most `limit` items each.
    /// The high-water mark is read first and the events with a later snapshot, in one round trip. The words of what is `held` are
    /// not read again: the log only says for whom they are, and when it is their turn.
    pub async fn deliver(&self, cursors: &[(Actor, Position)], limit: i64, held: &Held) -> Result<Delivery, ReadError> {
        let sessions: Vec<Uuid> = cursors.iter().map(|(actor, _)| actor.session.0).collect();
        let accounts: Vec<Uuid> = cursors.iter().map(|(actor, _)| actor.account.0).collect();
        let positions: Vec<i64> = cursors.iter().map(|(_, cursor)| cursor.0).collect();
        let known: Vec<i64> = held.keys().map(|position| position.0).collect();
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&sessions, &accounts, &positions, &limit, &known];
        if let Some([high_water_mark, rows]) = self.ask_both(Query::HighWaterMark, Query::Deliver, &parameters).await {
            let high_water_mark = high_water_mark
                .first()
                .map_or(Position::START, |row| Position(row.get(0)));
            return Ok(self.gather(cursors, high_water_mark, &rows, limit, held));
        }
        // The connection was lost, perhaps between the two: one after the other then. Their order is what matters.
        let high_water_mark = self.high_water_mark().await?;
        let rows = self.ask(Query::Deliver, &parameters).await?;
        Ok(self.gather(cursors, high_water_mark, &rows, limit, held))
    }

    fn gather(
        &self,
        cursors: &[(Actor, Position)],
        high_water_mark: Position,
        rows: &[Row],
        limit: i64,
        held: &Held,
    ) -> Delivery {
        let actors: HashMap<SessionId, &Actor> = cursors.iter().map(|(actor, _)| (actor.session, actor)).collect();
        let mut delivery = Delivery {
            high_water_mark,
            ..Delivery::default()
        };
        let mut ended = HashSet::new();
        let mut counts: HashMap<SessionId, i64> = HashMap::new();
        for row in rows {
            let session = SessionId(row.get(0));
            let Some(actor) = actors.get(&session) else { continue };
            let count = counts.entry(session).or_default();
            *count += 1;
            if Position(row.get(1)) > high_water_mark || ended.contains(&session) {
                continue;
            }
            // Where the last row allowed is no item, the reader goes on from the last item and finds it again; so only
            // rows that are within the high-water mark count as unfinished.
            if *count == limit {
                delivery.unfinished.insert(session);
            }
            let Some(item) = self.item(actor, row, held) else {
                continue;
            };
            if matches!(item, Delivered::Ended { .. }) {
                ended.insert(session);
                delivery.unfinished.remove(&session);
            }
            delivery.items.push((session, item));
        }
        delivery
    }

    /// What the row is to the session. An event that cannot be read stops nobody: whoever it is for gets it as [`DAMAGED`] where it is
    /// a message, and goes on.
    fn item(&self, actor: &Actor, row: &Row, held: &Held) -> Option<Delivered> {
        match item(actor, row, held, self.shared.master_key()) {
            Ok(item) => item,
            Err(cause) => {
                let position = Position(row.get(1));
                if self.shared.is_first_report(position) {
                    tracing::error!(
                        %position, %cause,
                        "an event cannot be read: whoever it is for gets it as (damaged) or not at all; run `bin/events verify`"
                    );
                }
                let is_message = matches!(row.get(2), "MessageSent" | "GroupMessageSent");
                let notice = MessageNotice {
                    position,
                    from: row.get::<_, Option<String>>(6)?,
                    group: row.get(7),
                    text: DAMAGED.to_owned(),
                };
                is_message.then(|| message(actor, &notice))
            }
        }
    }
}

/// Why an event cannot be delivered as it was written.
#[derive(Debug, thiserror::Error)]
enum UnreadableError {
    #[error(transparent)]
    Unsealable(#[from] UnsealableError),
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
}

fn item(
    actor: &Actor,
    row: &Row,
    held: &Held,
    master: Option<&Arc<MasterKey>>,
) -> Result<Option<Delivered>, UnreadableError> {
    let position = Position(row.get(1));
    if let Some(notice) = held.get(&position) {
        return Ok(Some(message(actor, notice)));
    }
    let personal = personal(row, master)?;
    let event = Event::decode(row.get(2), row.get(3), row.get(4), personal.as_deref())?;
    let message = |text: String, group: Option<String>| {
        // Without a name the sender is deleted, and what they wrote is nobody's to read any more.
        let from = row.get::<_, Option<String>>(6).filter(|_| personal.is_some())?;
        Some(message(
            actor,
            &MessageNotice {
                position,
                from,
                group,
                text,
            },
        ))
    };
    Ok(match event {
        Event::MessageSent { text, .. } => message(text, None),
        Event::GroupMessageSent { text, .. } => message(text, row.get(7)),
        Event::SessionEnded { session, .. } if session == actor.session => Some(Delivered::Ended { position }),
        Event::SeatReleased {
            session,
            instance,
            reason: SeatRelease::Moved,
            ..
        } if session == actor.session => Some(Delivered::Moved {
            position,
            from: instance,
        }),
        _ => None,
    })
}

/// The row's personal part; none where its event has none, or it is erased.
fn personal(row: &Row, master: Option<&Arc<MasterKey>>) -> Result<Option<String>, UnsealableError> {
    let (plain, sealed): (Option<&str>, Option<&[u8]>) = (row.get(5), row.get(8));
    if plain.is_none() && sealed.is_none() {
        return Ok(None);
    }
    let context = SealContext {
        kind: row.get(2),
        id: row.get(9),
        stream: row.get(10),
    };
    let mut keys = Keys::new(master);
    if let Some(wrapped) = row.get::<_, Option<&[u8]>>(11) {
        keys.put_wrapped(context.stream, wrapped);
    }
    Ok(match keys.open(context, plain, sealed)? {
        Personal::Open(json) => Some(json),
        Personal::Erased => None,
        Personal::Sealed => {
            return Err(UnsealableError {
                account: context.stream,
            });
        }
    })
}

fn message(actor: &Actor, notice: &MessageNotice) -> Delivered {
    let user = actor.name.clone();
    let push = Push::Message {
        to: notice.group.is_none().then(|| user.clone()),
        user,
        from: notice.from.clone(),
        group: notice.group.clone(),
        message: notice.text.clone(),
        position: notice.position,
    };
    Delivered::Message {
        position: notice.position,
        push,
    }
}
