//! The one place that prints clap's errors: as one sentence, without clap's layout.

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

use crate::environment::check_environment;

/// The command line is wrong: a sentence without an end, so that a program can add what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(String);

impl UsageError {
    pub(crate) fn new(sentence: String) -> UsageError {
        UsageError(sentence)
    }
}

/// Reads this process's command line, and the environment where an argument names a variable. Help and the version are
/// printed and end the program.
///
/// # Errors
/// [`UsageError`] where the command line is wrong, or a variable is in the environment that only looks like one of ours.
pub fn parse<Arguments: Parser>() -> Result<Arguments, UsageError> {
    let arguments = parse_from(std::env::args_os())?;
    check_environment()?;
    Ok(arguments)
}

/// As [`parse`], from these words, of which the first is the program's name.
///
/// # Errors
/// [`UsageError`] where they are wrong.
pub fn parse_from<Arguments: Parser>(
    words: impl IntoIterator<Item: Into<OsString> + Clone>,
) -> Result<Arguments, UsageError> {
    Arguments::try_parse_from(words).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            error.exit()
        }
        _ => UsageError(one_sentence(&error.to_string())),
    })
}

/// The first paragraph of what clap says, without its layout, and without the URLs that stood in a wrong place: there may be
/// passwords in them.
fn one_sentence(said: &str) -> String {
    let first = said.split("\n\n").next().unwrap_or_default();
    let words: Vec<String> = first.split_whitespace().map(without_url).collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

fn without_url(word: &str) -> String {
    match word.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://…'"),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Parser)]
    struct Arguments {
        #[arg(long)]
        port: u16,
    }

    #[test]
    fn what_is_wrong_is_one_line() {
        assert_eq!(parse_from::<Arguments>(["x", "--port", "7"]).unwrap().port, 7);
        let said = parse_from::<Arguments>(["x", "--port", "y"]).unwrap_err().to_string();
        assert!(said.starts_with("invalid value 'y' for '--port <PORT>'"), "{said}");
        assert!(!said.contains('\n'), "{said}");
        let missing = parse_from::<Arguments>(["x"]).unwrap_err().to_string();
        assert!(missing.ends_with("not provided: --port <PORT>"), "{missing}");
    }

    #[test]
    fn urls_are_not_repeated() {
        let said = "error: unexpected argument\n  'amqp://ann:secret@host' found\n\nUsage: x\n";
        assert_eq!(one_sentence(said), "unexpected argument 'amqp://…' found");
    }
}
