//! What a fixture's words stand for, and the clock and randomness that make it known.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{Clock, Random};
use sha2::{Digest as _, Sha256};

/// Words of a fixture, and the values that they stand for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words(Vec<(String, String)>);

impl Words {
    /// What a client generates with [`FixedRandom`].
    pub(crate) fn fixed() -> Self {
        let value = |byte| URL_SAFE_NO_PAD.encode([byte; 32]);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(value(2)));
        Self::default()
            .with("STATE", &value(1))
            .with("VERIFIER", &value(2))
            .with("NONCE", &value(3))
            .with("CHALLENGE", &challenge)
    }

    pub(crate) fn with(mut self, word: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.0.push((word.to_owned(), value.to_owned()));
        }
        self
    }

    /// What a word stands for.
    pub(crate) fn value(&self, word: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known == word).map(|(_, value)| value.clone())
    }

    /// `text` with words in the place of values.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (word, value)| text.replace(value, word))
    }

    /// `text` with values in the place of words.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
    }
}

/// 32 bytes of 1, then 32 of 2, and so on: state, verifier and nonce, in the order in which a
/// client asks for them.
#[derive(Debug)]
pub(crate) struct FixedRandom;

impl Random for FixedRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for (part, number) in bytes.chunks_mut(32).zip(1..) {
            part.fill(number);
        }
    }
}

/// The time is always 2026-01-01T00:00:00Z.
#[derive(Debug)]
pub(crate) struct FixedClock;

impl FixedClock {
    /// That time, in unix seconds.
    pub(crate) const UNIX_SECONDS: u64 = 1_767_225_600;
}

impl Clock for FixedClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(Self::UNIX_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_can_be_filled_in_again() {
        let words = Words::fixed();
        let text = "state=STATE&challenge=CHALLENGE&verifier=VERIFIER&nonce=NONCE";
        let filled = words.fill(text);
        assert!(["STATE", "CHALLENGE", "VERIFIER", "NONCE"].iter().all(|w| !filled.contains(w)));
        assert_eq!(words.hide(&filled), text);
    }

    #[test]
    fn an_empty_value_hides_nothing() {
        assert_eq!(Words::default().with("STATE", "").hide("abc"), "abc");
    }
}
