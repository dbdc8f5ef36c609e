//! As much of AMQP 0.9.1 as an outsider with a password needs, written apart
//! from the adapter under test. The numbers are those of the specification.

use std::io::{Error, Read, Result, Write};
use std::net::TcpStream;

use super::address::Address;
use super::by_hand::Outsider;

/// What a client says first.
const GREETING: &[u8] = b"AMQP\x00\x00\x09\x01";

/// What a method is called: its class, and its number there.
type Method = (u16, u16);

const START: Method = (10, 10);
const START_OK: Method = (10, 11);
const TUNE: Method = (10, 30);
const TUNE_OK: Method = (10, 31);
const OPEN: Method = (10, 40);
const OPEN_OK: Method = (10, 41);
const CLOSE: Method = (10, 50);
const CLOSE_OK: Method = (10, 51);
const CHANNEL_OPEN: Method = (20, 10);
const CHANNEL_OPEN_OK: Method = (20, 11);
const DECLARE: Method = (50, 10);
const DECLARE_OK: Method = (50, 11);
const PUBLISH: Method = (60, 40);
const ACK: Method = (60, 80);
const CONFIRM: Method = (85, 10);
const CONFIRM_OK: Method = (85, 11);

/// The types of frames, and what ends each.
const METHOD_FRAME: u8 = 1;
const HEADER_FRAME: u8 = 2;
const BODY_FRAME: u8 = 3;
const FRAME_END: u8 = 0xCE;

/// The most that one frame carries; every server takes so much.
const PIECE: usize = 4000;

/// Ask back about a message that reaches no queue.
const MANDATORY: u8 = 1;

/// A client that has logged in, with one channel open.
#[derive(Debug)]
pub struct Conversation {
    stream: TcpStream,
}

impl Conversation {
    /// Logs in.
    pub fn begin(address: &Address) -> Result<Self> {
        let mut stream = address.connect()?;
        stream.write_all(GREETING)?;
        let mut conversation = Self { stream };
        conversation.receive(START)?;
        conversation.log_in(address)?;
        conversation.ask(1, CHANNEL_OPEN, &short(""), CHANNEL_OPEN_OK)?;
        Ok(conversation)
    }

    fn log_in(&mut self, address: &Address) -> Result<()> {
        let Address { user, password, .. } = address;
        let no_properties = 0_u32.to_be_bytes();
        let secret = long(&format!("\0{user}\0{password}"));
        let login = [&no_properties[..], &short("PLAIN"), &secret, &short("en_US")].concat();
        self.send_method(0, START_OK, &login)?;
        let mut limits = self.receive(TUNE)?;
        // The last two bytes ask for heartbeats: none.
        limits.truncate(6);
        limits.extend([0, 0]);
        self.send_method(0, TUNE_OK, &limits)?;
        let place = [&short(&address.virtual_host)[..], &short(""), &[0]].concat();
        self.ask(0, OPEN, &place, OPEN_OK)
    }

    fn ask(&mut self, channel: u16, method: Method, arguments: &[u8], answer: Method) -> Result<()> {
        self.send_method(channel, method, arguments)?;
        self.receive(answer).map(drop)
    }

    fn send_method(&mut self, channel: u16, (class, number): Method, arguments: &[u8]) -> Result<()> {
        let payload = [&class.to_be_bytes()[..], &number.to_be_bytes(), arguments].concat();
        self.send(METHOD_FRAME, channel, &payload)
    }

    fn send(&mut self, frame_type: u8, channel: u16, payload: &[u8]) -> Result<()> {
        let length = u32::try_from(payload.len()).map_err(Error::other)?;
        let start = [&[frame_type][..], &channel.to_be_bytes(), &length.to_be_bytes()].concat();
        self.stream.write_all(&[&start, payload, &[FRAME_END]].concat())
    }

    /// The arguments of the next method, which must be the `wanted` one.
    fn receive(&mut self, wanted: Method) -> Result<Vec<u8>> {
        let mut start = [0; 7];
        self.stream.read_exact(&mut start)?;
        let [frame_type, _, _, length @ ..] = start;
        let mut payload = vec![0; u32::from_be_bytes(length) as usize + 1];
        self.stream.read_exact(&mut payload)?;
        payload.pop();
        let method = payload.split_at_checked(4);
        match method {
            Some(([a, b, c, d], rest)) if frame_type == METHOD_FRAME => {
                let said = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
                let text = String::from_utf8_lossy(rest);
                let unexpected = || Error::other(format!("the broker said {said:?} instead of {wanted:?}: {text}"));
                (said == wanted).then(|| rest.to_vec()).ok_or_else(unexpected)
            }
            _ => Err(Error::other("the broker sent something else than a method")),
        }
    }
}

impl Outsider for Conversation {
    fn declare(&mut self, queue: &str) -> Result<()> {
        let no_options = 0_u8;
        let no_arguments = 0_u32.to_be_bytes();
        let queue = [&[0, 0], &short(queue)[..], &[no_options], &no_arguments].concat();
        self.ask(1, DECLARE, &queue, DECLARE_OK)
    }

    fn publish(&mut self, queue: &str, body: &[u8]) -> Result<()> {
        self.ask(1, CONFIRM, &[0], CONFIRM_OK)?;
        let to = [&[0, 0], &short("")[..], &short(queue), &[MANDATORY]].concat();
        self.send_method(1, PUBLISH, &to)?;
        let length = (body.len() as u64).to_be_bytes();
        let header = [&60_u16.to_be_bytes()[..], &[0, 0], &length, &[0, 0]].concat();
        self.send(HEADER_FRAME, 1, &header)?;
        for piece in body.chunks(PIECE) {
            self.send(BODY_FRAME, 1, piece)?;
        }
        // Without such a queue the message itself would come back first.
        self.receive(ACK).map(drop)
    }

    fn end(&mut self) -> Result<()> {
        let reason = [&200_u16.to_be_bytes()[..], &short("done"), &[0, 0, 0, 0]].concat();
        self.ask(0, CLOSE, &reason, CLOSE_OK)
    }
}

/// A text of up to 255 bytes.
fn short(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("names in tests are short");
    [&[length], text.as_bytes()].concat()
}

fn long(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).expect("texts in tests are short");
    [&length.to_be_bytes(), text.as_bytes()].concat()
}
