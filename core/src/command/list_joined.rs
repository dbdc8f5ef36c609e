//! `list-joined <user>`: The groups one is in. It looks and appends nothing; its order is told at [`Listing`](super::Listing).

pub(super) const USAGE: &str = "Usage: list-joined <user>";

#[cfg(test)]
mod tests {
    use crate::command::{AppCommand, Listing};
    use crate::testing::{assert_usage, read_any};

    #[test]
    fn it_takes_no_words_behind_the_user() {
        assert_eq!(read_any("list-joined \t"), Ok(Some(AppCommand::List(Listing::Joined))));
        assert_usage("list-joined", ["x", "\tx y"]);
    }
}
