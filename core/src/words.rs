//! What libraries say, made fit for a person's eyes.

/// What the operating system says of an error, without the number that it adds for programmers.
pub fn without_code(said: &str) -> String {
    said.split(" (os error").next().unwrap_or(said).to_owned()
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
}
