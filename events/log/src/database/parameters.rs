//! The parameters of a database URL, in both of its forms: `postgres://…?key=value&…` and `key=value …`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::error::DatabaseError;

/// `url` without the parameters that are taken; the rest stays as it was written.
///
/// # Errors
/// What `take` says is wrong with one.
pub(super) fn without(
    url: &str,
    take: impl FnMut(&str, &str) -> Result<bool, DatabaseError>,
) -> Result<String, DatabaseError> {
    match is_url(url) {
        true => of_url(url, take),
        false => of_keywords(url, take),
    }
}

/// The same place for somebody else.
pub(super) fn for_role(url: &str, user: &str, password: &str) -> String {
    let is_of_whom = |key: &str, _: &str| Ok(["user", "password"].contains(&key));
    let Ok(url) = without(url, is_of_whom) else {
        return url.to_owned();
    };
    let Some((scheme, rest)) = url.split_once("://").filter(|_| is_url(&url)) else {
        return format!("{} user={} password={}", url.trim_end(), quoted(user), quoted(password));
    };
    let place = rest.split_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{}:{}@{place}", encoded(user), encoded(password))
}

fn is_url(url: &str) -> bool {
    ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
}

fn encoded(text: &str) -> impl std::fmt::Display {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn of_url(url: &str, mut take: impl FnMut(&str, &str) -> Result<bool, DatabaseError>) -> Result<String, DatabaseError> {
    // As the driver reads it: whatever is before the first @ is user and password.
    let place = url.find('@').unwrap_or(0);
    let Some(query) = url[place..].find('?').map(|at| place + at + 1) else {
        return Ok(url.to_owned());
    };
    let mut kept = Vec::new();
    for pair in url[query..].split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !take(&decoded(key), &decoded(value))? {
            kept.push(pair);
        }
    }
    let before = match kept.is_empty() {
        true => &url[..query - 1],
        false => &url[..query],
    };
    Ok(format!("{before}{}", kept.join("&")))
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

fn of_keywords(
    text: &str,
    mut take: impl FnMut(&str, &str) -> Result<bool, DatabaseError>,
) -> Result<String, DatabaseError> {
    let mut kept = String::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        // What is not understood here is not understood by the driver, which then refuses it.
        let Some((key, value, end)) = keyword(rest) else {
            return Ok(kept + rest);
        };
        if !take(key, &value)? {
            kept += &rest[..end];
            kept.push(' ');
        }
        rest = rest[end..].trim_start();
    }
    Ok(kept)
}

/// The first `key = value` of a text, and where it ends. A value may be quoted, and has `\` before what is meant as it stands.
fn keyword(text: &str) -> Option<(&str, String, usize)> {
    let (key, after) = text.split_once('=')?;
    let after = after.trim_start();
    let quoted = after.strip_prefix('\'');
    let content = quoted.unwrap_or(after);
    let mut value = String::new();
    let mut signs = content.char_indices();
    let mut end = content.len();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\\' => value.extend(signs.next().map(|(_, sign)| sign)),
            '\'' if quoted.is_some() => {
                end = at + 1;
                break;
            }
            _ if quoted.is_none() && sign.is_whitespace() => {
                end = at;
                break;
            }
            _ => value.push(sign),
        }
    }
    Some((key.trim_end(), value, text.len() - content.len() + end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_made_for_somebody_else() {
        for (given, expected) in [
            ("postgres://me:pw@h:1/d", "postgres://r:s%27@h:1/d"),
            (
                "postgres://h/d?user=me&sslmode=require&password=pw",
                "postgres://r:s%27@h/d?sslmode=require",
            ),
            (
                "postgresql://me@%2Frun%2Fhere:1/d",
                "postgresql://r:s%27@%2Frun%2Fhere:1/d",
            ),
            ("postgres://a:1,b:2/d", "postgres://r:s%27@a:1,b:2/d"),
            (
                "host=h user='m e' password=pw dbname=d",
                "host=h dbname=d user='r' password='s\\''",
            ),
        ] {
            let made = for_role(given, "r", "s'");
            assert_eq!(made, expected);
            let config: tokio_postgres::Config = made.replace("?sslmode=require", "").parse().unwrap();
            assert_eq!(
                (config.get_user(), config.get_password()),
                (Some("r"), Some("s'".as_bytes())),
                "{made}"
            );
        }
    }
}
