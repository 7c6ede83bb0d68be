use ring::{
    rand::SystemRandom,
    signature::{self as r, KeyPair as _},
};
use rustls_pki_types::PrivateKeyDer;

use super::{Algorithm, Backend, Curve, Material};

pub(super) struct Ring;

/// ring has no parsed form: it reads the key anew for each signature.
pub(super) enum PublicKey {
    Point(r::UnparsedPublicKey<Box<[u8]>>),
    Rsa(r::RsaPublicKeyComponents<Box<[u8]>>, &'static r::RsaParameters),
}

pub(super) enum PrivateKey {
    Ec(r::EcdsaKeyPair),
    Ed25519(r::Ed25519KeyPair),
    Rsa(r::RsaKeyPair, &'static dyn r::RsaEncoding),
}

impl Backend for Ring {
    type PublicKey = PublicKey;
    type PrivateKey = PrivateKey;

    fn public_key(algorithm: Algorithm, material: &Material) -> Option<PublicKey> {
        Some(match material {
            Material::Rsa { modulus, exponent } => PublicKey::Rsa(
                r::RsaPublicKeyComponents { n: modulus.clone(), e: exponent.clone() },
                rsa(algorithm)?,
            ),
            Material::Point { curve, point } => {
                let algorithm = on_curve(algorithm, *curve)?;
                PublicKey::Point(r::UnparsedPublicKey::new(algorithm, point.clone()))
            }
        })
    }

    fn verify(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        match key {
            PublicKey::Point(key) => key.verify(message, signature).is_ok(),
            PublicKey::Rsa(key, parameters) => key.verify(parameters, message, signature).is_ok(),
        }
    }

    fn private_key(algorithm: Algorithm, pem: &str) -> Option<PrivateKey> {
        let der = super::der(pem)?;
        if let Some(encoding) = rsa_signing(algorithm) {
            let key = match &der {
                PrivateKeyDer::Pkcs8(der) => {
                    r::RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok()?
                }
                PrivateKeyDer::Pkcs1(der) => {
                    r::RsaKeyPair::from_der(der.secret_pkcs1_der()).ok()?
                }
                _ => return None,
            };
            return Some(PrivateKey::Rsa(key, encoding));
        }
        let PrivateKeyDer::Pkcs8(der) = &der else {
            return None;
        };
        let der = der.secret_pkcs8_der();
        let signing = match algorithm {
            Algorithm::EdDsa => {
                let key = r::Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
                return Some(PrivateKey::Ed25519(key));
            }
            Algorithm::Es256 => &r::ECDSA_P256_SHA256_FIXED_SIGNING,
            Algorithm::Es384 => &r::ECDSA_P384_SHA384_FIXED_SIGNING,
            _ => return None,
        };
        r::EcdsaKeyPair::from_pkcs8(signing, der, &SystemRandom::new()).ok().map(PrivateKey::Ec)
    }

    fn sign(key: &PrivateKey, message: &[u8]) -> Option<Vec<u8>> {
        match key {
            PrivateKey::Ec(key) => {
                Some(key.sign(&SystemRandom::new(), message).ok()?.as_ref().to_vec())
            }
            PrivateKey::Ed25519(key) => Some(key.sign(message).as_ref().to_vec()),
            PrivateKey::Rsa(key, encoding) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(*encoding, &SystemRandom::new(), message, &mut signature).ok()?;
                Some(signature)
            }
        }
    }
    fn public_half(key: &PrivateKey) -> &[u8] {
        match key {
            PrivateKey::Ec(key) => key.public_key().as_ref(),
            PrivateKey::Ed25519(key) => key.public_key().as_ref(),
            PrivateKey::Rsa(key, _) => key.public_key().as_ref(),
        }
    }

    fn new_p256() -> Option<Vec<u8>> {
        let algorithm = &r::ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = r::EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).ok()?;
        Some(document.as_ref().to_vec())
    }
}

fn rsa(algorithm: Algorithm) -> Option<&'static r::RsaParameters> {
    Some(match algorithm {
        Algorithm::Ps256 => &r::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &r::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &r::RSA_PSS_2048_8192_SHA512,
        Algorithm::Rs256 => &r::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &r::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &r::RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    })
}

fn rsa_signing(algorithm: Algorithm) -> Option<&'static dyn r::RsaEncoding> {
    Some(match algorithm {
        Algorithm::Ps256 => &r::RSA_PSS_SHA256,
        Algorithm::Ps384 => &r::RSA_PSS_SHA384,
        Algorithm::Ps512 => &r::RSA_PSS_SHA512,
        Algorithm::Rs256 => &r::RSA_PKCS1_SHA256,
        Algorithm::Rs384 => &r::RSA_PKCS1_SHA384,
        Algorithm::Rs512 => &r::RSA_PKCS1_SHA512,
        _ => return None,
    })
}

/// Without P-521, which ring does not know.
fn on_curve(algorithm: Algorithm, curve: Curve) -> Option<&'static dyn r::VerificationAlgorithm> {
    Some(match (algorithm, curve) {
        (Algorithm::EdDsa, Curve::Ed25519) => &r::ED25519,
        (Algorithm::Es256, Curve::P256) => &r::ECDSA_P256_SHA256_FIXED,
        (Algorithm::Es384, Curve::P384) => &r::ECDSA_P384_SHA384_FIXED,
        _ => return None,
    })
}
