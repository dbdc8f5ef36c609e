//! AWS's oldest way to be asked: a form over HTTP, answered with XML. Enough to see from outside what the programs under test have
//! done there; the emulator does not check signatures.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// AWS, or what stands for it, said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status; 0 where nobody answered.
    pub status: u16,
    /// What was said.
    pub said: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.said)
    }
}

/// What stands at a path.
pub fn get(url: &str, path: &str, within: Duration) -> Result<String, Refused> {
    answer(url, &format!("GET {path} HTTP/1.0\r\n\r\n"), within)
}

/// The answer to a form. `whose` is the credential's scope: account, day, region and service.
pub fn post(url: &str, whose: &str, form: &[(&str, &str)], within: Duration) -> Result<String, Refused> {
    let fields: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
        .collect();
    let body = fields.join("&");
    let request = format!(
        "POST / HTTP/1.0\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={whose}, SignedHeaders=host, Signature=0\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    answer(url, &request, within)
}

fn answer(url: &str, request: &str, within: Duration) -> Result<String, Refused> {
    let answer = converse(url, request, within).map_err(|error| Refused {
        status: 0,
        said: error.to_string(),
    })?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    match status.unwrap_or(0) {
        200 => Ok(body.to_owned()),
        status => Err(Refused {
            status,
            said: body.to_owned(),
        }),
    }
}

fn converse(url: &str, request: &str, within: Duration) -> io::Result<String> {
    let address = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(within))?;
    stream.set_write_timeout(Some(within))?;
    // HTTP/1.0 ends the answer with the connection, and knows no pieces.
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn escaped(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match byte {
            byte if is_plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// What stands inside each element called `name`, in their order. Elements of that name are not looked for inside each other.
pub fn inside<'xml>(xml: &'xml str, name: &str) -> Vec<&'xml str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some((_, after)) = rest.split_once(&open) {
        let Some((content, after)) = after.split_once(&close) else {
            break;
        };
        found.push(content);
        rest = after;
    }
    found
}

/// The texts of each element called `name`.
pub fn texts_of(xml: &str, name: &str) -> Vec<String> {
    inside(xml, name).into_iter().map(unescaped).collect()
}

/// The text of the first element called `name`.
pub fn text_of(xml: &str, name: &str) -> Option<String> {
    texts_of(xml, name).into_iter().next()
}

fn unescaped(text: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
    ];
    let plain = entities.into_iter().fold(text.to_owned(), |text, (entity, character)| {
        text.replace(entity, character)
    });
    // Last, for what it makes is no entity.
    plain.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_and_their_texts_read() {
        let xml = "<a><Sum>1.0</Sum><b/><Sum>&lt;2&gt; &amp;lt;</Sum></a>";
        assert_eq!(texts_of(xml, "Sum"), ["1.0", "<2> &lt;"]);
        assert_eq!(
            text_of(xml, "a").unwrap().len(),
            "<Sum>1.0</Sum><b/><Sum><2> &lt;</Sum>".len()
        );
        assert_eq!(text_of(xml, "c"), None);
    }

    #[test]
    fn what_a_form_cannot_hold_is_escaped() {
        assert_eq!(escaped("a b/{\u{fc}}~"), "a%20b%2F%7B%C3%BC%7D~");
    }
}
