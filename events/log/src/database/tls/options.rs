//! What a database URL says of TLS, taken out of it: the driver knows neither `verify-ca` and `verify-full` nor `sslrootcert`.

use crate::database::error::DatabaseError;
use crate::database::parameters;

/// How much a connection must be secured, as libpq names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::database) enum SslMode {
    /// No TLS.
    Disable,
    /// TLS where Postgres speaks it, with whatever certificate.
    #[default]
    Prefer,
    /// TLS, with whatever certificate where no roots are known, else as `VerifyCa`.
    Require,
    /// TLS, with a certificate that a root has signed.
    VerifyCa,
    /// The same, and the certificate is for the host that was connected to.
    VerifyFull,
}

const MODES: [(&str, SslMode); 5] = [
    ("disable", SslMode::Disable),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

/// Options of libpq that cannot be had, and that somebody who secures a connection may not miss.
const NOT_HAD: [&str; 5] = ["sslcert", "sslkey", "sslpassword", "sslcrl", "sslcrldir"];

/// What a URL says of TLS.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::database) struct TlsOptions {
    /// None where it says nothing.
    pub mode: Option<SslMode>,
    /// A file's name, or `system`.
    pub root_certificates: Option<String>,
}

impl SslMode {
    /// As it is written.
    pub fn name(self) -> &'static str {
        MODES
            .iter()
            .find(|(_, mode)| *mode == self)
            .map_or("", |(name, _)| name)
    }
}

impl TlsOptions {
    /// Whether the option was one of these.
    fn take(&mut self, key: &str, value: &str) -> Result<bool, DatabaseError> {
        match key {
            "sslmode" => {
                let known = MODES.iter().find(|(name, _)| *name == value);
                let (_, mode) = known.ok_or(DatabaseError::BadTlsOption(
                    "has an sslmode that there is not: write sslmode=disable, prefer, require, verify-ca or verify-full",
                ))?;
                self.mode = Some(*mode);
            }
            "sslrootcert" => self.root_certificates = Some(value.to_owned()).filter(|name| !name.is_empty()),
            _ if NOT_HAD.contains(&key) => {
                return Err(DatabaseError::BadTlsOption(
                    "has sslcert, sslkey, sslpassword, sslcrl or sslcrldir, which Tenfold does not know: take it out, and let Postgres ask for a password instead of a client's certificate",
                ));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Takes the options out of `url`, which is left as the driver understands it.
pub(in crate::database) fn take_out(url: &str) -> Result<(String, TlsOptions), DatabaseError> {
    let mut options = TlsOptions::default();
    let rest = parameters::without(url, |key, value| options.take(key, value))?;
    Ok((rest, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(mode: SslMode, file: Option<&str>) -> TlsOptions {
        TlsOptions {
            mode: Some(mode),
            root_certificates: file.map(str::to_owned),
        }
    }

    #[test]
    fn options_are_taken_out_of_urls_and_keywords() {
        for (given, left, expected) in [
            ("postgres://u:p@h/d", "postgres://u:p@h/d", TlsOptions::default()),
            (
                "postgres://u:p@a:1,b:2/d?sslmode=verify-full&sslrootcert=/etc/a%20b.pem",
                "postgres://u:p@a:1,b:2/d",
                options(SslMode::VerifyFull, Some("/etc/a b.pem")),
            ),
            (
                "postgresql://h?connect_timeout=1&sslmode=disable&options=a@b",
                "postgresql://h?connect_timeout=1&sslmode=disable&options=a@b",
                TlsOptions::default(),
            ),
            (
                "postgresql://u@h?connect_timeout=1&sslmode=disable&options=a@b",
                "postgresql://u@h?connect_timeout=1&options=a@b",
                options(SslMode::Disable, None),
            ),
            (
                "postgres://u:12?sslmode=1@h/d?sslmode=prefer&sslrootcert=",
                "postgres://u:12?sslmode=1@h/d",
                options(SslMode::Prefer, None),
            ),
            (
                "host=h sslmode = require password='a \\'sslmode=x' sslrootcert='/a b' user=u",
                "host=h password='a \\'sslmode=x' user=u ",
                options(SslMode::Require, Some("/a b")),
            ),
            ("sslmode=verify-ca", "", options(SslMode::VerifyCa, None)),
            ("nonsense", "nonsense", TlsOptions::default()),
        ] {
            assert_eq!(take_out(given).unwrap(), (left.to_owned(), expected), "{given}");
        }
    }

    #[test]
    fn what_cannot_be_had_is_said_and_not_repeated() {
        for (given, said) in [
            (
                "postgres://h/d?sslmode=secret",
                "disable, prefer, require, verify-ca or verify-full",
            ),
            (
                "postgres://h/d?sslmode=",
                "disable, prefer, require, verify-ca or verify-full",
            ),
            (
                "host=h sslmode='allow secret'",
                "disable, prefer, require, verify-ca or verify-full",
            ),
            ("postgres://h/d?sslcert=secret", "sslcert, sslkey"),
            ("postgres://h/d?sslcrl=/secret", "sslcrl or sslcrldir"),
        ] {
            let error = take_out(given).unwrap_err().to_string();
            assert!(error.contains(said) && !error.contains("secret"), "{given}: {error}");
        }
    }
}
