//! Moves through the log: performs actions, and gathers what there is to see at each position.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tenfold_core::event::{Event, KINDS};
use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use uuid::Uuid;

use super::model::{Action, Sought};
use super::panel::Chosen;
use super::scene::{EventLine, Scene};
use crate::clock::Clock;
use crate::event_kinds::sentence;
use crate::explain::explain;
use crate::explain_text::write_text;
use crate::moment_argument::{self, MomentArgument, MomentArgumentError};
use crate::names::{Names, short};
use crate::paint::Paint;
use crate::raw_event::RawEvent;
use crate::reader::read_at;
use crate::resolve::{self, Life, ResolveError};
use tenfold_core::escape::escaped;
use tenfold_log::database::DatabaseError;
use tenfold_replay::history::{Direction, History, HistoryError, Progress, View};

/// How many events are shown before and after the current one.
const AROUND: u64 = 12;

/// Why travel ends.
#[derive(Debug, thiserror::Error)]
pub enum TravelError {
    /// The history cannot be looked at.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The terminal failed.
    #[error("the terminal cannot be used ({0}): check TERM, or use `bin/events state --at P`")]
    Terminal(#[from] std::io::Error),
}

/// A connection, the history, and a position in it.
pub struct Traveller {
    pub(super) client: Client,
    home: PathBuf,
    pub(super) history: History,
    pub(super) view: View,
    names: Names,
    clock: Clock,
    filter: Option<(Uuid, String)>,
    /// Where one was before each move that was no step, as numbers of events.
    trail: Vec<u64>,
}

impl Traveller {
    /// At `position`, with times by that clock.
    ///
    /// # Errors
    /// Where the history cannot be looked at.
    pub fn new(
        client: Client,
        home: &Path,
        history: History,
        position: Position,
        clock: Clock,
    ) -> Result<Traveller, TravelError> {
        Ok(Traveller {
            client,
            home: home.into(),
            view: history.at(position)?,
            history,
            names: Names::default(),
            clock,
            filter: None,
            trail: Vec::new(),
        })
    }

    /// The current position.
    pub fn position(&self) -> Position {
        self.view.position()
    }

    /// Performs an action; a sentence where that is not possible, and then nothing changes.
    ///
    /// # Errors
    /// Where the history or the database fails.
    pub async fn perform(&mut self, action: &Action) -> Result<Option<String>, TravelError> {
        let before = self.view.ordinal();
        let said = self.move_to(action).await?;
        let is_jump = !matches!(action, Action::Step(_) | Action::Return);
        if is_jump && self.view.ordinal() != before {
            self.trail.push(before);
        }
        Ok(said)
    }

    async fn move_to(&mut self, action: &Action) -> Result<Option<String>, TravelError> {
        match action {
            Action::Quit | Action::Show => Ok(None),
            Action::Return => match self.trail.pop() {
                Some(before) => self.go_to(before),
                None => Ok(Some("there is nothing to go back to: press q to quit".into())),
            },
            Action::First => self.go_to(0),
            Action::Last => self.go_to(self.history.events()),
            Action::Step(events) => self.step(*events),
            Action::Moment(moment) => self.go_to_moment(*moment).await,
            Action::Find(Sought::User(name), direction) => self.find_user(name, *direction).await,
            Action::Find(Sought::Kind(kind), direction) => self.find_kind(kind, *direction),
            Action::Find(Sought::Text(words), direction) => self.find_text(words, *direction).await,
            Action::Filter(name) => self.set_filter(name.as_deref()).await,
            Action::Refresh => self.refresh().await,
        }
    }

    pub(super) fn go_to(&mut self, ordinal: u64) -> Result<Option<String>, TravelError> {
        self.view.go_to(ordinal)?;
        Ok(None)
    }

    fn step(&mut self, events: i64) -> Result<Option<String>, TravelError> {
        let Some((id, _)) = self.filter else {
            let here = self.view.ordinal();
            return self.go_to(here.saturating_add_signed(events));
        };
        // With a filter a step is to the next event that concerns the user.
        let direction = if events < 0 {
            Direction::Back
        } else {
            Direction::Forward
        };
        let mut ordinal = self.view.ordinal();
        for _ in 0..events.unsigned_abs() {
            match self.history.next_about(ordinal, id, direction)? {
                Some(next) => ordinal = next,
                None => break,
            }
        }
        if ordinal == self.view.ordinal() {
            return Ok(Some(format!("no event {} is about this user", which(direction))));
        }
        self.go_to(ordinal)
    }

    async fn go_to_moment(&mut self, moment: MomentArgument) -> Result<Option<String>, TravelError> {
        let position = match moment_argument::up_to(&self.client, moment, self.clock).await {
            Ok(position) => position,
            Err(MomentArgumentError::Database(error)) => return Err(error.into()),
            Err(no_such_time) => return Ok(Some(no_such_time.to_string())),
        };
        let end = self.history.end();
        if position > end {
            return Ok(Some(format!(
                "position {position} is beyond the end of the log ({end}): press r to load newer events"
            )));
        }
        self.go_to(self.history.ordinal(position)?)
    }

    async fn find_user(&mut self, name: &str, direction: Direction) -> Result<Option<String>, TravelError> {
        let id = match self.user(name).await? {
            Ok(life) => life.id.0,
            Err(nobody) => return Ok(Some(nobody)),
        };
        match self.history.next_about(self.view.ordinal(), id, direction)? {
            Some(ordinal) => self.go_to(ordinal),
            None => Ok(Some(format!(
                "no event {} is about {}",
                which(direction),
                escaped(name)
            ))),
        }
    }

    fn find_kind(&mut self, part: &str, direction: Direction) -> Result<Option<String>, TravelError> {
        let wanted = part.to_lowercase();
        let kinds: Vec<&str> = KINDS
            .into_iter()
            .filter(|kind| kind.to_lowercase().contains(&wanted))
            .collect();
        if kinds.is_empty() {
            let part = escaped(part);
            return Ok(Some(format!(
                "no type of event has {part} in its name; they are {}",
                KINDS.join(" ")
            )));
        }
        let mut found: Vec<u64> = Vec::new();
        for kind in kinds {
            found.extend(self.history.next_of_kind(self.view.ordinal(), kind, direction)?);
        }
        let nearest = match direction {
            Direction::Forward => found.into_iter().min(),
            Direction::Back => found.into_iter().max(),
        };
        match nearest {
            Some(ordinal) => self.go_to(ordinal),
            None => Ok(Some(format!("no event {} is of that type", which(direction)))),
        }
    }

    /// The event here, explained as `show` does; or why it is not.
    ///
    /// # Errors
    /// Where the terminal's text cannot be made, which does not happen in memory.
    pub async fn explained(&self) -> Result<Vec<String>, TravelError> {
        let explanation = match explain(&self.client, &self.home, self.view.position()).await {
            Ok(explanation) => explanation,
            Err(error) => return Ok(vec![error.to_string()]),
        };
        let mut text = Vec::new();
        write_text(&mut text, &explanation, self.clock, Paint::OFF)?;
        Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
    }

    async fn set_filter(&mut self, name: Option<&str>) -> Result<Option<String>, TravelError> {
        self.filter = match name {
            None => None,
            Some(name) => match self.user(name).await? {
                Ok(life) => Some((life.id.0, life.name)),
                Err(nobody) => return Ok(Some(nobody)),
            },
        };
        Ok(None)
    }

    async fn refresh(&mut self) -> Result<Option<String>, TravelError> {
        let known = self.history.events();
        self.history = History::open(&self.client, &self.home, &Progress::default()).await?;
        self.view = self.history.after(self.view.ordinal())?;
        Ok(Some(match self.history.events() - known.min(self.history.events()) {
            0 => "nothing has been recorded meanwhile".into(),
            1 => "one event has been recorded meanwhile".into(),
            events => format!("{events} events have been recorded meanwhile"),
        }))
    }

    /// Who has that name here; else who had it last before, else who has it first afterwards. Or a sentence.
    async fn user(&self, name: &str) -> Result<Result<Life, String>, TravelError> {
        let lives = match resolve::accounts(&self.client, name).await {
            Ok(lives) => lives,
            Err(ResolveError::Database(error)) => return Err(error.into()),
            Err(nobody) => return Ok(Err(nobody.to_string())),
        };
        let here = self.view.position();
        let before = lives.iter().rfind(|life| life.registered.0 <= here);
        let found = before.or(lives.first()).cloned();
        Ok(found.ok_or_else(|| format!("nobody has ever been called {}", escaped(name))))
    }

    /// What there is to see here.
    ///
    /// # Errors
    /// Where the history or the log cannot be read.
    pub async fn scene(&mut self) -> Result<Scene, TravelError> {
        let about = self.filter.as_ref().map(|(id, _)| *id);
        let chosen = Chosen::of(&self.view, &self.view.step()?, about)?;
        let events = self.events_around().await?;
        self.names.learn(&self.client, &events).await?;
        self.names.learn_ids(&self.client, chosen.ids()).await?;
        self.names.forget_ends();
        let texts = self.texts(chosen.posts()).await?;
        let here = self.view.position();
        let current = events.iter().find(|event| event.position == here);
        Ok(Scene {
            position: here,
            ordinal: self.view.ordinal(),
            end: (self.history.end(), self.history.events()),
            at: current.map(|event| self.clock.shown_finely(event.at)),
            details: current.map(details).unwrap_or_default(),
            events: events.iter().map(|event| self.line(event)).collect(),
            panels: chosen.panels(&self.names, &texts),
            filter: self.filter.as_ref().map(|(_, name)| escaped(name).into_owned()),
        })
    }

    async fn events_around(&self) -> Result<Vec<RawEvent>, TravelError> {
        let here = self.view.ordinal();
        let first = here.saturating_sub(AROUND).max(1);
        let last = here.saturating_add(AROUND).min(self.history.events());
        let positions: Result<Vec<Position>, HistoryError> =
            (first..=last).map(|ordinal| self.history.position(ordinal)).collect();
        let positions = positions?;
        let events = read_at(&self.client, &positions).await?;
        if events.len() < positions.len() {
            // Some were deleted while we looked on.
            let path = self.history.folder().into();
            return Err(HistoryError::Damaged { path }.into());
        }
        Ok(events)
    }

    async fn texts(&self, mut posts: Vec<Position>) -> Result<BTreeMap<Position, String>, TravelError> {
        posts.sort_unstable();
        posts.dedup();
        let text = |event: &RawEvent| match event.decode().ok()?.event {
            Event::Posted { text, .. } => Some((event.position, text)),
            _ => None,
        };
        Ok(read_at(&self.client, &posts).await?.iter().filter_map(text).collect())
    }

    fn line(&self, event: &RawEvent) -> EventLine {
        let words = match event.decode() {
            Ok(recorded) => sentence(&recorded.event, &self.names),
            Err(unreadable) => unreadable.sentence(),
        };
        EventLine {
            position: event.position,
            kind: escaped(&event.kind).into_owned(),
            sentence: words,
        }
    }
}

fn details(event: &RawEvent) -> String {
    format!(
        "stream {} version {}, command {} event {}, id {}",
        short(event.stream),
        event.version,
        short(event.command),
        event.ordinal + 1,
        short(event.id)
    )
}

pub(super) fn which(direction: Direction) -> &'static str {
    match direction {
        Direction::Forward => "after this one",
        Direction::Back => "before this one",
    }
}
