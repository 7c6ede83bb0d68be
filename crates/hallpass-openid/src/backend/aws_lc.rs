use aws_lc_rs::{
    rand::SystemRandom,
    signature::{self as aws, KeyPair as _},
};
use rustls_pki_types::PrivateKeyDer;

use super::{Algorithm, Backend, Curve, Material};

pub(super) struct AwsLc;

pub(super) enum PrivateKey {
    Ec(aws::EcdsaKeyPair),
    Ed25519(aws::Ed25519KeyPair),
    Rsa(aws::RsaKeyPair, &'static aws::RsaSignatureEncoding),
}

impl Backend for AwsLc {
    type PublicKey = aws::ParsedPublicKey;
    type PrivateKey = PrivateKey;

    fn public_key(algorithm: Algorithm, material: &Material) -> Option<aws::ParsedPublicKey> {
        match material {
            Material::Rsa { modulus, exponent } => {
                let key = aws::RsaPublicKeyComponents { n: modulus, e: exponent };
                key.to_parsed_public_key(rsa(algorithm)?).ok()
            }
            Material::Point { curve, point } => {
                aws::ParsedPublicKey::new(on_curve(algorithm, *curve)?, point).ok()
            }
        }
    }

    fn verify(key: &aws::ParsedPublicKey, message: &[u8], signature: &[u8]) -> bool {
        key.verify_sig(message, signature).is_ok()
    }

    fn private_key(algorithm: Algorithm, pem: &str) -> Option<PrivateKey> {
        let der = super::der(pem)?;
        if let Some(encoding) = rsa_signing(algorithm) {
            let key = match &der {
                PrivateKeyDer::Pkcs8(der) => {
                    aws::RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok()?
                }
                PrivateKeyDer::Pkcs1(der) => {
                    aws::RsaKeyPair::from_der(der.secret_pkcs1_der()).ok()?
                }
                _ => return None,
            };
            return Some(PrivateKey::Rsa(key, encoding));
        }
        let signing = match algorithm {
            Algorithm::EdDsa => {
                let key = aws::Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_der()).ok()?;
                return Some(PrivateKey::Ed25519(key));
            }
            Algorithm::Es256 => &aws::ECDSA_P256_SHA256_FIXED_SIGNING,
            Algorithm::Es384 => &aws::ECDSA_P384_SHA384_FIXED_SIGNING,
            Algorithm::Es512 => &aws::ECDSA_P521_SHA512_FIXED_SIGNING,
            _ => return None,
        };
        aws::EcdsaKeyPair::from_private_key_der(signing, der.secret_der()).ok().map(PrivateKey::Ec)
    }

    fn sign(key: &PrivateKey, message: &[u8]) -> Option<Vec<u8>> {
        match key {
            PrivateKey::Ec(key) => {
                Some(key.sign(&SystemRandom::new(), message).ok()?.as_ref().to_vec())
            }
            PrivateKey::Ed25519(key) => Some(key.try_sign(message).ok()?.as_ref().to_vec()),
            PrivateKey::Rsa(key, encoding) => {
                let mut signature = vec![0; key.public_modulus_len()];
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
        let algorithm = &aws::ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = aws::EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).ok()?;
        Some(document.as_ref().to_vec())
    }
}

fn rsa(algorithm: Algorithm) -> Option<&'static aws::RsaParameters> {
    Some(match algorithm {
        Algorithm::Ps256 => &aws::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &aws::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &aws::RSA_PSS_2048_8192_SHA512,
        Algorithm::Rs256 => &aws::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &aws::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &aws::RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    })
}

fn rsa_signing(algorithm: Algorithm) -> Option<&'static aws::RsaSignatureEncoding> {
    Some(match algorithm {
        Algorithm::Ps256 => &aws::RSA_PSS_SHA256,
        Algorithm::Ps384 => &aws::RSA_PSS_SHA384,
        Algorithm::Ps512 => &aws::RSA_PSS_SHA512,
        Algorithm::Rs256 => &aws::RSA_PKCS1_SHA256,
        Algorithm::Rs384 => &aws::RSA_PKCS1_SHA384,
        Algorithm::Rs512 => &aws::RSA_PKCS1_SHA512,
        _ => return None,
    })
}

fn on_curve(algorithm: Algorithm, curve: Curve) -> Option<&'static dyn aws::VerificationAlgorithm> {
    Some(match (algorithm, curve) {
        (Algorithm::EdDsa, Curve::Ed25519) => &aws::ED25519,
        (Algorithm::Es256, Curve::P256) => &aws::ECDSA_P256_SHA256_FIXED,
        (Algorithm::Es384, Curve::P384) => &aws::ECDSA_P384_SHA384_FIXED,
        (Algorithm::Es512, Curve::P521) => &aws::ECDSA_P521_SHA512_FIXED,
        _ => return None,
    })
}
