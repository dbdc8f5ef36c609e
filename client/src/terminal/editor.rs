//! The line editor, in a thread of its own: it reads a line when the shell is ready for one, so that the prompt comes
//! behind the reply.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::{Arc, mpsc as threads};
use std::thread;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::history::MemHistory;
use rustyline::{CompletionType, Config, Context, Editor, ExternalPrinter, Helper, Hinter, Validator};
use tenfold_core::protocol::Line;
use tenfold_core::protocol::text::LINE_LIMIT;
use tokio::sync::mpsc;

use super::complete::{Names, candidates};
use super::secret;
use crate::error::ClientError;
use crate::input::Input;

const PROMPT: &str = "> ";
const HISTORY_LINES: usize = 1000;

/// Prints above the line being typed.
pub(super) type Printer = Box<dyn ExternalPrinter + Send>;

/// History stays in memory, and no password gets into it.
type LineEditor = Editor<NameHelper, MemHistory>;

#[derive(Helper, Hinter, Validator)]
struct NameHelper {
    names: Arc<Names>,
}

/// Passwords are shown as asterisks while they are typed.
impl Highlighter for NameHelper {
    fn highlight<'line>(&self, line: &'line str, _: usize) -> Cow<'line, str> {
        secret::masked(line)
    }

    fn highlight_char(&self, line: &str, _: usize, _: CmdKind) -> bool {
        secret::begins_at(line).is_some()
    }
}

impl Completer for NameHelper {
    type Candidate = String;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(candidates(line, position, &self.names))
    }
}

/// Starts the editor; the printer is missing on terminals that cannot do it.
pub(super) fn start(names: Arc<Names>) -> Result<(Input, Option<Printer>), ClientError> {
    let (turn, turns) = threads::channel();
    let (sender, lines) = mpsc::channel(1);
    let (opened, opening) = threads::channel();
    let editing = move || match open(names) {
        Ok((editor, printer)) => {
            // The other end waits for exactly this.
            let _waiting = opened.send(Ok(printer));
            edit(editor, &turns, &sender);
        }
        Err(error) => drop(opened.send(Err(ClientError::Terminal(error.to_string())))),
    };
    thread::Builder::new()
        .name("editor".into())
        .spawn(editing)
        .map_err(ClientError::Start)?;
    let printer = opening
        .recv()
        .map_err(|_| ClientError::Terminal("the line editor has ended".into()))??;
    let prompt = move || {
        // An editor that has ended has closed the channel of lines too, which ends the shell.
        let _ended = turn.send(());
    };
    Ok((Input::new(lines, Some(Box::new(prompt))), printer))
}

fn open(names: Arc<Names>) -> rustyline::Result<(LineEditor, Option<Printer>)> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .max_history_size(HISTORY_LINES)?
        .build();
    let history = MemHistory::with_config(&config);
    let mut editor = LineEditor::with_history(config, history)?;
    editor.set_helper(Some(NameHelper { names }));
    let printer = editor
        .create_external_printer()
        .ok()
        .map(|printer| Box::new(printer) as Printer);
    Ok((editor, printer))
}

fn edit(mut editor: LineEditor, turns: &threads::Receiver<()>, lines: &mpsc::Sender<Result<Line, ClientError>>) {
    let mut pasted = VecDeque::new();
    while turns.recv().is_ok() {
        let line = match pasted.pop_front() {
            Some(line) => Ok(line),
            None => match read(&mut editor) {
                Ok(Some(Typed::NotText)) => Ok(Line::NotText),
                Ok(Some(Typed::Text(text))) => {
                    pasted.extend(split(&text));
                    Ok(pasted.pop_front().unwrap_or_else(|| Line::Text(String::new())))
                }
                Ok(None) => return,
                Err(error) => Err(error),
            },
        };
        if lines.blocking_send(line).is_err() {
            return;
        }
    }
}

/// What came from the keyboard.
enum Typed {
    Text(String),
    /// A byte that is no part of any character: the editor has thrown the line away.
    NotText,
}

/// What the person typed; `None` at the end. An interrupt throws the line away, as in a shell.
fn read(editor: &mut LineEditor) -> Result<Option<Typed>, ClientError> {
    loop {
        match editor.readline(PROMPT) {
            Ok(text) => {
                let kept = &text[..secret::begins_at(&text).unwrap_or(text.len())];
                // Without it there is nothing to go back to, and that is all.
                let _not_kept = editor.add_history_entry(kept);
                return Ok(Some(Typed::Text(text)));
            }
            Err(ReadlineError::Eof) => return Ok(None),
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => return Ok(Some(Typed::NotText)),
            Err(error) => return Err(ClientError::Terminal(error.to_string())),
        }
    }
}

/// A paste may have several lines in it.
fn split(text: &str) -> impl Iterator<Item = Line> + '_ {
    text.lines().map(|line| {
        if line.len() > LINE_LIMIT {
            Line::TooLong
        } else if line.contains('\0') {
            Line::NotText
        } else {
            Line::Text(line.to_owned())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_of_several_lines_is_several_commands() {
        let lines: Vec<Line> = split("a\nb\r\nc\0").collect();
        assert_eq!(lines, [Line::Text("a".into()), Line::Text("b".into()), Line::NotText]);
        assert_eq!(split(&"x".repeat(LINE_LIMIT + 1)).collect::<Vec<_>>(), [Line::TooLong]);
    }
}
