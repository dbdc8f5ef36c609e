//! What a person does with the keys: from a key to a wish.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tenfold_core::ids::Position;

use super::scene::Scene;
use crate::moment_argument::{MomentArgument, moment};
use tenfold_replay::history::Direction;

/// How many events a page is.
const PAGE: i64 = 100;
/// The most characters that can be typed at a question.
const LONGEST: usize = 200;

/// Where a person wants to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// So many events on, or back.
    Step(i64),
    /// Before the first event.
    First,
    /// After the last.
    Last,
    /// At a position or a time.
    Moment(MomentArgument),
    /// At the next event of somebody or of a kind.
    Find(Sought, Direction),
    /// To see what concerns this user alone; everything where it is nobody.
    Filter(Option<String>),
    /// To see what has been recorded meanwhile.
    Refresh,
    /// Away.
    Quit,
}

/// What the next event of is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Somebody's, by name.
    User(String),
    /// One of a kind, by a part of its name.
    Kind(String),
}

/// What is asked on the last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Question {
    Position,
    Time,
    User(Direction),
    Kind(Direction),
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
            Question::Filter => "only what concerns user (empty: everything): ",
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
            message: None,
            sought: None,
        }
    }

    /// A key is pressed; what is wanted by that, if anything.
    pub fn press(&mut self, key: KeyEvent) -> Option<Wish> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        self.message = None;
        if key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'd')) {
            return Some(Wish::Quit);
        }
        if let Some((question, answer)) = self.asking.take() {
            return self.answer(question, answer, key.code);
        }
        if self.help {
            self.help = false;
            return (key.code == KeyCode::Char('q')).then_some(Wish::Quit);
        }
        self.look(key.code)
    }

    fn look(&mut self, key: KeyCode) -> Option<Wish> {
        match key {
            KeyCode::Right | KeyCode::Down | KeyCode::Char(' ' | 'l' | 'j') => Some(Wish::Step(1)),
            KeyCode::Left | KeyCode::Up | KeyCode::Backspace | KeyCode::Char('h') => Some(Wish::Step(-1)),
            KeyCode::PageDown => Some(Wish::Step(PAGE)),
            KeyCode::PageUp => Some(Wish::Step(-PAGE)),
            KeyCode::Home => Some(Wish::First),
            KeyCode::End => Some(Wish::Last),
            KeyCode::Char('g') => self.ask(Question::Position),
            KeyCode::Char('t') => self.ask(Question::Time),
            KeyCode::Char('u') => self.ask(Question::User(Direction::Forward)),
            KeyCode::Char('U') => self.ask(Question::User(Direction::Back)),
            KeyCode::Char('k') => self.ask(Question::Kind(Direction::Forward)),
            KeyCode::Char('K') => self.ask(Question::Kind(Direction::Back)),
            KeyCode::Char('f') => self.ask(Question::Filter),
            KeyCode::Char('n') => self.again(Direction::Forward),
            KeyCode::Char('N') => self.again(Direction::Back),
            KeyCode::Char('r') => Some(Wish::Refresh),
            KeyCode::Char('?') | KeyCode::F(1) => {
                self.help = true;
                None
            }
            KeyCode::Char('q') | KeyCode::Esc => Some(Wish::Quit),
            _ => None,
        }
    }

    fn ask(&mut self, question: Question) -> Option<Wish> {
        self.asking = Some((question, String::new()));
        None
    }

    fn again(&mut self, direction: Direction) -> Option<Wish> {
        if self.sought.is_none() {
            self.message = Some("nothing has been looked for yet: u for a user, k for a type of event".into());
        }
        self.sought.clone().map(|sought| Wish::Find(sought, direction))
    }

    fn answer(&mut self, question: Question, mut answer: String, key: KeyCode) -> Option<Wish> {
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

    fn answered(&mut self, question: Question, answer: &str) -> Option<Wish> {
        if answer.is_empty() {
            return (question == Question::Filter).then_some(Wish::Filter(None));
        }
        match question {
            Question::Filter => Some(Wish::Filter(Some(answer.to_owned()))),
            Question::User(direction) => self.seek(Sought::User(answer.to_owned()), direction),
            Question::Kind(direction) => self.seek(Sought::Kind(answer.to_owned()), direction),
            Question::Position => match answer.parse().map(Position) {
                Ok(position) if position >= Position::START => Some(Wish::Moment(MomentArgument::Position(position))),
                _ => self.say("a position is a whole number from 0"),
            },
            Question::Time => match moment(answer) {
                Ok(time) => Some(Wish::Moment(time)),
                Err(why) => self.say(&why),
            },
        }
    }

    fn seek(&mut self, sought: Sought, direction: Direction) -> Option<Wish> {
        self.sought = Some(sought.clone());
        Some(Wish::Find(sought, direction))
    }

    fn say(&mut self, what: &str) -> Option<Wish> {
        self.message = Some(what.to_owned());
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(model: &mut Model, keys: &str) -> Option<Wish> {
        let mut wish = None;
        for key in keys.chars() {
            let code = match key {
                '\r' => KeyCode::Enter,
                '\u{8}' => KeyCode::Backspace,
                '\u{1b}' => KeyCode::Esc,
                '>' => KeyCode::Right,
                '<' => KeyCode::Left,
                other => KeyCode::Char(other),
            };
            wish = model.press(code.into());
        }
        wish
    }

    fn after(keys: &str) -> (Option<Wish>, Model) {
        let mut model = Model::new(Scene::default());
        (typed(&mut model, keys), model)
    }

    #[test]
    fn keys_are_wishes() {
        let at = |position| Wish::Moment(MomentArgument::Position(Position(position)));
        let user = |name: &str, direction| Wish::Find(Sought::User(name.into()), direction);
        for (keys, wish) in [
            (">", Wish::Step(1)),
            ("<", Wish::Step(-1)),
            ("\u{8}", Wish::Step(-1)),
            ("g812\r", at(812)),
            ("g81\u{8}\u{8}7\r", at(7)),
            ("t812\r", at(812)),
            ("ualice\r", user("alice", Direction::Forward)),
            ("Ualice\r", user("alice", Direction::Back)),
            ("ualice\rN", user("alice", Direction::Back)),
            ("kpost\r", Wish::Find(Sought::Kind("post".into()), Direction::Forward)),
            ("fbob\r", Wish::Filter(Some("bob".into()))),
            ("f\r", Wish::Filter(None)),
            ("r", Wish::Refresh),
            ("q", Wish::Quit),
            ("\u{1b}", Wish::Quit),
            ("?q", Wish::Quit),
        ] {
            assert_eq!(after(keys).0, Some(wish), "{keys:?}");
        }
    }

    #[test]
    fn what_is_typed_at_a_question_is_no_command_until_it_is_given_up() {
        let (wish, model) = after("uq");
        assert_eq!(
            (wish, model.asking),
            (None, Some((Question::User(Direction::Forward), "q".into())))
        );
        let (wish, model) = after("uq\u{1b}");
        assert_eq!((wish, model.asking), (None, None));
        assert_eq!(after("u\r").0, None);
        let (wish, model) = after("?x");
        assert_eq!((wish, model.help), (None, false), "any key puts the help away");
    }

    #[test]
    fn a_wrong_answer_is_told_and_the_next_key_takes_that_away() {
        for keys in ["g-1\r", "gx\r", "tsoon\r", "n"] {
            let (wish, mut model) = after(keys);
            assert_eq!(wish, None, "{keys}");
            assert!(model.message.is_some(), "{keys}");
            typed(&mut model, ">");
            assert_eq!(model.message, None);
        }
    }

    #[test]
    fn control_c_ends_it_also_in_the_middle_of_a_question() {
        let (_, mut model) = after("gx");
        let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(model.press(key), Some(Wish::Quit));
    }

    #[test]
    fn an_answer_has_an_end() {
        let (_, model) = after(&format!("u{}", "x".repeat(1000)));
        assert_eq!(model.asking.map(|(_, answer)| answer.len()), Some(LONGEST));
    }
}
