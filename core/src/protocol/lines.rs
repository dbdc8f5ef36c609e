//! Bytes to lines, without I/O: bounded memory whatever arrives.

use super::text::LINE_LIMIT;

/// One line as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Text without its line end.
    Text(String),
    /// More bytes than the limit; its bytes are gone.
    TooLong,
    /// Bytes that are no UTF-8, or have a NUL among them.
    NotText,
}

/// Collects bytes and hands out lines. Holds no more of an unfinished line than the limit, plus what was last pushed.
#[derive(Debug)]
pub struct LineBuffer {
    /// The most bytes a line may have, its end not counted.
    limit: usize,
    bytes: Vec<u8>,
    /// How many of `bytes` were handed out already.
    taken: usize,
    /// How many of `bytes` are known to hold no line end.
    searched: usize,
    /// The line under way is too long; what comes until its end is dropped.
    skipping: bool,
}

impl Default for LineBuffer {
    fn default() -> LineBuffer {
        LineBuffer::with_limit(LINE_LIMIT)
    }
}

impl LineBuffer {
    /// An empty one, for lines of up to [`LINE_LIMIT`] bytes.
    pub fn new() -> LineBuffer {
        LineBuffer::default()
    }

    /// An empty one, for lines of up to `limit` bytes.
    pub fn with_limit(limit: usize) -> LineBuffer {
        LineBuffer {
            limit,
            bytes: Vec::new(),
            taken: 0,
            searched: 0,
            skipping: false,
        }
    }

    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.bytes.drain(..self.taken);
            self.searched -= self.taken;
            self.taken = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next finished line, if there is one.
    pub fn next_line(&mut self) -> Option<Line> {
        let end = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(end) = end.map(|offset| self.searched + offset) else {
            self.searched = self.bytes.len();
            if self.searched - self.taken > self.limit + 1 {
                self.skipping = true;
            }
            if self.skipping {
                self.clear();
            }
            return None;
        };
        let line = self.classify(&self.bytes[self.taken..end]);
        self.skipping = false;
        self.taken = end + 1;
        self.searched = self.taken;
        Some(line)
    }

    /// What is left when the input ends without a line end.
    pub fn finish(&mut self) -> Option<Line> {
        let left = &self.bytes[self.taken..];
        let line = (self.skipping || !left.is_empty()).then(|| self.classify(left));
        self.skipping = false;
        self.clear();
        line
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.taken = 0;
        self.searched = 0;
    }

    fn classify(&self, bytes: &[u8]) -> Line {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if self.skipping || bytes.len() > self.limit {
            return Line::TooLong;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => Line::Text(text.to_owned()),
            _ => Line::NotText,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines_of(chunks: &[&[u8]]) -> Vec<Line> {
        let mut buffer = LineBuffer::new();
        let mut lines = Vec::new();
        for chunk in chunks {
            buffer.push(chunk);
            while let Some(line) = buffer.next_line() {
                lines.push(line);
            }
        }
        lines.extend(buffer.finish());
        lines
    }

    fn text(line: &str) -> Line {
        Line::Text(line.into())
    }

    #[test]
    fn lines_arrive_in_pieces() {
        assert_eq!(
            lines_of(&[b"ab", b"c\r\nd\n\n", b"e"]),
            [text("abc"), text("d"), text(""), text("e")]
        );
    }

    #[test]
    fn the_limit_is_exact() {
        let fits = vec![b'x'; LINE_LIMIT];
        let over = vec![b'x'; LINE_LIMIT + 1];
        assert_eq!(lines_of(&[&fits, b"\r\n"]), [text(std::str::from_utf8(&fits).unwrap())]);
        assert_eq!(lines_of(&[&over, b"\n", b"next\n"]), [Line::TooLong, text("next")]);
    }

    #[test]
    fn a_line_without_end_holds_no_memory() {
        let mut buffer = LineBuffer::new();
        for _ in 0..100 {
            buffer.push(&[b'x'; 10_000]);
            assert_eq!(buffer.next_line(), None);
            assert!(buffer.bytes.len() <= LINE_LIMIT + 10_001);
        }
        buffer.push(b"\nnext\n");
        assert_eq!(buffer.next_line(), Some(Line::TooLong));
        assert_eq!(buffer.next_line(), Some(text("next")));
    }

    #[test]
    fn what_is_no_text_is_said_so_and_the_next_line_lives() {
        assert_eq!(
            lines_of(&[b"a\0b\n\xff\xfe\nok\n"]),
            [Line::NotText, Line::NotText, text("ok")]
        );
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_does_not_matter(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(lines_of(&[&bytes]), lines_of(&[&bytes[..cut], &bytes[cut..]]));
        }
    }
}
