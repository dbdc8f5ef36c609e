//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;
use tenfold_cli::UsageError;
use tenfold_core::escape::escaped;
use tenfold_core::protocol::Endpoint;

use crate::logins::Logins;
use crate::tls::{Pin, Tls, Trust, TrustError};

/// Reads commands from standard input, one a line, and prints the replies.
#[derive(Debug, Parser)]
#[command(name = "client", version, about)]
struct Arguments {
    /// The login server's host name or IP address; or several login servers, HOST:PORT,HOST:PORT, which are tried in turn
    #[arg(value_name = "HOST")]
    host: String,
    /// The login server's port, 1 to 65535
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Secures all connections with TLS, with servers whose certificate an authority that this machine trusts has signed
    #[arg(long)]
    tls: bool,
    /// TLS with servers whose certificate those in this file have signed, in PEM
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pin", "insecure"])]
    ca: Option<PathBuf>,
    /// TLS with servers that show this very certificate: its SHA-256 in hexadecimal digits
    #[arg(long, value_name = "SHA256", conflicts_with = "insecure")]
    pin: Option<String>,
    /// TLS with whoever answers: nobody on the way can listen, but somebody may stand for the server
    #[arg(long)]
    insecure: bool,
}

impl Arguments {
    /// Whom to believe, where there is TLS.
    fn trust(&self) -> Result<Option<Trust>, TrustError> {
        Ok(match (&self.ca, &self.pin) {
            (Some(file), _) => Some(Trust::file(file)?),
            (None, Some(pin)) => Some(Trust::Pinned(Pin::parse(pin)?)),
            (None, None) if self.insecure => Some(Trust::Anything),
            (None, None) => self.tls.then_some(Trust::System),
        })
    }
}

/// Reads the arguments, the program's name first. Help and the version are printed and end the program.
///
/// # Errors
/// A sentence where they are wrong.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Logins, String> {
    let (arguments, endpoints) = read(arguments)?;
    let hosts: Vec<String> = endpoints.iter().map(|endpoint| endpoint.host.clone()).collect();
    let trust = arguments.trust().map_err(|error| error.to_string())?;
    let tls = trust.map(|trust| Tls::new(trust, &hosts)).transpose();
    Ok(Logins::new(endpoints, tls.map_err(|error| error.to_string())?))
}

fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<(Arguments, Vec<Endpoint>), String> {
    let usage = |error: String| {
        format!(
            "{error}: start it as `client HOST PORT` or `client HOST:PORT,HOST:PORT`, for example `client 127.0.0.1 8888`"
        )
    };
    let arguments: Arguments =
        tenfold_cli::parse_from(arguments).map_err(|error: UsageError| usage(error.to_string()))?;
    let endpoints = match arguments.port {
        Some(port) => host(&arguments.host).map(|host| vec![Endpoint { host, port }]),
        None => arguments.host.split(',').map(endpoint).collect(),
    };
    let endpoints = endpoints.map_err(usage)?;
    tenfold_cli::check_environment().map_err(|error| error.to_string())?;
    Ok((arguments, endpoints))
}

/// `HOST:PORT`, an IPv6 address in brackets.
fn endpoint(word: &str) -> Result<Endpoint, String> {
    let no_port = || format!("{} has no port from 1 to 65535", escaped(word));
    let (name, port) = word.rsplit_once(':').ok_or_else(no_port)?;
    let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(no_port)?;
    if name.contains(':') && !name.starts_with('[') {
        return Err(format!(
            "an IPv6 address stands in brackets, as [{}]:{port}",
            escaped(name)
        ));
    }
    Ok(Endpoint {
        host: host(name)?,
        port,
    })
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

    fn read(words: &[&str]) -> Result<Vec<Endpoint>, String> {
        super::read(["client"].iter().chain(words).map(OsString::from)).map(|(_, endpoints)| endpoints)
    }

    #[test]
    fn a_host_and_a_port() {
        assert_eq!(
            read(&["127.0.0.1", "8888"]),
            Ok(vec![Endpoint {
                host: "127.0.0.1".into(),
                port: 8888
            }])
        );
        assert_eq!(
            read(&["[::1]", "1"]),
            Ok(vec![Endpoint {
                host: "::1".into(),
                port: 1
            }])
        );
    }

    #[test]
    fn several_login_servers() {
        let read: Vec<String> = read(&["a:1,10.0.0.2:8888,[::1]:3"])
            .unwrap()
            .iter()
            .map(Endpoint::to_string)
            .collect();
        assert_eq!(read, ["a:1", "10.0.0.2:8888", "[::1]:3"]);
    }

    #[test]
    fn whom_to_believe_is_asked_for_and_implies_tls() {
        let pin = "0f".repeat(32);
        let trust = |words: &[&str]| {
            let words = ["client", "h", "1"].iter().chain(words).map(OsString::from);
            super::read(words).unwrap().0.trust().unwrap()
        };
        assert!(trust(&[]).is_none());
        assert!(matches!(trust(&["--tls"]), Some(Trust::System)));
        assert!(matches!(trust(&["--pin", &pin]), Some(Trust::Pinned(_))));
        assert!(matches!(trust(&["--tls", "--insecure"]), Some(Trust::Anything)));
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
            &["h:1,"],
            &["h:1,:2"],
            &["h:1,h2"],
            &["h:1,h2:0"],
            &["::1:1"],
            &["-x"],
            &["h", "1", "--pin", "x", "--insecure"],
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
