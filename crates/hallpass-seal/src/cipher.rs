//! XChaCha20-Poly1305 over bytes: the one module that knows the crate it comes from.

use std::fmt;

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305, XNonce};

pub(crate) const KEY_BYTES: usize = 32;
/// Random ones do not meet, however many there are: so long a nonce is why it is this cipher.
pub(crate) const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// A key, wiped when it is dropped.
#[derive(Clone)]
pub(crate) struct Cipher(XChaCha20Poly1305);

impl Cipher {
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// The text and its tag; `None` beyond 256 GiB.
    pub(crate) fn encrypt(
        &self,
        nonce: [u8; NONCE_BYTES],
        associated: &[u8],
        text: &[u8],
    ) -> Option<Vec<u8>> {
        // Room for the tag, or growing would leave the text behind.
        let mut buffer = Vec::with_capacity(text.len() + TAG_BYTES);
        buffer.extend_from_slice(text);
        self.0.encrypt_in_place(&XNonce::from(nonce), associated, &mut buffer).ok()?;
        Some(buffer)
    }

    /// The text; `None` if the tag does not say that it is the one that was encrypted.
    pub(crate) fn decrypt(
        &self,
        nonce: [u8; NONCE_BYTES],
        associated: &[u8],
        mut sealed: Vec<u8>,
    ) -> Option<Vec<u8>> {
        self.0.decrypt_in_place(&XNonce::from(nonce), associated, &mut sealed).ok()?;
        Some(sealed)
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    const TEXT: &str = "Ladies and Gentlemen of the class of '99: If I could offer you only one \
                        tip for the future, sunscreen would be it.";
    const SEALED: &str = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
                          731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
                          2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
                          21f9664c97637da9768812f615c68b13b52e\
                          c0875924c1c7987947deafd8780acf49";

    fn counting<const N: usize>(from: u8) -> [u8; N] {
        std::array::from_fn(|index| from + index as u8)
    }

    #[test]
    fn the_cipher_is_that_of_the_draft() {
        let cipher = Cipher::new(&counting(0x80));
        let associated = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let sealed = cipher.encrypt(counting(0x40), &associated, TEXT.as_bytes()).unwrap();
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, SEALED);
        let text = cipher.decrypt(counting(0x40), &associated, sealed.clone()).unwrap();
        assert_eq!(text, TEXT.as_bytes());
        assert_eq!(cipher.decrypt(counting(0x41), &associated, sealed), None, "another nonce");
    }

    #[test]
    fn what_is_shorter_than_a_tag_is_refused() {
        let cipher = Cipher::new(&counting(0));
        for length in 0..TAG_BYTES {
            assert_eq!(cipher.decrypt(counting(0), b"", vec![0; length]), None);
        }
    }
}
