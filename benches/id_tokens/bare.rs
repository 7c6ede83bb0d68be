//! The limit of an ID token: its signature alone.

use aws_lc_rs::signature::{self as aws, ParsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Signature;

/// A public key, parsed once.
#[derive(Debug)]
pub struct BareKey(ParsedPublicKey);

impl BareKey {
    /// Of the bytes that aws-lc-rs takes.
    ///
    /// # Panics
    ///
    /// If they are no key.
    #[must_use]
    pub fn new(signature: Signature, public: &[u8]) -> Self {
        let algorithm: &dyn aws::VerificationAlgorithm = match signature {
            Signature::Rs256 => &aws::RSA_PKCS1_2048_8192_SHA256,
            Signature::Es256 => &aws::ECDSA_P256_SHA256_FIXED,
            Signature::EdDsa => &aws::ED25519,
        };
        Self(ParsedPublicKey::new(algorithm, public).expect("a key"))
    }

    /// Whether the signature is the key's.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

/// What is signed, and the signature.
///
/// # Panics
///
/// If it is no JWT.
#[must_use]
pub fn parts(jwt: &str) -> (&[u8], Vec<u8>) {
    let (message, signature) = jwt.rsplit_once('.').expect("a JWT");
    (message.as_bytes(), URL_SAFE_NO_PAD.decode(signature).expect("a signature"))
}
