//! STOMP 1.2's frames and their bytes. Pure.

use std::fmt;

use bytes::{BufMut, BytesMut};

/// What a frame is: the few that we send and understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Connect,
    Connected,
    Subscribe,
    Send,
    Message,
    Receipt,
    Error,
    Disconnect,
}

impl Command {
    pub const ALL: [Command; 8] = [
        Command::Connect,
        Command::Connected,
        Command::Subscribe,
        Command::Send,
        Command::Message,
        Command::Receipt,
        Command::Error,
        Command::Disconnect,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Command::Connect => "CONNECT",
            Command::Connected => "CONNECTED",
            Command::Subscribe => "SUBSCRIBE",
            Command::Send => "SEND",
            Command::Message => "MESSAGE",
            Command::Receipt => "RECEIPT",
            Command::Error => "ERROR",
            Command::Disconnect => "DISCONNECT",
        }
    }
}

/// A frame. `Debug` leaves out what its headers say: a password may be among it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub command: Command,
    /// In the order they came.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Frame {
    /// One with neither headers nor a body.
    pub fn new(command: Command) -> Frame {
        Frame {
            command,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// With one more header.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Frame {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With a body, which may hold any bytes: its length stands before it.
    pub fn carrying(self, body: Vec<u8>) -> Frame {
        let mut frame = self.with("content-length", body.len().to_string());
        frame.body = body;
        frame
    }

    /// What the header says. Of several with the same name the first counts.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Adds its bytes to `out`.
    pub fn encode(&self, out: &mut BytesMut) {
        out.reserve(self.body.len() + 256);
        out.put_slice(self.command.name().as_bytes());
        out.put_u8(b'\n');
        for (name, value) in &self.headers {
            self.escape(name, out);
            out.put_u8(b':');
            self.escape(value, out);
            out.put_u8(b'\n');
        }
        out.put_u8(b'\n');
        out.put_slice(&self.body);
        out.put_u8(0);
    }

    /// The standard escapes nothing in CONNECT, yet ActiveMQ reads it like any other frame: a backslash in a password must
    /// be escaped. A colon need not be, there.
    fn escape(&self, text: &str, out: &mut BytesMut) {
        for byte in text.bytes() {
            match byte {
                b'\r' => out.put_slice(b"\\r"),
                b'\n' => out.put_slice(b"\\n"),
                b':' if self.command != Command::Connect => out.put_slice(b"\\c"),
                b'\\' => out.put_slice(b"\\\\"),
                other => out.put_u8(other),
            }
        }
    }

    /// Adds a header, from the text of its line. `false`: it is none.
    pub fn add_line(&mut self, line: &str) -> bool {
        let Some((name, value)) = line.split_once(':') else {
            return false;
        };
        let header = match self.command {
            Command::Connected => (name.to_owned(), value.to_owned()),
            _ => (unescaped(name), unescaped(value)),
        };
        self.headers.push(header);
        true
    }
}

/// A queue as STOMP names it.
pub(super) fn destination(queue: &str) -> String {
    format!("/queue/{queue}")
}

/// An unknown escape stays as it is. The standard wants the connection ended, but ActiveMQ passes on what others named their
/// headers, and none of them shall be able to end it.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let meant = match after.bytes().next() {
            Some(b'r') => '\r',
            Some(b'n') => '\n',
            Some(b'c') => ':',
            Some(b'\\') => '\\',
            _ => {
                plain.push('\\');
                rest = after;
                continue;
            }
        };
        plain.push(meant);
        rest = &after[1..];
    }
    plain.push_str(rest);
    plain
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        write!(f, "{} {names:?} with {} bytes", self.command.name(), self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(frame: &Frame) -> Vec<u8> {
        let mut out = BytesMut::new();
        frame.encode(&mut out);
        out.to_vec()
    }

    #[test]
    fn activemq_frames_are_written_as_the_standard_says() {
        let frame = Frame::new(Command::Send)
            .with("destination", "/queue/a:b\\c\r\n")
            .carrying(b"h\0i".to_vec());
        let wanted = b"SEND\ndestination:/queue/a\\cb\\\\c\\r\\n\ncontent-length:3\n\nh\0i\0";
        assert_eq!(bytes(&frame), wanted);
    }

    #[test]
    fn activemq_reads_connect_as_it_reads_others() {
        let frame = Frame::new(Command::Connect).with("passcode", "a:b\\c");
        assert_eq!(bytes(&frame), b"CONNECT\npasscode:a:b\\\\c\n\n\0");
    }

    #[test]
    fn activemq_unknown_escapes_stay_as_they_are() {
        for (escaped, plain) in [
            ("\\c\\\\\\r\\n", ":\\\r\n"),
            ("a\\tb\\", "a\\tb\\"),
            ("\\é\\\\c", "\\é\\c"),
        ] {
            assert_eq!(unescaped(escaped), plain, "{escaped}");
        }
    }

    #[test]
    fn activemq_first_of_repeated_headers_counts_and_none_is_shown() {
        let frame = Frame::new(Command::Connect)
            .with("login", "ann")
            .with("passcode", "secret")
            .with("login", "bob");
        assert_eq!(frame.header("login"), Some("ann"));
        assert_eq!(frame.header("host"), None);
        let shown = format!("{frame:?}");
        assert!(!shown.contains("ann") && !shown.contains("secret"), "{shown}");
    }
}
