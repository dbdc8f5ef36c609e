//! From a key to an action.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tenfold_core::ids::Position;

use super::scene::Scene;
use crate::moment_argument::{MomentArgument, moment};
use tenfold_replay::history::Direction;

/// How many events a page is.
const PAGE: i64 = 100;
/// How many lines a page of an explanation is.
const SCREEN: usize = 10;
/// The most characters that can be typed at a question.
const LONGEST: usize = 200;

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move so many events forward, or back.
    Step(i64),
    /// Move before the first event.
    First,
    /// Move to the last one.
    Last,
    /// Move to a position or a time.
    Moment(MomentArgument),
    /// Move to where one was before the last of these moves that was no step.
    Return,
    /// Explain the event, as `show` does.
    Show,
    /// Move to the next event of somebody or of a kind, or that says something.
    Find(Sought, Direction),
    /// Show only what is about this user; everything where there is none.
    Filter(Option<String>),
    /// Load what has been recorded meanwhile.
    Refresh,
    /// End.
    Quit,
}

/// What the next event of is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Somebody's, by name.
    User(String),
    /// One of a kind, by a part of its name.
    Kind(String),
    /// One with this in a text, a name or a reason.
    Text(String),
}

/// What is asked on the last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Question {
    Position,
    Time,
    User(Direction),
    Kind(Direction),
    Text,
    Filter,
}

impl Question {
    /// As it is asked.
    pub fn words(self) -> &'static str {
        match self {
            Question::Position => "go to position: ",
            Question::Time => "go to time (2026-11-24 18:30, -2h): ",
            Question::User(Direction::Forward) => "next event of user: ",
            Question::User(Direction::Back) => "previous event of user: ",
            Question::Kind(Direction::Forward) => "next event of type: ",
            Question::Kind(Direction::Back) => "previous event of type: ",
            Question::Text => "next event that says: ",
            Question::Filter => "only events about user (empty: all): ",
        }
    }
}

/// The view as a person has it before them.
#[derive(Clone, Debug)]
pub struct Model {
    /// What is to be seen.
    pub scene: Scene,
    /// The question that is being answered, and the answer so far.
    pub asking: Option<(Question, String)>,
    /// Whether the keys are explained.
    pub help: bool,
    /// The event, explained, and how many lines of that are above the screen.
    pub shown: Option<(Vec<String>, usize)>,
    /// Which projection has the room of all.
    pub zoomed: Option<usize>,
    /// What there is to say, until the next key.
    pub message: Option<String>,
    sought: Option<Sought>,
}

impl Model {
    /// At a scene, with nothing asked.
    pub fn new(scene: Scene) -> Model {
        Model {
            scene,
            asking: None,
            help: false,
            shown: None,
            zoomed: None,
            message: None,
            sought: None,
        }
    }

    /// The action of a key, if it has one.
    pub fn press(&mut self, key: KeyEvent) -> Option<Action> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        self.message = None;
        if key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'd')) {
            return Some(Action::Quit);
        }
        if let Some((question, answer)) = self.asking.take() {
            return self.answer(question, answer, key.code);
        }
        if self.help {
            self.help = false;
            return (key.code == KeyCode::Char('q')).then_some(Action::Quit);
        }
        if let Some((lines, above)) = self.shown.take() {
            return self.read(lines, above, key.code);
        }
        self.look(key.code)
    }

    /// A key while an event is explained: to scroll, or back to the log.
    fn read(&mut self, lines: Vec<String>, above: usize, key: KeyCode) -> Option<Action> {
        let last = lines.len().saturating_sub(1);
        let above = match key {
            KeyCode::Char('q') => return Some(Action::Quit),
            KeyCode::Esc | KeyCode::Enter => return None,
            KeyCode::Down | KeyCode::Char('j' | ' ') => above + 1,
            KeyCode::Up => above.saturating_sub(1),
            KeyCode::PageDown => above + SCREEN,
            KeyCode::PageUp => above.saturating_sub(SCREEN),
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => above,
        };
        self.shown = Some((lines, above.min(last)));
        None
    }

    /// The next projection has the room of all; behind the last each has its own again.
    fn zoom(&mut self) -> Option<Action> {
        let next = self.zoomed.map_or(0, |panel| panel + 1);
        self.zoomed = (next < self.scene.panels.len()).then_some(next);
        None
    }

    fn look(&mut self, key: KeyCode) -> Option<Action> {
        match key {
            KeyCode::Right | KeyCode::Down | KeyCode::Char(' ' | 'l' | 'j') => Some(Action::Step(1)),
            KeyCode::Left | KeyCode::Up | KeyCode::Backspace | KeyCode::Char('h') => Some(Action::Step(-1)),
            KeyCode::PageDown => Some(Action::Step(PAGE)),
            KeyCode::PageUp => Some(Action::Step(-PAGE)),
            KeyCode::Home => Some(Action::First),
            KeyCode::End => Some(Action::Last),
            KeyCode::Char('g') => self.ask(Question::Position),
            KeyCode::Char('t') => self.ask(Question::Time),
            KeyCode::Char('u') => self.ask(Question::User(Direction::Forward)),
            KeyCode::Char('U') => self.ask(Question::User(Direction::Back)),
            KeyCode::Char('k') => self.ask(Question::Kind(Direction::Forward)),
            KeyCode::Char('K') => self.ask(Question::Kind(Direction::Back)),
            KeyCode::Char('f') => self.ask(Question::Filter),
            KeyCode::Char('n') => self.again(Direction::Forward),
            KeyCode::Char('N') => self.again(Direction::Back),
            KeyCode::Char('r') => Some(Action::Refresh),
            KeyCode::Char('?') | KeyCode::F(1) => {
                self.help = true;
                None
            }
            KeyCode::Char('/') => self.ask(Question::Text),
            KeyCode::Char('z') => self.zoom(),
            KeyCode::Enter => Some(Action::Show),
            KeyCode::Char('q') => Some(Action::Quit),
            KeyCode::Esc if self.zoomed.take().is_some() => None,
            KeyCode::Esc => Some(Action::Return),
            _ => None,
        }
    }

    fn ask(&mut self, question: Question) -> Option<Action> {
        self.asking = Some((question, String::new()));
        None
    }

    fn again(&mut self, direction: Direction) -> Option<Action> {
        if self.sought.is_none() {
            self.message = Some("nothing to repeat yet: press u to find a user, k a type of event, / a text".into());
        }
        self.sought.clone().map(|sought| Action::Find(sought, direction))
    }

    fn answer(&mut self, question: Question, mut answer: String, key: KeyCode) -> Option<Action> {
        match key {
            KeyCode::Esc => return None,
            KeyCode::Enter => return self.answered(question, answer.trim()),
            KeyCode::Backspace => drop(answer.pop()),
            KeyCode::Char(character) if answer.chars().count() < LONGEST => answer.push(character),
            _ => {}
        }
        self.asking = Some((question, answer));
        None
    }

    fn answered(&mut self, question: Question, answer: &str) -> Option<Action> {
        if answer.is_empty() {
            return (question == Question::Filter).then_some(Action::Filter(None));
        }
        match question {
            Question::Filter => Some(Action::Filter(Some(answer.to_owned()))),
            Question::User(direction) => self.seek(Sought::User(answer.to_owned()), direction),
            Question::Kind(direction) => self.seek(Sought::Kind(answer.to_owned()), direction),
            Question::Text => self.seek(Sought::Text(answer.to_owned()), Direction::Forward),
            Question::Position => match answer.parse().map(Position) {
                Ok(position) if position >= Position::START => Some(Action::Moment(MomentArgument::Position(position))),
                _ => self.say("a position is a whole number from 0"),
            },
            Question::Time => match moment(answer) {
                Ok(time) => Some(Action::Moment(time)),
                Err(why) => self.say(&why),
            },
        }
    }

    fn seek(&mut self, sought: Sought, direction: Direction) -> Option<Action> {
        self.sought = Some(sought.clone());
        Some(Action::Find(sought, direction))
    }

    fn say(&mut self, what: &str) -> Option<Action> {
        self.message = Some(what.to_owned());
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(model: &mut Model, keys: &str) -> Option<Action> {
        let mut action = None;
        for key in keys.chars() {
            let code = match key {
                '\r' => KeyCode::Enter,
                '\u{8}' => KeyCode::Backspace,
                '\u{1b}' => KeyCode::Esc,
                '>' => KeyCode::Right,
                '<' => KeyCode::Left,
                other => KeyCode::Char(other),
            };
            action = model.press(code.into());
        }
        action
    }

    fn after(keys: &str) -> (Option<Action>, Model) {
        let mut model = Model::new(Scene::default());
        (typed(&mut model, keys), model)
    }

    #[test]
    fn keys_are_actions() {
        let at = |position| Action::Moment(MomentArgument::Position(Position(position)));
        let user = |name: &str, direction| Action::Find(Sought::User(name.into()), direction);
        for (keys, action) in [
            (">", Action::Step(1)),
            ("<", Action::Step(-1)),
            ("\u{8}", Action::Step(-1)),
            ("g812\r", at(812)),
            ("g81\u{8}\u{8}7\r", at(7)),
            ("t812\r", at(812)),
            ("ualice\r", user("alice", Direction::Forward)),
            ("Ualice\r", user("alice", Direction::Back)),
            ("ualice\rN", user("alice", Direction::Back)),
            ("kpost\r", Action::Find(Sought::Kind("post".into()), Direction::Forward)),
            ("fbob\r", Action::Filter(Some("bob".into()))),
            ("f\r", Action::Filter(None)),
            ("r", Action::Refresh),
            ("q", Action::Quit),
            ("\u{1b}", Action::Return),
            ("\r", Action::Show),
            (
                "/dinner\r",
                Action::Find(Sought::Text("dinner".into()), Direction::Forward),
            ),
            (
                "/dinner\rN",
                Action::Find(Sought::Text("dinner".into()), Direction::Back),
            ),
            ("?q", Action::Quit),
        ] {
            assert_eq!(after(keys).0, Some(action), "{keys:?}");
        }
    }

    #[test]
    fn what_is_typed_at_a_question_is_no_command_until_it_is_given_up() {
        let (action, model) = after("uq");
        assert_eq!(
            (action, model.asking),
            (None, Some((Question::User(Direction::Forward), "q".into())))
        );
        let (action, model) = after("uq\u{1b}");
        assert_eq!((action, model.asking), (None, None));
        assert_eq!(after("u\r").0, None);
        let (action, model) = after("?x");
        assert_eq!((action, model.help), (None, false), "any key puts the help away");
    }

    #[test]
    fn escape_goes_back_from_an_explanation_and_from_a_zoomed_projection_before_it_goes_back_in_the_log() {
        let mut model = Model::new(Scene {
            panels: vec![Default::default(); 2],
            ..Scene::default()
        });
        model.shown = Some((vec!["explained".into(); 3], 0));
        typed(&mut model, "zz");
        assert_eq!(model.zoomed, None, "that is no key of an explanation");
        model.press(KeyCode::Down.into());
        model.press(KeyCode::PageDown.into());
        assert_eq!(model.shown.as_ref().map(|(_, above)| *above), Some(2));
        assert_eq!((typed(&mut model, "\u{1b}"), &model.shown), (None, &None));
        typed(&mut model, "zz");
        assert_eq!(model.zoomed, Some(1));
        assert_eq!((typed(&mut model, "\u{1b}"), model.zoomed), (None, None));
        typed(&mut model, "zzz");
        assert_eq!(model.zoomed, None, "behind the last");
        assert_eq!(typed(&mut model, "\u{1b}"), Some(Action::Return));
    }

    #[test]
    fn a_wrong_answer_is_told_and_the_next_key_takes_that_away() {
        for keys in ["g-1\r", "gx\r", "tsoon\r", "n"] {
            let (action, mut model) = after(keys);
            assert_eq!(action, None, "{keys}");
            assert!(model.message.is_some(), "{keys}");
            typed(&mut model, ">");
            assert_eq!(model.message, None);
        }
    }

    #[test]
    fn control_c_ends_it_also_in_the_middle_of_a_question() {
        let (_, mut model) = after("gx");
        let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(model.press(key), Some(Action::Quit));
    }

    #[test]
    fn an_answer_has_an_end() {
        let (_, model) = after(&format!("u{}", "x".repeat(1000)));
        assert_eq!(model.asking.map(|(_, answer)| answer.len()), Some(LONGEST));
    }
}
