//! What a fixture's words stand for, and the clock and randomness that make it known.

use std::{
    fmt::Write as _,
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{Clock, Random};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// The secret of a fixture's client.
pub(crate) const SECRET: &str = "SECRET";

/// Words of a fixture, and the values that they stand for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words(Vec<(String, String)>);

impl Words {
    /// What a client generates with [`FixedRandom`], and the proofs that it makes of its tokens.
    pub(crate) fn fixed() -> Self {
        let value = |byte| URL_SAFE_NO_PAD.encode([byte; 32]);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(value(2)));
        Self::default()
            .with("STATE", &value(1))
            .with("VERIFIER", &value(2))
            .with("NONCE", &value(3))
            .with("CHALLENGE", &challenge)
            .with("PROOF2", &hmac_hex(SECRET, "TOKEN2"))
            .with("PROOF", &hmac_hex(SECRET, "TOKEN"))
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

/// HMAC-SHA256 in hexadecimal.
pub(crate) fn hmac_hex(key: &str, message: &str) -> String {
    // Any length is a key's: RFC 2104 section 2.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Fills in what a provider adds to a callback: `NOW`, the time in unix seconds, and `HMAC`, the
/// signature of all other parameters as
/// [`verify_hmac_sha256`](hallpass_core::CallbackParams::verify_hmac_sha256) wants it. Whole values
/// alone are words.
pub(crate) fn sign(params: &mut [(String, String)], secret: &str, unix_seconds: u64) {
    for (_, value) in params.iter_mut().filter(|(_, value)| value == "NOW") {
        *value = unix_seconds.to_string();
    }
    let mut others: Vec<_> = params.iter().filter(|(_, value)| value != "HMAC").collect();
    others.sort_by_key(|(name, _)| name);
    let pairs: Vec<String> = others.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let signature = hmac_hex(secret, &pairs.join("&"));
    for (_, value) in params.iter_mut().filter(|(_, value)| value == "HMAC") {
        value.clone_from(&signature);
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
        let text = "state=STATE&challenge=CHALLENGE&verifier=VERIFIER&nonce=NONCE&a=PROOF&b=PROOF2";
        let filled = words.fill(text);
        let words_of_it = ["STATE", "CHALLENGE", "VERIFIER", "NONCE", "PROOF"];
        assert!(words_of_it.iter().all(|word| !filled.contains(word)));
        assert_eq!(words.hide(&filled), text);
    }

    #[test]
    fn a_proof_is_the_tokens_keyed_with_the_secret() {
        // As OpenSSL computes them.
        let one = "9bcde7f1d5e226d86e4692a62e5ec88f99306fb302d74b2dc3bff8a03770b63d";
        let two = "688f41f01ab97ef49463145ca7b3b8737dbd670b7feae10c712b1540823e10f1";
        assert_eq!(Words::fixed().hide(&format!("{one}&{two}")), "PROOF&PROOF2");
        // RFC 4231 section 4.3.
        let want = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hmac_hex("Jefe", "what do ya want for nothing?"), want);
    }

    #[test]
    fn a_callback_is_signed_over_all_other_parameters_in_order() {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let sent = [("state", "s"), ("mac", "HMAC"), ("at", "NOW"), ("code", "NOW HMAC")];
        let mut params = sent.map(pair);
        sign(&mut params, "Jefe", 7);
        let want = hmac_hex("Jefe", "at=7&code=NOW HMAC&state=s");
        assert_eq!(
            params,
            [("state", "s"), ("mac", &*want), ("at", "7"), ("code", "NOW HMAC")].map(pair)
        );
    }

    #[test]
    fn an_empty_value_hides_nothing() {
        assert_eq!(Words::default().with("STATE", "").hide("abc"), "abc");
    }
}
