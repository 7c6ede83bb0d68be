use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass_core::Secret;

use crate::algorithm::Algorithm;

#[cfg(feature = "aws-lc")]
mod aws_lc;
#[cfg(all(feature = "ring", not(feature = "aws-lc")))]
mod ring;

#[cfg(feature = "aws-lc")]
use self::aws_lc::AwsLc as Chosen;
#[cfg(all(feature = "ring", not(feature = "aws-lc")))]
use self::ring::Ring as Chosen;
#[cfg(not(any(feature = "aws-lc", feature = "ring")))]
use self::without::Without as Chosen;

/// What this crate asks of a library of cryptography: the one place where two of them differ.
/// Nothing in it is state of the process.
trait Backend {
    /// A public key, ready to verify signatures of one algorithm.
    type PublicKey: Send + Sync;
    /// A private key, ready to sign with one algorithm.
    type PrivateKey: Send + Sync;

    /// `None` if there is no such algorithm for this key, or the key is broken. A library that
    /// reads keys late says so in [`verify`](Self::verify).
    fn public_key(algorithm: Algorithm, material: &Material) -> Option<Self::PublicKey>;

    fn verify(key: &Self::PublicKey, message: &[u8], signature: &[u8]) -> bool;

    /// `None` if the PEM holds no key for the algorithm, in a form that the library reads.
    fn private_key(algorithm: Algorithm, pem: &str) -> Option<Self::PrivateKey>;

    fn sign(key: &Self::PrivateKey, message: &[u8]) -> Option<Vec<u8>>;

    /// The public half: a point as in [`Material`], an RSA key as the DER of [RFC 8017, appendix
    /// A.1.1](https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.1).
    fn public_half(key: &Self::PrivateKey) -> &[u8];

    /// The PKCS#8 of a new key on P-256, from the library's own randomness.
    fn new_p256() -> Option<Vec<u8>>;
}

/// A public key as numbers.
#[derive(PartialEq, Eq)]
pub(crate) enum Material {
    /// Both big-endian, without leading zeros.
    Rsa { modulus: Box<[u8]>, exponent: Box<[u8]> },
    /// An uncompressed point (SEC 1 section 2.3.3), or the 32 bytes of RFC 8032 section 5.1.2.
    Point { curve: Curve, point: Box<[u8]> },
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    Ed25519,
    P256,
    P384,
    P521,
}

/// A public key for one algorithm.
pub(crate) struct PublicKey(<Chosen as Backend>::PublicKey);

impl PublicKey {
    pub(crate) fn new(algorithm: Algorithm, material: &Material) -> Option<Self> {
        Chosen::public_key(algorithm, material).map(Self)
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        Chosen::verify(&self.0, message, signature)
    }
}

/// A private key for one algorithm.
pub(crate) struct PrivateKey(<Chosen as Backend>::PrivateKey);

impl PrivateKey {
    pub(crate) fn from_pem(algorithm: Algorithm, pem: &str) -> Option<Self> {
        Chosen::private_key(algorithm, pem).map(Self)
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        Chosen::sign(&self.0, message)
    }

    /// What others verify with. The algorithm is that of the key.
    pub(crate) fn public_half(&self, algorithm: Algorithm) -> Option<Material> {
        let bytes = Chosen::public_half(&self.0);
        let curve = match algorithm {
            Algorithm::EdDsa => Curve::Ed25519,
            Algorithm::Es256 => Curve::P256,
            Algorithm::Es384 => Curve::P384,
            Algorithm::Es512 => Curve::P521,
            _ => return rsa_public_key(bytes),
        };
        Some(Material::Point { curve, point: bytes.into() })
    }

    /// The PEM of a new key on P-256; `None` without a back end, or if its randomness fails.
    pub(crate) fn new_p256() -> Option<Secret> {
        let base64 = Secret::new(STANDARD.encode(Chosen::new_p256()?));
        let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
        let mut rest = base64.expose();
        while !rest.is_empty() {
            // RFC 7468 section 2: 64 characters in a line.
            let (line, after) = rest.split_at(rest.len().min(64));
            pem.extend([line, "\n"]);
            rest = after;
        }
        pem.push_str("-----END PRIVATE KEY-----\n");
        Some(Secret::new(pem))
    }
}

/// A sequence of two integers, as the library wrote it.
fn rsa_public_key(der: &[u8]) -> Option<Material> {
    let (sequence, _) = tagged(der, 0x30)?;
    let (modulus, rest) = tagged(sequence, 0x02)?;
    let (exponent, _) = tagged(rest, 0x02)?;
    let number = |bytes: &[u8]| {
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        Box::from(bytes.get(zeros..).unwrap_or_default())
    };
    Some(Material::Rsa { modulus: number(modulus), exponent: number(exponent) })
}

/// What a DER value with this tag holds, and what follows it.
fn tagged(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, length], rest) = der.split_first_chunk()?;
    let (length, rest) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        let (length, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        let length = length.iter().try_fold(0_usize, |sum, &byte| {
            sum.checked_mul(256).map(|sum| sum + usize::from(byte))
        });
        (length?, rest)
    };
    (found == tag).then_some(())?;
    rest.split_at_checked(length)
}

#[cfg(any(feature = "aws-lc", feature = "ring"))]
fn der(pem: &str) -> Option<rustls_pki_types::PrivateKeyDer<'static>> {
    use rustls_pki_types::pem::PemObject as _;

    rustls_pki_types::PrivateKeyDer::from_pem_slice(pem.as_bytes()).ok()
}

#[cfg(not(any(feature = "aws-lc", feature = "ring")))]
mod without {
    use std::convert::Infallible;

    use super::{Algorithm, Backend, Material};

    /// No key can be made, so nothing is ever verified or signed.
    pub(super) struct Without;

    impl Backend for Without {
        type PublicKey = Infallible;
        type PrivateKey = Infallible;

        fn public_key(_: Algorithm, _: &Material) -> Option<Infallible> {
            None
        }

        fn verify(key: &Infallible, _: &[u8], _: &[u8]) -> bool {
            match *key {}
        }

        fn private_key(_: Algorithm, _: &str) -> Option<Infallible> {
            None
        }

        fn sign(key: &Infallible, _: &[u8]) -> Option<Vec<u8>> {
            match *key {}
        }

        fn public_half(key: &Infallible) -> &[u8] {
            match *key {}
        }

        fn new_p256() -> Option<Vec<u8>> {
            None
        }
    }
}
