//! As much of HTTP as stands between the kit and an emulator.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use super::cbor;
use crate::waiting::PATIENCE;

/// A request or an answer.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// The first line and the headers, without the empty line.
    head: Vec<String>,
    body: Vec<u8>,
}

impl Message {
    /// The next one on the connection; none where it ends before.
    pub fn read(stream: &mut TcpStream) -> Option<Message> {
        stream.set_read_timeout(Some(2 * PATIENCE)).ok()?;
        let mut reader = BufReader::new(stream);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            head.push(line.to_owned());
        }
        let mut message = Message { head, body: Vec::new() };
        message.body = message.read_body(&mut reader)?;
        Some(message)
    }

    fn read_body(&self, reader: &mut impl BufRead) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        if self
            .header("transfer-encoding")
            .is_some_and(|coding| coding.contains("chunked"))
        {
            return read_chunks(reader);
        }
        match self.header("content-length").map(str::parse::<u64>) {
            Some(length) => reader.take(length.ok()?).read_to_end(&mut body).ok()?,
            // An answer goes on to the connection's end, a request has no body.
            None if self.head[0].starts_with("HTTP/") => reader.read_to_end(&mut body).ok()?,
            None => 0,
        };
        Some(body)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.iter().skip(1).filter_map(|line| line.split_once(':'));
        let found = headers.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }

    /// The fields of its body, where that is a form.
    pub fn form(&self) -> HashMap<String, String> {
        let is_form = self
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if !is_form {
            return HashMap::new();
        }
        let body = String::from_utf8_lossy(&self.body);
        let fields = body.split('&').filter_map(|field| field.split_once('='));
        fields
            .map(|(name, value)| (unescaped(name), unescaped(value)))
            .collect()
    }

    /// What is asked for by a request whose path says so, as CloudWatch's do: `/service/…/operation/PutMetricData`.
    pub fn operation(&self) -> Option<String> {
        let path = self.head.first()?.split(' ').nth(1)?;
        path.split_once("/operation/")
            .map(|(_, operation)| operation.to_owned())
    }

    /// Puts what the emulator cannot read into words that mean the same.
    pub fn suit_the_emulator(&mut self) {
        if self.header("content-type") == Some("application/cbor") {
            cbor::whole_seconds(&mut self.body);
        }
    }

    /// What is at `address` answers to this request.
    pub fn ask(&self, address: &str) -> Option<Message> {
        let mut stream = TcpStream::connect(address).ok()?;
        self.write_closing(&mut stream);
        Message::read(&mut stream)
    }

    /// Writes it, and that nothing follows.
    pub fn write_closing(&self, stream: &mut TcpStream) {
        let ours = ["connection", "content-length", "transfer-encoding"];
        let is_ours = |line: &&String| {
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            ours.contains(&name.as_str())
        };
        let mut head: Vec<&str> = self
            .head
            .iter()
            .filter(|line| !is_ours(line))
            .map(String::as_str)
            .collect();
        let length = format!("Content-Length: {}", self.body.len());
        head.extend([length.as_str(), "Connection: close", "", ""]);
        // Whoever does not wait for the answer does not get it.
        let _ = stream
            .write_all(head.join("\r\n").as_bytes())
            .and_then(|()| stream.write_all(&self.body));
    }

    pub fn is_success(&self) -> bool {
        self.head[0].split(' ').nth(1) == Some("200")
    }

    /// Puts another text into its body's place.
    pub fn rewrite(&mut self, change: impl FnOnce(&str) -> String) {
        self.body = change(&String::from_utf8_lossy(&self.body)).into_bytes();
    }

    /// An error in the words of EC2.
    pub fn aws_error(code: &str) -> Message {
        let status = match code {
            "RequestLimitExceeded" | "Unavailable" => "503 Service Unavailable",
            "InternalError" => "500 Internal Server Error",
            "AuthFailure" => "401 Unauthorized",
            "UnauthorizedOperation" => "403 Forbidden",
            _ => "400 Bad Request",
        };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{code}</Code>\
             <Message>a test wants it so</Message></Error></Errors><RequestID>of-a-test</RequestID></Response>"
        );
        Message {
            head: vec![
                format!("HTTP/1.1 {status}"),
                "Content-Type: text/xml;charset=UTF-8".into(),
            ],
            body: body.into_bytes(),
        }
    }
}

fn read_chunks(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = u64::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        reader.by_ref().take(length).read_to_end(&mut body).ok()?;
        // The chunk's own end; after the last one it is the end of all.
        reader.read_line(&mut String::new()).ok()?;
        if length == 0 {
            return Some(body);
        }
    }
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let value = std::str::from_utf8(&digits)
                    .ok()
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                bytes.extend(value);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_chunks_are_read() {
        assert_eq!(unescaped("a+b%2Fc%C3%BC"), "a b/cü");
        let chunked = &b"5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n"[..];
        assert_eq!(read_chunks(&mut BufReader::new(chunked)).unwrap(), b"hello!");
    }
}
