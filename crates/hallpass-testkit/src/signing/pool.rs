//! RSA keys, which are slow to make.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::Json;
use serde_json::json;

static SHARED: [OnceLock<Arc<KeyPair>>; 2] = [const { OnceLock::new() }; 2];

/// A key that is like no other.
pub(super) fn rsa() -> KeyPair {
    made(KeyPair::generate(KeySize::Rsa2048), "an RSA key")
}

/// The key of this slot, made when it is first asked for. There are two: an odd one and an even
/// one.
pub(super) fn shared_rsa(slot: usize) -> Arc<KeyPair> {
    Arc::clone(SHARED[slot % SHARED.len()].get_or_init(|| Arc::new(rsa())))
}

/// What a cryptographic library does not fail to make.
pub(super) fn made<T, E>(result: Result<T, E>, what: &str) -> T {
    match result {
        Ok(made) => made,
        Err(_) => panic!("the cryptographic library cannot make {what} on this machine"),
    }
}

/// The numbers of a public key: `der` is an `RSAPublicKey` of [RFC 8017, appendix
/// A.1.1](https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.1).
pub(super) fn rsa_jwk(der: &[u8]) -> Json {
    let numbers = element(der, 0x30).and_then(|(both, _)| {
        let (modulus, rest) = element(both, 0x02)?;
        let (exponent, _) = element(rest, 0x02)?;
        Some((modulus, exponent))
    });
    let (modulus, exponent) = numbers.unwrap_or_default();
    rsa_jwk_of(modulus, exponent)
}

/// Big-endian numbers; zeros in front do not count ([RFC 7518, section
/// 6.3.1](https://www.rfc-editor.org/rfc/rfc7518#section-6.3.1)).
pub(super) fn rsa_jwk_of(modulus: &[u8], exponent: &[u8]) -> Json {
    let number = |bytes: &[u8]| {
        let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        URL_SAFE_NO_PAD.encode(&bytes[first..])
    };
    json!({ "kty": "RSA", "n": number(modulus), "e": number(exponent) })
}

/// The content of a DER element with this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (head, rest) = der.split_at_checked(2)?;
    if head[0] != tag {
        return None;
    }
    let (length, rest) = match head[1] {
        short @ 0..0x80 => (usize::from(short), rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    rest.split_at_checked(length)
}
