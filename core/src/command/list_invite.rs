//! `list-invite <user>`: Who has invited one. It looks and appends nothing; its order is told at [`Listing`](super::Listing).

pub(super) const USAGE: &str = "Usage: list-invite <user>";

#[cfg(test)]
mod tests {
    use crate::command::{AppCommand, Listing};
    use crate::testing::{assert_usage, read_any};

    #[test]
    fn it_takes_no_words_behind_the_user() {
        assert_eq!(read_any("list-invite \t"), Ok(Some(AppCommand::List(Listing::Invites))));
        assert_usage("list-invite", ["x", "\tx y"]);
    }
}
