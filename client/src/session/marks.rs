//! How far a session's messages have come, pure.

use tenfold_core::ids::Position;
/// Positions of one session's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    received: Position,
    shown: Position,
    acked: Position,
    start: Position,
}

impl Marks {
    /// The session is attached from `start`: all up to there has been shown and acknowledged.
    pub fn new(start: Position) -> Marks {
        Marks {
            received: start,
            shown: start,
            acked: start,
            start,
        }
    }

    /// A message has come. Whether it is new: what is at or below the highest is a repetition.
    pub fn receive(&mut self, position: Position) -> bool {
        let new = position > self.received;
        self.received = self.received.max(position);
        new
    }

    /// Messages up to `position` are on the screen.
    pub fn show(&mut self, position: Position) {
        self.shown = self.shown.max(position);
    }

    /// Where to attach from: everything up to there has come and is on the screen or on its way there.
    pub fn received(&self) -> Position {
        self.received
    }

    /// What to acknowledge now, once; `None` where nothing was shown since the last time.
    pub fn acknowledge(&mut self) -> Option<Position> {
        (self.shown > self.acked).then(|| {
            self.acked = self.shown;
            self.shown
        })
    }

    /// The connection is another one: the acknowledgements on the old one may be lost.
    pub fn reconnected(&mut self) {
        self.acked = self.start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_known() {
        let mut marks = Marks::new(Position(10));
        assert!(!marks.receive(Position(10)) && marks.receive(Position(12)));
        assert!(!marks.receive(Position(12)) && !marks.receive(Position(11)));
        assert_eq!(marks.received(), Position(12));
    }

    #[test]
    fn only_what_was_shown_is_acknowledged_and_once() {
        let mut marks = Marks::new(Position(10));
        marks.receive(Position(12));
        assert_eq!(marks.acknowledge(), None);
        marks.show(Position(12));
        assert_eq!((marks.acknowledge(), marks.acknowledge()), (Some(Position(12)), None));
        marks.reconnected();
        assert_eq!(marks.acknowledge(), Some(Position(12)));
    }
}
