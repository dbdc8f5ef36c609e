//! As much of STOMP 1.2 as an outsider with a password needs, written apart
//! from the adapter under test.

use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::TcpStream;

use super::address::Address;
use super::by_hand::Outsider;

/// A client that has logged in.
#[derive(Debug)]
pub struct Conversation {
    stream: BufReader<TcpStream>,
}

/// A frame from the broker.
struct Frame {
    command: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Conversation {
    /// Logs in.
    pub fn begin(address: &Address) -> Result<Self> {
        let stream = BufReader::new(address.connect()?);
        let mut conversation = Self { stream };
        let Address { user, password, .. } = address;
        let login = format!("accept-version:1.2\nhost:127.0.0.1\nlogin:{user}\npasscode:{password}\n");
        conversation.send("CONNECT", &login, b"")?;
        conversation.receive("CONNECTED")?;
        Ok(conversation)
    }

    /// Sends a frame; every line of `headers` ends with a newline.
    fn send(&mut self, command: &str, headers: &str, body: &[u8]) -> Result<()> {
        let start = format!("{command}\n{headers}\n");
        let frame = [start.as_bytes(), body, b"\0"].concat();
        self.stream.get_mut().write_all(&frame)
    }

    fn receive(&mut self, wanted: &str) -> Result<()> {
        let Frame { command, headers, body } = self.next()?;
        let text = String::from_utf8_lossy(&body);
        let unexpected = || {
            Error::other(format!(
                "the broker said {command} instead of {wanted}: {headers:?} {text}"
            ))
        };
        (command == wanted).then_some(()).ok_or_else(unexpected)
    }

    fn next(&mut self) -> Result<Frame> {
        // Between frames there may be empty lines.
        let mut command = self.line()?;
        while command.is_empty() {
            command = self.line()?;
        }
        let mut headers = Vec::new();
        while let Some((name, value)) = self.line()?.split_once(':') {
            headers.push((name.to_owned(), value.to_owned()));
        }
        let body = self.body(&headers)?;
        Ok(Frame { command, headers, body })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(Error::other("the broker has closed the connection"));
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn body(&mut self, headers: &[(String, String)]) -> Result<Vec<u8>> {
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.and_then(|(_, value)| value.parse::<usize>().ok());
        let mut body = Vec::new();
        if let Some(length) = length {
            body.resize(length + 1, 0);
            self.stream.read_exact(&mut body)?;
        } else {
            self.stream.read_until(0, &mut body)?;
        }
        body.pop();
        Ok(body)
    }
}

impl Outsider for Conversation {
    fn declare(&mut self, queue: &str) -> Result<()> {
        let headers = format!("id:1\ndestination:/queue/{queue}\nreceipt:declared\n");
        self.send("SUBSCRIBE", &headers, b"")?;
        self.receive("RECEIPT")
    }

    fn publish(&mut self, queue: &str, body: &[u8]) -> Result<()> {
        let length = body.len();
        let headers = format!("destination:/queue/{queue}\ncontent-length:{length}\nreceipt:published\n");
        self.send("SEND", &headers, body)?;
        self.receive("RECEIPT")
    }

    fn end(&mut self) -> Result<()> {
        self.send("DISCONNECT", "receipt:done\n", b"")?;
        self.receive("RECEIPT")
    }
}
