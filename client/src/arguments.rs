//! The command line.

use std::ffi::OsString;

use clap::Parser;
use tenfold_cli::UsageError;
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

/// Reads the arguments, the program's name first. Help and the version are printed and end the program.
///
/// # Errors
/// A sentence where they are wrong.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Endpoint, String> {
    let usage =
        |error: UsageError| format!("{error}: start it as `client HOST PORT`, for example `client 127.0.0.1 8888`");
    let Arguments { host, port } = tenfold_cli::parse_from(arguments).map_err(usage)?;
    tenfold_cli::check_environment().map_err(|error| error.to_string())?;
    Ok(Endpoint { host, port })
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

    fn read(words: &[&str]) -> Result<Endpoint, String> {
        parse(["client"].iter().chain(words).map(OsString::from))
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
            let Err(sentence) = read(words) else {
                panic!("{words:?}")
            };
            assert!(
                !sentence.contains('\n') && sentence.contains("client HOST PORT"),
                "{sentence}"
            );
        }
    }
}
