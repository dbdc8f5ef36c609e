//! What the operator was told of the publishing: each trouble once, and when it is over.

/// The most different troubles that are told before all is well again.
const MOST: usize = 10;

/// What was told since all was well.
#[derive(Debug, Default)]
pub struct Told {
    troubles: Vec<String>,
}

impl Told {
    /// Says what is wrong, if that was not said yet.
    pub fn trouble(&mut self, sentence: &str) {
        if self.troubles.len() < MOST && !self.troubles.iter().any(|told| told == sentence) {
            tracing::warn!("metrics are not published now, and kept for later: {sentence}");
            self.troubles.push(sentence.to_owned());
        } else {
            tracing::debug!("metrics still are not published: {sentence}");
        }
    }

    /// Says that all is well, if it was not.
    pub fn all_is_well(&mut self) {
        if !self.troubles.is_empty() {
            tracing::info!("metrics are published again");
        }
        self.troubles.clear();
    }
}
