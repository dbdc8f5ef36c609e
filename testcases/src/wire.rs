//! The protocol by hand: lines out, JSON in.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::waiting::PATIENCE;

/// One connection to a server.
#[derive(Debug)]
pub struct Wire {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    partial: Vec<u8>,
    pushes: VecDeque<Value>,
}

/// What reading brought.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// A line of JSON.
    Line(Value),
    /// Nothing in time.
    Nothing,
    /// The server has closed the connection.
    Closed,
}

impl Wire {
    /// Connects.
    ///
    /// # Panics
    /// Where nobody listens.
    pub fn connect(server: SocketAddr) -> Self {
        Self::try_connect(server).unwrap_or_else(|error| panic!("{server}: {error}"))
    }

    /// Connects, where somebody listens.
    pub fn try_connect(server: SocketAddr) -> std::io::Result<Self> {
        let writer = TcpStream::connect_timeout(&server, PATIENCE)?;
        writer.set_nodelay(true)?;
        writer.set_write_timeout(Some(PATIENCE))?;
        let reader = BufReader::new(writer.try_clone()?);
        Ok(Self {
            reader,
            writer,
            partial: Vec::new(),
            pushes: VecDeque::new(),
        })
    }

    /// Where it is connected to.
    pub fn server(&self) -> SocketAddr {
        self.writer.peer_addr().expect("it is connected")
    }

    /// Sends one line.
    pub fn send(&mut self, line: &str) {
        self.send_bytes(format!("{line}\n").as_bytes())
            .expect("the server reads");
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.writer.write_all(bytes)
    }

    /// Ends the sending half, as a program does that has said everything.
    pub fn end_input(&self) {
        let _ = self.writer.shutdown(std::net::Shutdown::Write);
    }

    /// The next line of any kind, pushes that were set aside not among them.
    pub fn receive(&mut self, within: Duration) -> Received {
        let deadline = Instant::now() + within;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = left.max(Duration::from_millis(1));
            self.writer
                .set_read_timeout(Some(timeout))
                .expect("the timeout is not zero");
            match self.reader.read_until(b'\n', &mut self.partial) {
                Ok(_) if self.partial.ends_with(b"\n") => return Received::Line(self.take_line()),
                Ok(_) => return Received::Closed,
                Err(error) if is_timeout(&error) && left.is_zero() => return Received::Nothing,
                Err(error) if is_timeout(&error) => {}
                Err(_) => return Received::Closed,
            }
        }
    }

    fn take_line(&mut self) -> Value {
        let line = std::mem::take(&mut self.partial);
        let parsed = serde_json::from_slice(&line);
        parsed.unwrap_or_else(|_| panic!("no JSON: {:?}", String::from_utf8_lossy(&line)))
    }

    /// The next reply, or nothing where the connection is lost first. Pushes
    /// on the way are set aside.
    pub fn try_reply(&mut self) -> Option<Value> {
        loop {
            match self.receive(2 * PATIENCE) {
                Received::Line(line) if line.get("push").is_some() => self.pushes.push_back(line),
                Received::Line(line) => return Some(line),
                Received::Closed => return None,
                Received::Nothing => panic!("no reply within {:?}", 2 * PATIENCE),
            }
        }
    }

    /// The next reply.
    pub fn reply(&mut self) -> Value {
        self.try_reply()
            .expect("the server replies before it closes the connection")
    }

    /// Sends a line and waits for its reply.
    pub fn request(&mut self, line: &str) -> Value {
        self.send(line);
        self.reply()
    }

    /// Sends a line and waits for its reply; nothing where the connection is lost.
    pub fn try_request(&mut self, line: &str) -> Option<Value> {
        self.send_bytes(format!("{line}\n").as_bytes()).ok()?;
        self.try_reply()
    }

    /// The next push, if one comes in time; nothing too where the connection
    /// is closed.
    pub fn push(&mut self, within: Duration) -> Option<Value> {
        if let Some(push) = self.pushes.pop_front() {
            return Some(push);
        }
        match self.receive(within) {
            Received::Line(line) if line.get("push").is_some() => Some(line),
            Received::Line(line) => panic!("a reply to nothing: {line}"),
            Received::Nothing | Received::Closed => None,
        }
    }

    /// The next push that must come.
    pub fn expect_push(&mut self) -> Value {
        self.push(PATIENCE).expect("something is pushed in time")
    }

    /// Takes the pushes set aside so far.
    pub fn take_pushes(&mut self) -> Vec<Value> {
        self.pushes.drain(..).collect()
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

/// The address in a member like `"app":{"host":…,"port":…}`; without a host
/// it is the one already talked to.
///
/// # Panics
/// Where there is none.
pub fn address_in(endpoint: &Value, talked_to: SocketAddr) -> SocketAddr {
    find_address(endpoint, talked_to.ip()).unwrap_or_else(|| panic!("{endpoint} names no address"))
}

/// The same; none where there is no port, or the host is no address.
pub fn find_address(endpoint: &Value, talked_to: IpAddr) -> Option<SocketAddr> {
    let port = u16::try_from(endpoint["port"].as_u64()?).ok()?;
    let host = match &endpoint["host"] {
        Value::String(host) => host.parse().ok()?,
        _ => talked_to,
    };
    Some(SocketAddr::new(host, port))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_without_a_host_is_where_one_is() {
        let here = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(find_address(&json!({"port": 9}), here), Some(SocketAddr::new(here, 9)));
        let there = find_address(&json!({"host": "10.0.0.7", "port": 9}), here);
        assert_eq!(there, Some("10.0.0.7:9".parse().unwrap()));
        assert_eq!(find_address(&json!({"host": "10.0.0.7"}), here), None);
    }
}
