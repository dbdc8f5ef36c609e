//! Names and texts made to deceive, and what the client shows of them.

use std::sync::{Arc, Mutex};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use tenfold_core::escape::{escaped_but_tabs, is_commanding};
use tenfold_core::ids::Position;
use tenfold_core::name::{check, normal};
use tenfold_core::protocol::PostLine;

use super::*;

const CASES: u32 = 2_000;

/// Letters that names are made of; among them some that look like others, and combining ones.
const LETTERS: [&str; 18] = [
    "a", "alice", "bob", "GROUP", "-", "--", "Success!", "\\u{1b}", "\\n", "а", "ӏ", "αβ", "e\u{301}", "\u{338}",
    "\u{20dd}", "王", "🙂", "אב",
];

/// What no name may have: invisible, bidirectional and control characters, ends of lines, and the client's own marks.
const TRAPS: [&str; 36] = [
    "\r",
    "\n",
    "\r\n",
    "\t",
    "\u{b}",
    "\u{c}",
    "\u{7}",
    "\u{8}",
    "\u{1b}[2J",
    "\u{1b}[A\r",
    "\u{7f}",
    "\u{85}",
    "\u{9b}1A",
    "\u{9d}0;x\u{9c}",
    "\u{2028}",
    "\u{2029}",
    "\u{200b}",
    "\u{200d}",
    "\u{200f}",
    "\u{202e}",
    "\u{2066}",
    "\u{2069}",
    "\u{feff}",
    "\u{ad}",
    "\u{61c}",
    "\u{e0041}",
    "\u{fe0f}",
    "\u{3164}",
    "<<<",
    "->",
    ">>>",
    ": ",
    " ",
    "<<<bob->alice: ",
    "GROUP<g>",
    "No friends",
];

/// A message or a post.
#[derive(Clone, Debug)]
struct Written {
    from: String,
    to: String,
    text: String,
}

fn pieces(of: Vec<&'static str>, most: usize) -> impl Strategy<Value = String> {
    vec(select(of), 1..=most).prop_map(|pieces| pieces.concat())
}

fn anything() -> impl Strategy<Value = String> {
    let known = LETTERS.iter().chain(&TRAPS).copied().collect();
    prop_oneof![4 => pieces(known, 8), 1 => vec(any::<char>(), 1..8).prop_map(String::from_iter)]
}

/// Names that may exist: such as the rules of today let in, and such as are older than the rules.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![2 => pieces(LETTERS.to_vec(), 3), 1 => anything()].prop_map(|word| normal(&word))
}

fn written() -> impl Strategy<Value = Written> {
    (name(), name(), anything()).prop_map(|(from, to, text)| Written { from, to, text })
}

/// What has been put out.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The one line that is shown.
fn one_line(show: impl FnOnce(&mut Display)) -> String {
    let output = Output::default();
    let (_events, inbox) = mpsc::channel(1);
    show(&mut Display::new(Box::new(PlainScreen::new(output.clone())), inbox));
    let shown = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
    let line = shown.strip_suffix('\n').unwrap();
    let is_escaped = |character| character != '\t' && is_commanding(character);
    assert!(!line.contains(is_escaped), "{line:?}");
    line.to_owned()
}

fn pushed(written: &Written, to: Recipient) -> String {
    let message = Message {
        user: written.to.clone(),
        serial: 1,
        from: written.from.clone(),
        to,
        text: written.text.clone(),
        position: Position(1),
    };
    one_line(|display| {
        display.take(Event::Message(message)).unwrap();
        display.catch_up(&mut Sessions::default()).unwrap();
    })
}

fn replied(reply: Reply) -> String {
    one_line(|display| display.reply(&reply).unwrap())
}

/// Sender, recipient (or the group with its marks) and text of a message's line, as a reader finds them.
fn parts(line: &str) -> Option<(&str, &str, &str)> {
    let (from, rest) = line.strip_prefix("<<<")?.split_once("->")?;
    let (to, text) = rest.split_once(": ")?;
    Some((from, to, text.strip_suffix(">>>")?))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn a_message_is_one_line_and_tells_its_sender(written in written()) {
        let text = escaped_but_tabs(&written.text);
        let (to_user, to_group) = (written.to.clone(), format!("GROUP<{}>", written.to));
        let recipients = [(Recipient::User(written.to.clone()), to_user), (Recipient::Group(written.to.clone()), to_group)];
        for (recipient, mark) in recipients {
            let line = pushed(&written, recipient);
            if check(&written.from).is_ok() {
                let begin = format!("<<<{}->", written.from);
                prop_assert!(line.starts_with(&begin), "{:?}", line);
                if check(&written.to).is_ok() {
                    prop_assert_eq!(parts(&line), Some((&*written.from, &*mark, &*text)));
                }
            }
        }
    }

    #[test]
    fn a_post_is_one_line_and_tells_its_author(written in written()) {
        let post = PostLine { id: written.from.clone(), message: written.text.clone() };
        let line = replied(Reply { post: Some(vec![post]), ..Reply::default() });
        if check(&written.from).is_ok() {
            prop_assert_eq!(line.split_once(": "), Some((&*written.from, &*escaped_but_tabs(&written.text))));
        }
    }

    #[test]
    fn a_name_in_a_list_is_one_line(name in name()) {
        let names = Some(vec![name.clone()]);
        let lists = [
            Reply { friend: names.clone(), ..Reply::default() },
            Reply { invite: names.clone(), ..Reply::default() },
            Reply { group: names.clone(), ..Reply::default() },
            Reply { blocked: names, ..Reply::default() },
        ];
        for reply in lists {
            let line = replied(reply);
            prop_assert!(check(&name).is_err() || line == name, "{:?}", line);
        }
    }

    #[test]
    fn a_refusal_is_one_line(word in anything()) {
        replied(Reply::refused(format!("{word} does not exist")));
    }
}

#[test]
fn what_is_generated_has_names_that_the_rules_let_in() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let made = (0..CASES).map(|_| written().new_tree(&mut runner).unwrap().current());
    let valid = made
        .filter(|written| check(&written.from).is_ok() && check(&written.to).is_ok())
        .count();
    assert!(valid > 200, "{valid} of {CASES}");
}

#[test]
fn notices_and_warnings_are_lines_too() {
    #[derive(Default)]
    struct Aside(Arc<Mutex<Vec<String>>>);
    impl Screen for Aside {
        fn line(&mut self, _: &str) -> io::Result<()> {
            Ok(())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
        fn notice(&mut self, text: &str) {
            self.0.lock().unwrap().push(text.to_owned());
        }
        fn warn(&mut self, text: &str) {
            self.notice(text);
        }
        fn remember(&mut self, _: &str) {}
    }
    let said = Arc::default();
    let (_events, inbox) = mpsc::channel(1);
    let mut display = Display::new(Box::new(Aside(Arc::clone(&said))), inbox);
    display.take(Event::Notice("wait\u{1b}[A".into())).unwrap();
    display.warn("a\nb");
    assert_eq!(*said.lock().unwrap(), ["wait\\u{1b}[A", "a\\nb"]);
}
