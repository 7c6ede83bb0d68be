use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// A signature algorithm of JWTs ([RFC 7518, section
/// 3.1](https://www.rfc-editor.org/rfc/rfc7518#section-3.1)).
///
/// `none` is not one of them: it cannot be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// `EdDSA` with Ed25519 ([RFC 8037, section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc8037#section-3.1)), named `Ed25519` since [RFC
    /// 9864](https://www.rfc-editor.org/rfc/rfc9864).
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512. With the feature `aws-lc` alone.
    Es512,
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// RSASSA-PKCS1-v1_5 with SHA-256: what every provider offers.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
}

impl Algorithm {
    /// The algorithm of this name, letter by letter; `None` for `none` and whatever else is not
    /// known. `EdDSA` and `Ed25519` are the same.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "EdDSA" | "Ed25519" => Self::EdDsa,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            "HS256" => Self::Hs256,
            "HS384" => Self::Hs384,
            "HS512" => Self::Hs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            _ => return None,
        })
    }

    /// The name in a JWT's header; `EdDSA` for Ed25519, which more servers know.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }

    /// Whether it is keyed with a secret that both sides know.
    #[must_use]
    pub fn is_hmac(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }

    /// Whether this build can compute it: `aws-lc` does all, `ring` all but ES512, and without
    /// either feature there is HMAC alone.
    #[must_use]
    pub fn is_supported(self) -> bool {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => true,
            Self::Es512 => cfg!(feature = "aws-lc"),
            _ => cfg!(any(feature = "aws-lc", feature = "ring")),
        }
    }

    /// For whoever cannot go on without it.
    pub(crate) fn require_supported(self) -> Result<()> {
        if self.is_supported() {
            return Ok(());
        }
        let features = match self {
            Self::Es512 => "aws-lc",
            _ => "aws-lc or ring",
        };
        Err(Error::config(format!("{} needs hallpass-openid's feature {features}", self.as_str())))
    }

    /// What `at_hash` and `c_hash` hold of a token or code: the left half of its hash, in base64url
    /// ([OpenID Connect Core, section
    /// 3.1.3.6](https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken)).
    pub(crate) fn half_hash(self, text: &str) -> String {
        match self.hash() {
            Hash::Sha256 => half_in_base64(&Sha256::digest(text)),
            Hash::Sha384 => half_in_base64(&Sha384::digest(text)),
            Hash::Sha512 => half_in_base64(&Sha512::digest(text)),
        }
    }

    /// The HMAC; `None` for an algorithm that is no HMAC.
    pub(crate) fn hmac(self, key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Hs256 => hmac::<Hmac<Sha256>>(key, message),
            Self::Hs384 => hmac::<Hmac<Sha384>>(key, message),
            Self::Hs512 => hmac::<Hmac<Sha512>>(key, message),
            _ => None,
        }
    }

    fn hash(self) -> Hash {
        match self {
            Self::Es256 | Self::Hs256 | Self::Ps256 | Self::Rs256 => Hash::Sha256,
            Self::Es384 | Self::Hs384 | Self::Ps384 | Self::Rs384 => Hash::Sha384,
            // Ed25519 hashes with SHA-512 itself (RFC 8032 section 5.1).
            Self::EdDsa | Self::Es512 | Self::Hs512 | Self::Ps512 | Self::Rs512 => Hash::Sha512,
        }
    }
}

enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

fn half_in_base64(hash: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
}

fn hmac<M: KeyInit + Mac>(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::Algorithm::{self, *};

    const ALL: [Algorithm; 13] =
        [EdDsa, Es256, Es384, Es512, Hs256, Hs384, Hs512, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512];

    #[test]
    fn a_name_leads_to_its_algorithm_and_back() {
        for algorithm in ALL {
            assert_eq!(Algorithm::from_name(algorithm.as_str()), Some(algorithm));
        }
        assert_eq!(Algorithm::from_name("Ed25519"), Some(EdDsa));
    }

    #[test]
    fn what_is_no_name_is_no_algorithm() {
        for name in ["none", "None", "NONE", "", "rs256", "RS256 ", "ES256K", "Ed448", "RSA-OAEP"] {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn what_is_not_built_in_is_named_with_the_feature_that_brings_it() {
        for algorithm in ALL {
            let want = match algorithm {
                Hs256 | Hs384 | Hs512 => true,
                Es512 => cfg!(feature = "aws-lc"),
                _ => cfg!(feature = "aws-lc") || cfg!(feature = "ring"),
            };
            assert_eq!(algorithm.is_supported(), want, "{algorithm:?}");
            let refusal = algorithm.require_supported().err().map(|error| error.to_string());
            assert_eq!(refusal.is_none(), want, "{algorithm:?}");
            assert!(refusal.is_none_or(|text| text.contains("feature aws-lc")));
        }
    }

    /// OpenID Connect Core, appendices A.3 and A.4.
    #[test]
    fn half_hashes_are_those_of_the_standard() {
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        let code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
        for algorithm in [Rs256, Ps256, Es256, Hs256] {
            assert_eq!(algorithm.half_hash(token), "77QmUPtjPfzWtF2AnpK9RQ", "{algorithm:?}");
            assert_eq!(algorithm.half_hash(code), "LDktKdoQak3Pk0cnXxCltA", "{algorithm:?}");
        }
    }

    #[test]
    fn the_hash_is_as_wide_as_the_algorithm_says() {
        for algorithm in ALL {
            let want = match algorithm {
                Es256 | Hs256 | Ps256 | Rs256 => 22,
                Es384 | Hs384 | Ps384 | Rs384 => 32,
                _ => 43,
            };
            assert_eq!(algorithm.half_hash("token").len(), want, "{algorithm:?}");
            assert_eq!(algorithm.hmac(b"key", b"").is_some(), algorithm.is_hmac(), "{algorithm:?}");
        }
    }
}
