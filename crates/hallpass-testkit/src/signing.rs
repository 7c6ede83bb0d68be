use std::{fmt, sync::Arc};

use aws_lc_rs::{
    digest,
    encoding::AsDer as _,
    hmac,
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
        ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
        KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hallpass_core::{Json, Secret};
use rand::Rng as _;
use serde_json::{Map, json};

mod decoy;
mod pool;
mod verify;

pub(crate) use self::{decoy::Decoy, verify::verifies};

/// How a JWT is signed: values of `alg` ([RFC 7518, section
/// 3.1](https://www.rfc-editor.org/rfc/rfc7518#section-3.1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SigningAlgorithm {
    /// `RS256`: RSA of 2048 bits, PKCS#1 v1.5, SHA-256.
    Rs256,
    /// `PS256`: RSA of 2048 bits, PSS, SHA-256.
    Ps256,
    /// `ES256`: P-256, SHA-256.
    Es256,
    /// `ES384`: P-384, SHA-384.
    Es384,
    /// `ES512`: P-521, SHA-512.
    Es512,
    /// `EdDSA` with Ed25519 ([RFC 8037](https://www.rfc-editor.org/rfc/rfc8037)).
    EdDsa,
    /// `HS256`: a MAC, keyed with a secret that both sides have.
    Hs256,
    /// `none`: no signature.
    None,
}

impl SigningAlgorithm {
    /// The value of `alg`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
            Self::None => "none",
        }
    }

    /// The algorithm of a name, spelled as in [`as_str`](Self::as_str).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        use SigningAlgorithm::{EdDsa, Es256, Es384, Es512, Hs256, None, Ps256, Rs256};
        let known = [Rs256, Ps256, Es256, Es384, Es512, EdDsa, Hs256, None];
        known.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// The value of `at_hash` or `c_hash` for an access token or a code: the first half of its
    /// digest, in base64url ([OpenID Connect Core, section
    /// 3.1.3.6](https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken)).
    ///
    /// The digest is the one of the algorithm; that of Ed25519 is SHA-512. `none` has no digest,
    /// and gets SHA-256.
    #[must_use]
    pub fn half_hash(self, value: &str) -> String {
        let digest = match self {
            Self::Es384 => &digest::SHA384,
            Self::Es512 | Self::EdDsa => &digest::SHA512,
            _ => &digest::SHA256,
        };
        let digest = digest::digest(digest, value.as_bytes());
        URL_SAFE_NO_PAD.encode(&digest.as_ref()[..digest.as_ref().len() / 2])
    }
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key that signs JWTs, right or wrong ones: it signs what it is given.
///
/// `Debug` shows algorithm and key id.
///
/// ```
/// # use hallpass_testkit::SigningKey;
/// # use serde_json::json;
/// let key = SigningKey::es256().with_key_id("spring");
/// let jwks = json!({ "keys": [key.public_jwk()] });
/// let claims = json!({ "iss": "https://acme.test", "sub": "42" });
/// let token = key.jwt(claims.as_object().unwrap());
/// assert_eq!(token.split('.').count(), 3);
/// assert_eq!(jwks["keys"][0]["kid"], "spring");
/// ```
#[derive(Clone)]
pub struct SigningKey {
    algorithm: SigningAlgorithm,
    key_id: Option<String>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Rsa(Arc<rsa::KeyPair>),
    Ec(Arc<EcdsaKeyPair>),
    Ed(Arc<Ed25519KeyPair>),
    Mac(Secret),
    None,
}

/// New keys. Each but `hs256` and `none` has a key id of its own, at random.
///
/// # Panics
///
/// All of them, if the cryptographic library cannot make a key: that needs a machine without
/// randomness or memory.
impl SigningKey {
    /// RSA of 2048 bits, for `RS256`. That takes a tenth of a second or more.
    #[must_use]
    pub fn rs256() -> Self {
        Self::new(SigningAlgorithm::Rs256, Material::Rsa(Arc::new(pool::rsa())))
    }

    /// RSA of 2048 bits, for `PS256`. That takes a tenth of a second or more.
    #[must_use]
    pub fn ps256() -> Self {
        Self { algorithm: SigningAlgorithm::Ps256, ..Self::rs256() }
    }

    /// P-256, for `ES256`.
    #[must_use]
    pub fn es256() -> Self {
        Self::new(SigningAlgorithm::Es256, Material::ec(&ECDSA_P256_SHA256_FIXED_SIGNING))
    }

    /// P-384, for `ES384`.
    #[must_use]
    pub fn es384() -> Self {
        Self::new(SigningAlgorithm::Es384, Material::ec(&ECDSA_P384_SHA384_FIXED_SIGNING))
    }

    /// P-521, for `ES512`.
    #[must_use]
    pub fn es512() -> Self {
        Self::new(SigningAlgorithm::Es512, Material::ec(&ECDSA_P521_SHA512_FIXED_SIGNING))
    }

    /// Ed25519, for `EdDSA`.
    #[must_use]
    pub fn ed_dsa() -> Self {
        let pair = pool::made(Ed25519KeyPair::generate(), "an Ed25519 key");
        Self::new(SigningAlgorithm::EdDsa, Material::Ed(Arc::new(pair)))
    }

    /// The bytes of a secret, for `HS256`; without a key id.
    #[must_use]
    pub fn hs256(secret: impl Into<Secret>) -> Self {
        let material = Material::Mac(secret.into());
        Self { algorithm: SigningAlgorithm::Hs256, key_id: None, material }
    }

    /// No key, for `none`: the signature is empty.
    #[must_use]
    pub fn none() -> Self {
        Self { algorithm: SigningAlgorithm::None, key_id: None, material: Material::None }
    }

    /// An RSA key that is made once in a process, and given to whoever asks for the same slot; the
    /// key id is new each time. For those who make many sets of keys and compare none of them with
    /// those of others.
    pub(crate) fn rs256_of(slot: usize) -> Self {
        Self::new(SigningAlgorithm::Rs256, Material::Rsa(pool::shared_rsa(slot)))
    }

    fn new(algorithm: SigningAlgorithm, material: Material) -> Self {
        Self { algorithm, key_id: Some(random_key_id()), material }
    }

    /// Another key id.
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        self.key_id = Some(key_id.into());
        self
    }

    /// No key id: neither in the header of what it signs nor in its JWK.
    #[must_use]
    pub fn without_key_id(mut self) -> Self {
        self.key_id = None;
        self
    }

    /// The same numbers for the other algorithm of RSA: `RS256` or `PS256`. Other keys, and other
    /// algorithms, stay as they are.
    #[must_use]
    pub fn with_rsa_algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        let is_rsa = matches!(algorithm, SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256);
        if is_rsa && matches!(self.material, Material::Rsa(_)) {
            self.algorithm = algorithm;
        }
        self
    }
}

/// What the key is, and what it does.
impl SigningKey {
    /// The algorithm of its signatures.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The key id: `kid`.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The public half as a JWK ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)): `kty`, its
    /// numbers, `use` and `kid`. There is no `alg`: an RSA key is good for two. `null` for a secret
    /// and for `none`, which have no public half.
    #[must_use]
    pub fn public_jwk(&self) -> Json {
        let mut jwk = match &self.material {
            Material::Rsa(pair) => pool::rsa_jwk(pair.public_key().as_ref()),
            Material::Ec(pair) => {
                let curve = match self.algorithm {
                    SigningAlgorithm::Es256 => "P-256",
                    SigningAlgorithm::Es384 => "P-384",
                    _ => "P-521",
                };
                ec_jwk(curve, pair.public_key().as_ref())
            }
            Material::Ed(pair) => {
                let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
                json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
            }
            Material::Mac(_) | Material::None => return Json::Null,
        };
        jwk["use"] = json!("sig");
        if let Some(key_id) = &self.key_id {
            jwk["kid"] = json!(key_id);
        }
        jwk
    }

    /// The private half as PEM, PKCS#8, for a client that signs by itself; `None` for a secret and
    /// for `none`.
    #[must_use]
    pub fn private_key_pem(&self) -> Option<Secret> {
        let der = match &self.material {
            Material::Rsa(pair) => pair.as_der().ok()?.as_ref().to_vec(),
            Material::Ec(pair) => pair.to_pkcs8v1().ok()?.as_ref().to_vec(),
            Material::Ed(pair) => pair.to_pkcs8v1().ok()?.as_ref().to_vec(),
            Material::Mac(_) | Material::None => return None,
        };
        let base64 = STANDARD.encode(der);
        let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        let label = "PRIVATE KEY";
        let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"));
        Some(Secret::new(pem))
    }

    /// `alg`, and `kid` if there is one.
    #[must_use]
    pub fn header(&self) -> Map<String, Json> {
        let mut header = Map::new();
        header.insert("alg".to_owned(), json!(self.algorithm.as_str()));
        if let Some(key_id) = &self.key_id {
            header.insert("kid".to_owned(), json!(key_id));
        }
        header
    }

    /// A JWT of these claims, under [`header`](Self::header).
    #[must_use]
    pub fn jwt(&self, claims: &Map<String, Json>) -> String {
        self.sign(&self.header(), claims)
    }

    /// A JWT under this very header, whatever it says: nothing is added to it.
    #[must_use]
    pub fn sign(&self, header: &Map<String, Json>, claims: &Map<String, Json>) -> String {
        let input = signing_input(header, claims);
        let signature = URL_SAFE_NO_PAD.encode(self.signature(input.as_bytes()));
        format!("{input}.{signature}")
    }

    /// The signature of a message, as a JWT has it: that of ECDSA is the two numbers alone.
    ///
    /// Should the cryptographic library fail, it is empty, and nobody believes it.
    #[must_use]
    pub fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.material {
            Material::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let padding: &'static dyn aws_lc_rs::signature::RsaEncoding = match self.algorithm {
                    SigningAlgorithm::Ps256 => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                match pair.sign(padding, &random, message, &mut signature) {
                    Ok(()) => signature,
                    Err(_) => Vec::new(),
                }
            }
            Material::Ec(pair) => match pair.sign(&random, message) {
                Ok(signature) => signature.as_ref().to_vec(),
                Err(_) => Vec::new(),
            },
            Material::Ed(pair) => match pair.try_sign(message) {
                Ok(signature) => signature.as_ref().to_vec(),
                Err(_) => Vec::new(),
            },
            Material::Mac(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
                hmac::sign(&key, message).as_ref().to_vec()
            }
            Material::None => Vec::new(),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key_id = self.key_id().unwrap_or("no key id");
        write!(f, "SigningKey({}, {key_id})", self.algorithm)
    }
}

impl Material {
    fn ec(algorithm: &'static EcdsaSigningAlgorithm) -> Self {
        Self::Ec(Arc::new(pool::made(EcdsaKeyPair::generate(algorithm), "an elliptic curve key")))
    }
}

/// Header and claims, as they are signed.
pub(crate) fn signing_input(header: &Map<String, Json>, claims: &Map<String, Json>) -> String {
    let part = |members: &Map<String, Json>| {
        URL_SAFE_NO_PAD.encode(Json::Object(members.clone()).to_string())
    };
    format!("{}.{}", part(header), part(claims))
}

fn random_key_id() -> String {
    let mut bytes = [0; 12];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// `point` is not compressed: 4, then two numbers of the same length.
fn ec_jwk(curve: &str, point: &[u8]) -> Json {
    let (x, y) = point.get(1..).unwrap_or_default().split_at(point.len() / 2);
    json!({
        "kty": "EC", "crv": curve, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    })
}

#[cfg(test)]
mod tests;
