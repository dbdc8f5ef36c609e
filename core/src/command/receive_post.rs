//! `receive-post <user>`: What one's friends have posted. It looks and appends nothing; its order is told at [`Listing`](super::Listing).

pub(super) const USAGE: &str = "Usage: receive-post <user>";

#[cfg(test)]
mod tests {
    use crate::command::{AppCommand, Listing};
    use crate::testing::{assert_usage, read_any};

    #[test]
    fn it_takes_no_words_behind_the_user() {
        assert_eq!(read_any("receive-post \t"), Ok(Some(AppCommand::List(Listing::Posts))));
        assert_usage("receive-post", ["x", "\tx y"]);
    }
}
