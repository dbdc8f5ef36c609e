//! Bytes from a server to lines.

/// The longest line a server may send, in bytes: a list of posts is one line, and may be long.
pub const LONGEST: usize = 256 * 1024 * 1024;

/// Collects bytes until a line is whole.
#[derive(Debug, Default)]
pub struct ReplyBuffer {
    bytes: Vec<u8>,
    /// How many of `bytes` were handed out already.
    taken: usize,
    /// How many of `bytes` are known to hold no line end.
    searched: usize,
}

/// A server sent a line over [`LONGEST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server sent a line without end")]
pub struct Endless;

impl ReplyBuffer {
    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.bytes.drain(..self.taken);
            self.searched -= self.taken;
            self.taken = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole line, without its end.
    ///
    /// # Errors
    /// [`Endless`] where what there is of a line is too long already.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, Endless> {
        let Some(offset) = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n') else {
            self.searched = self.bytes.len();
            return if self.searched - self.taken > LONGEST {
                Err(Endless)
            } else {
                Ok(None)
            };
        };
        let (start, end) = (self.taken, self.searched + offset);
        self.taken = end + 1;
        self.searched = self.taken;
        Ok(Some(&self.bytes[start..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_arrive_in_pieces_and_several_at_once() {
        let mut buffer = ReplyBuffer::default();
        buffer.push(b"ab");
        assert_eq!(buffer.next_line(), Ok(None));
        buffer.push(b"c\nd\n\ne");
        assert_eq!(buffer.next_line(), Ok(Some(&b"abc"[..])));
        assert_eq!(buffer.next_line(), Ok(Some(&b"d"[..])));
        buffer.push(b"f");
        assert_eq!(buffer.next_line(), Ok(Some(&b""[..])));
        assert_eq!(buffer.next_line(), Ok(None));
        buffer.push(b"\n");
        assert_eq!(buffer.next_line(), Ok(Some(&b"ef"[..])));
    }
}
