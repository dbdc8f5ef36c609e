//! The command line.

use clap::Parser;
use clap::error::ErrorKind;

use tenfold_core::protocol::Endpoint;

/// Reads commands from standard input, one a line, and prints the replies.
#[derive(Debug, Parser)]
#[command(name = "client", version, about)]
struct Arguments {
    /// The login server's host name or IP address
    #[arg(value_parser = host)]
    host: String,
    /// The login server's port, 1 to 65535
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

/// What to do instead of running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// Print this: help or the version was asked for.
    Print(String),
    /// The arguments are wrong, as this sentence says.
    Refuse(String),
}

/// Reads the arguments, the program's name first.
///
/// # Errors
/// [`Instead`] where the client is not to run.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Endpoint, Instead> {
    match Arguments::try_parse_from(arguments) {
        Ok(Arguments { host, port }) => Ok(Endpoint { host, port }),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Err(Instead::Print(error.to_string()))
        }
        Err(error) => Err(Instead::Refuse(sentence(&error.to_string()))),
    }
}

/// The first paragraph of what clap says, in one line, with the mend.
fn sentence(said: &str) -> String {
    let said = said.trim_start_matches("error: ");
    let paragraph: Vec<&str> = said
        .lines()
        .take_while(|line| !line.is_empty())
        .map(str::trim)
        .collect();
    format!(
        "{}: start it as `client HOST PORT`, for example `client 127.0.0.1 8888`",
        paragraph.join(" ")
    )
}

fn host(word: &str) -> Result<String, String> {
    // As in a URL, for an IPv6 address.
    let bare = word
        .strip_prefix('[')
        .and_then(|word| word.strip_suffix(']'))
        .unwrap_or(word);
    if bare.is_empty() || bare.contains(|character: char| character.is_whitespace() || character.is_control()) {
        return Err("a host is a name or an IP address".into());
    }
    Ok(bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Endpoint, Instead> {
        parse(["client"].iter().chain(words).map(|word| (*word).to_owned()))
    }

    #[test]
    fn a_host_and_a_port() {
        assert_eq!(
            read(&["127.0.0.1", "8888"]),
            Ok(Endpoint {
                host: "127.0.0.1".into(),
                port: 8888
            })
        );
        assert_eq!(
            read(&["[::1]", "1"]),
            Ok(Endpoint {
                host: "::1".into(),
                port: 1
            })
        );
    }

    #[test]
    fn wrong_arguments_are_refused_in_one_sentence() {
        for words in [
            &[][..],
            &["h"],
            &["h", "0"],
            &["h", "x"],
            &["h", "65536"],
            &["", "1"],
            &["h", "1", "2"],
            &["-x"],
        ] {
            let Err(Instead::Refuse(sentence)) = read(words) else {
                panic!("{words:?}")
            };
            assert!(
                !sentence.contains('\n') && sentence.contains("client HOST PORT"),
                "{sentence}"
            );
        }
    }

    #[test]
    fn help_is_no_error() {
        assert!(matches!(read(&["--help"]), Err(Instead::Print(_))));
    }
}
