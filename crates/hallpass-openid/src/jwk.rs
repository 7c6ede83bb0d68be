use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{Error, Json, Result};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    algorithm::Algorithm,
    backend::{Curve, Material, PublicKey},
    strict,
};

/// More than any provider has; each costs a parse.
const MOST_KEYS: usize = 256;
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// The largest that both back ends take.
const LARGEST_EXPONENT: u64 = (1 << 33) - 1;

/// The keys of a provider that can verify a signature ([RFC 7517, section
/// 5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
pub(crate) struct KeySet(Vec<Jwk>);

/// Why no key was selected: what to do next differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// None fits: the provider may have a new one.
    Unknown,
    /// Several fit, and nothing says which one: fetching them again does not help.
    Ambiguous,
}

impl KeySet {
    /// Reads a key set. Keys of an unknown type, broken ones and those for something else than
    /// verifying are left out, as RFC 7517 section 5 says.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind), reason `jwt`: no key set, or more than
    /// 256 keys. [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `duplicate`: a member is
    /// there twice.
    pub(crate) fn parse(body: &[u8]) -> Result<Self> {
        let body = strict::document(body).map_err(strict::in_jwt)?;
        let Some(keys) = body.get("keys").and_then(Json::as_array) else {
            return Err(Error::malformed("that is no JSON Web Key set").with_reason("jwt"));
        };
        if keys.len() > MOST_KEYS {
            return Err(Error::malformed("the key set has too many keys").with_reason("jwt"));
        }
        // check: 56 => Ok(Self(keys.iter().map_while(Jwk::usable).collect()))
        Ok(Self(keys.iter().filter_map(Jwk::usable).collect()))
    }

    /// The one key that verifies `alg`, and has this very `kid` where one is given ([OpenID Connect
    /// Core, section 10.1](https://openid.net/specs/openid-connect-core-1_0.html#Signing)).
    pub(crate) fn select(&self, alg: Algorithm, kid: Option<&str>) -> Result<&Jwk, NoKey> {
        let mut fitting = self
            .0
            .iter()
            .filter(|key| key.fits(alg) && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid)));
        let first = fitting.next().ok_or(NoKey::Unknown)?;
        // The same key listed twice is still one.
        if fitting.any(|other| other.material != first.material) {
            return Err(NoKey::Ambiguous);
        }
        Ok(first)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet({} keys)", self.0.len())
    }
}

/// A public key, parsed once for each algorithm that it is used with.
pub(crate) struct Jwk {
    kid: Option<Box<str>>,
    alg: Option<Algorithm>,
    issuer: Option<Arc<str>>,
    material: Material,
    /// In the order of [`algorithms`].
    parsed: Box<[OnceLock<Option<PublicKey>>]>,
}

impl Jwk {
    /// Reads one key. A private key's private members are ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind), reason `jwt`: this build cannot verify
    /// with it.
    #[cfg(test)]
    pub(crate) fn from_json(jwk: &Json) -> Result<Self> {
        Self::usable(jwk).ok_or_else(|| {
            Error::malformed("that is no JSON Web Key to verify with").with_reason("jwt")
        })
    }

    /// The issuer that the key is for, where one set serves many: a member of Microsoft's.
    pub(crate) fn issuer(&self) -> Option<Arc<str>> {
        self.issuer.clone()
    }

    /// Whether `signature` is this key's, of `message`.
    pub(crate) fn verify(&self, alg: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        self.fits(alg) && self.parsed(alg).is_some_and(|key| key.verify(message, signature))
    }

    fn usable(jwk: &Json) -> Option<Self> {
        let for_signatures = match jwk.get("use") {
            None => true,
            Some(purpose) => purpose == "sig",
        };
        let for_verifying = match jwk.get("key_ops") {
            None => true,
            Some(operations) => operations.as_array()?.iter().any(|one| one == "verify"),
        };
        if !for_signatures || !for_verifying {
            return None;
        }
        let kid = match jwk.get("kid") {
            None => None,
            Some(kid) => Some(kid.as_str()?.into()),
        };
        let alg = match jwk.get("alg") {
            None => None,
            Some(alg) => Some(Algorithm::from_name(alg.as_str()?)?),
        };
        let issuer = jwk.get("issuer").and_then(Json::as_str).map(Arc::from);
        let material = material(jwk)?;
        let algorithms = algorithms(&material);
        let parsed = algorithms.iter().map(|_| OnceLock::new()).collect();
        let key = Self { kid, alg, issuer, material, parsed };
        // A point off the curve shows when it is parsed.
        let first = algorithms.iter().find(|&&alg| key.fits(alg))?;
        key.parsed(*first).is_some().then_some(key)
    }

    fn fits(&self, alg: Algorithm) -> bool {
        alg.is_supported()
            && self.alg.is_none_or(|own| own == alg)
            && algorithms(&self.material).contains(&alg)
    }

    fn parsed(&self, alg: Algorithm) -> Option<&PublicKey> {
        let place = algorithms(&self.material).iter().position(|&one| one == alg)?;
        let parsed = self.parsed.get(place)?;
        parsed.get_or_init(|| PublicKey::new(alg, &self.material)).as_ref()
    }
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jwk(..)")
    }
}

/// What a key of this sort can verify.
fn algorithms(material: &Material) -> &'static [Algorithm] {
    use Algorithm::{EdDsa, Es256, Es384, Es512, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};

    match material {
        Material::Rsa { .. } => &[Rs256, Ps256, Rs384, Rs512, Ps384, Ps512],
        Material::Point { curve: Curve::Ed25519, .. } => &[EdDsa],
        Material::Point { curve: Curve::P256, .. } => &[Es256],
        Material::Point { curve: Curve::P384, .. } => &[Es384],
        Material::Point { curve: Curve::P521, .. } => &[Es512],
    }
}

/// RFC 7518 section 6 and RFC 8037 section 2. A symmetric key is never one: whoever reads a public
/// key set could sign with it.
fn material(jwk: &Json) -> Option<Material> {
    let text = |name: &str| jwk.get(name)?.as_str();
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
    match text("kty")? {
        "RSA" => rsa(&bytes("n")?, &bytes("e")?),
        "EC" => {
            let (curve, length) = match text("crv")? {
                "P-256" => (Curve::P256, 32),
                "P-384" => (Curve::P384, 48),
                "P-521" => (Curve::P521, 66),
                _ => return None,
            };
            let (x, y) = (bytes("x")?, bytes("y")?);
            if x.len() != length || y.len() != length {
                return None;
            }
            let uncompressed: &[u8] = &[4];
            Some(Material::Point { curve, point: [uncompressed, &x, &y].concat().into() })
        }
        "OKP" if text("crv")? == "Ed25519" => {
            let point = bytes("x")?;
            (point.len() == 32)
                .then(|| Material::Point { curve: Curve::Ed25519, point: point.into() })
        }
        _ => None,
    }
}

/// The other way round: a public key has public members alone.
pub(crate) fn public_jwk(material: &Material) -> Json {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    match material {
        Material::Rsa { modulus, exponent } => {
            json!({ "kty": "RSA", "n": text(modulus), "e": text(exponent) })
        }
        Material::Point { curve: Curve::Ed25519, point } => {
            json!({ "kty": "OKP", "crv": "Ed25519", "x": text(point) })
        }
        Material::Point { curve, point } => {
            let curve = match curve {
                Curve::P384 => "P-384",
                Curve::P521 => "P-521",
                _ => "P-256",
            };
            let coordinates = point.get(1..).unwrap_or_default();
            let (x, y) = coordinates.split_at(coordinates.len() / 2);
            json!({ "kty": "EC", "crv": curve, "x": text(x), "y": text(y) })
        }
    }
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Material> {
    // Libraries that prefix a zero are common enough for RFC 7518 section 6.3.1.1 to mention them.
    let (modulus, exponent) = (without_zeros(modulus), without_zeros(exponent));
    let unused_bits = usize::try_from(modulus.first()?.leading_zeros()).ok()?;
    // check: 60
    if !RSA_BITS.contains(&(modulus.len() * 8 - unused_bits)) || exponent.len() > 8 {
        return None;
    }
    let value = exponent.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
    // check: 60
    if value % 2 == 0 || !(3..=LARGEST_EXPONENT).contains(&value) {
        return None;
    }
    Some(Material::Rsa { modulus: modulus.into(), exponent: exponent.into() })
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    &number[zeros..]
}

/// The thumbprint of a key: SHA-256 of what it is made of, in base64url ([RFC
/// 7638](https://www.rfc-editor.org/rfc/rfc7638)). For RSA, EC, OKP ([RFC 8037, section
/// 2](https://www.rfc-editor.org/rfc/rfc8037#section-2)) and symmetric keys; a private key has that
/// of its public half.
///
/// # Errors
///
/// [`ErrorKind::Malformed`](hallpass_core::ErrorKind), reason `jwt`: it is no such key, or lacks a
/// member that the type requires.
pub fn thumbprint(jwk: &Json) -> Result<String> {
    let members = members_of(jwk)
        .ok_or_else(|| Error::malformed("that is no JSON Web Key").with_reason("jwt"))?;
    Ok(URL_SAFE_NO_PAD.encode(Sha256::digest(members)))
}

/// The members that a type requires, in the order of RFC 7638 section 3.3.
fn members_of(jwk: &Json) -> Option<String> {
    let names: &[&str] = match jwk.get("kty")?.as_str()? {
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        "RSA" => &["e", "kty", "n"],
        "oct" => &["k", "kty"],
        _ => return None,
    };
    let mut members = String::from("{");
    for (index, name) in names.iter().enumerate() {
        let value = jwk.get(name)?.as_str()?;
        // In base64url and in the names of curves nothing can be escaped in two ways.
        if value.is_empty() || !value.bytes().all(is_base64url) {
            return None;
        }
        let comma = if index == 0 { "" } else { "," };
        members.extend([comma, "\"", name, "\":\"", value, "\""]);
    }
    members.push('}');
    Some(members)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests;
