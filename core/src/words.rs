//! What libraries say, made fit for a person's eyes.

/// What the operating system says of an error, without the number that it adds for programmers.
pub fn without_code(said: &str) -> String {
    said.split(" (os error").next().unwrap_or(said).to_owned()
}

/// The first paragraph of what a parser of command lines says, without its layout, and without the URLs that stood in a
/// wrong place: there may be passwords in them.
pub fn one_sentence(said: &str) -> String {
    let first = said.split("\n\n").next().unwrap_or_default();
    let words: Vec<String> = first.split_whitespace().map(shown).collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

fn shown(word: &str) -> String {
    match word.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://…'"),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_words_are_said_without_their_number() {
        let error = std::io::Error::from_raw_os_error(2).to_string();
        assert!(error.contains("os error"));
        assert_eq!(without_code(&error), "No such file or directory");
        assert_eq!(without_code("already fine"), "already fine");
    }

    #[test]
    fn a_parsers_first_paragraph_is_one_line_without_urls() {
        let said = "error: unexpected argument\n  'amqp://ann:secret@host' found\n\nUsage: x\n";
        assert_eq!(one_sentence(said), "unexpected argument 'amqp://…' found");
    }
}
