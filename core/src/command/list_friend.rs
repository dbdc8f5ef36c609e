//! `list-friend <user>`: Who one's friends are. It looks and appends nothing; its order is told at [`Listing`](super::Listing).

pub(super) const USAGE: &str = "Usage: list-friend <user>";

#[cfg(test)]
mod tests {
    use crate::command::{AppCommand, Listing};
    use crate::testing::{assert_usage, read_any};

    #[test]
    fn it_takes_no_words_behind_the_user() {
        assert_eq!(read_any("list-friend \t"), Ok(Some(AppCommand::List(Listing::Friends))));
        assert_usage("list-friend", ["x", "\tx y"]);
    }
}
