//! The other direction, for what clients sign.

use aws_lc_rs::{
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
        RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters,
        RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::Json;

use super::{Material, SigningAlgorithm, SigningKey};

/// Whether the owner of a public JWK signed this message in this way. Neither `none` nor a MAC is
/// anybody's signature.
pub(crate) fn verifies(
    jwk: &Json,
    algorithm: SigningAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    match algorithm {
        SigningAlgorithm::Rs256 => by_rsa(jwk, &RSA_PKCS1_2048_8192_SHA256, message, signature),
        SigningAlgorithm::Ps256 => by_rsa(jwk, &RSA_PSS_2048_8192_SHA256, message, signature),
        SigningAlgorithm::Es256 => {
            by_point(jwk, ("P-256", 32), &ECDSA_P256_SHA256_FIXED, message, signature)
        }
        SigningAlgorithm::Es384 => {
            by_point(jwk, ("P-384", 48), &ECDSA_P384_SHA384_FIXED, message, signature)
        }
        SigningAlgorithm::Es512 => {
            by_point(jwk, ("P-521", 66), &ECDSA_P521_SHA512_FIXED, message, signature)
        }
        SigningAlgorithm::EdDsa if jwk["crv"] == "Ed25519" => {
            let x = number(jwk, "x").unwrap_or_default();
            UnparsedPublicKey::new(&ED25519, x).verify(message, signature).is_ok()
        }
        SigningAlgorithm::EdDsa | SigningAlgorithm::Hs256 | SigningAlgorithm::None => false,
    }
}

impl SigningKey {
    /// Whether this key signed the message; `none` never did.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Mac(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
                hmac::verify(&key, message, signature).is_ok()
            }
            Material::None => false,
            _ => verifies(&self.public_jwk(), self.algorithm, message, signature),
        }
    }
}

fn number(jwk: &Json, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(jwk[name].as_str()?).ok()
}

fn by_rsa(jwk: &Json, how: &'static RsaParameters, message: &[u8], signature: &[u8]) -> bool {
    match (jwk["kty"].as_str(), number(jwk, "n"), number(jwk, "e")) {
        (Some("RSA"), Some(n), Some(e)) => {
            RsaPublicKeyComponents { n, e }.verify(how, message, signature).is_ok()
        }
        _ => false,
    }
}

fn by_point(
    jwk: &Json,
    (curve, length_bytes): (&str, usize),
    how: &'static dyn VerificationAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let (Some(x), Some(y)) = (number(jwk, "x"), number(jwk, "y")) else { return false };
    // RFC 7518 section 6.2.1.2: with its zeros in front.
    if jwk["crv"] != curve || x.len() != length_bytes || y.len() != length_bytes {
        return false;
    }
    let point = [&[4], x.as_slice(), &y].concat();
    UnparsedPublicKey::new(how, point).verify(message, signature).is_ok()
}
