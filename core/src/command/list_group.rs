//! `list-group <user>`: All groups there are. It looks and appends nothing; its order is told at [`Listing`](super::Listing).

pub(super) const USAGE: &str = "Usage: list-group <user>";

#[cfg(test)]
mod tests {
    use crate::command::{AppCommand, Listing};
    use crate::testing::{assert_usage, read_any};

    #[test]
    fn it_takes_no_words_behind_the_user() {
        assert_eq!(read_any("list-group \t"), Ok(Some(AppCommand::List(Listing::Groups))));
        assert_usage("list-group", ["x", "\tx y"]);
    }
}
