//! A provider of OpenID Connect in memory: its keys, its two documents, ID tokens as good as they
//! get and with one flaw each; the bare signature; and hallpass's verifier as a login uses it.

mod bare;
mod login;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self as aws, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

pub use self::{
    bare::{BareKey, parts},
    login::{Login, cold_client, warm_client},
};
use crate::CLIENT_ID;

/// The provider's name. Whoever asks for metadata puts the well-known place behind it.
pub const ISSUER: &str = "https://op.test";
/// What the login sent.
pub const NONCE: &str = "Yk3vC5pQ0r9mT2uXw7zA1bD4eF6gH8jKiLnOoPqRsUt";
/// What came with the ID token, as long as Google's; `at_hash` is about it.
pub const ACCESS_TOKEN: &str = "ya29.a0AfB_byC2xGqZ7wN4mK9vR1tL5pS8dH3jF6gQ0eX2cV7bN4mK9vR1tL5pS8dH\
    3jF6gQ0eX2cV7bN4mK9vR1tL5pS8dH3jF6gQ0eX2cV7bN4mK9vR1tL5pS8dH3jF6gQ0eX2cV7bN4mK9vR1tL5pS8dH3";
/// Whom the ID token is about.
pub const SUBJECT: &str = "110169484474386276334";

/// How the provider signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "no user sees it")]
pub enum Signature {
    /// RSA of 2048 bits, PKCS#1 v1.5, SHA-256.
    Rs256,
    /// P-256, SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Signature {
    /// All, in the order of the report.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// As a JWT's header has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// OpenID Connect Core section 3.1.3.6, in the hash of the algorithm.
    fn half_hash(self, text: &str) -> String {
        match self {
            Self::Rs256 | Self::Es256 => URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16]),
            Self::EdDsa => URL_SAFE_NO_PAD.encode(&Sha512::digest(text)[..32]),
        }
    }
}

/// The one thing that is wrong with an ID token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "no user sees it")]
pub enum Flaw {
    /// Signed with another key than that of its `kid`.
    Key,
    /// Of another issuer.
    Issuer,
    /// For another client.
    Audience,
    /// Asked for by another client.
    AuthorizedParty,
    /// Over since an hour.
    Expiry,
    /// Made in an hour.
    IssueTime,
    /// For another login.
    Nonce,
    /// Belongs to another access token.
    AccessToken,
}

impl Flaw {
    /// All.
    pub const ALL: [Self; 8] = [
        Self::Key,
        Self::Issuer,
        Self::Audience,
        Self::AuthorizedParty,
        Self::Expiry,
        Self::IssueTime,
        Self::Nonce,
        Self::AccessToken,
    ];
}

/// The provider.
#[derive(Debug)]
pub struct Op {
    keys: [SigningKey; 3],
    /// With the same `kid`s.
    others: [SigningKey; 3],
}

impl Op {
    /// With keys made now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            keys: Signature::ALL.map(SigningKey::generate),
            others: Signature::ALL.map(SigningKey::generate),
        }
    }

    /// What its clients fetch.
    #[must_use]
    pub fn documents(&self) -> Documents {
        let keys = self.keys.each_ref().map(SigningKey::jwk);
        Documents {
            metadata: metadata().to_string().into(),
            jwks: json!({ "keys": keys }).to_string().into(),
        }
    }

    /// An ID token with the claims that Google's have.
    #[must_use]
    pub fn id_token(&self, signature: Signature) -> String {
        self.key(signature).sign(&claims(signature))
    }

    /// The same, with a flaw.
    #[must_use]
    pub fn flawed(&self, signature: Signature, flaw: Flaw) -> String {
        let mut claims = claims(signature);
        let (name, value) = match flaw {
            Flaw::Key => return self.others[signature as usize].sign(&claims),
            Flaw::Issuer => ("iss", json!("https://other.test")),
            Flaw::Audience => ("aud", json!("other-client")),
            Flaw::AuthorizedParty => ("azp", json!("other-client")),
            Flaw::Expiry => ("exp", json!(now() - 3600)),
            Flaw::IssueTime => ("iat", json!(now() + 3600)),
            Flaw::Nonce => ("nonce", json!("of-another-login")),
            Flaw::AccessToken => ("at_hash", json!(signature.half_hash("another token"))),
        };
        claims[name] = value;
        self.key(signature).sign(&claims)
    }

    /// The key that verifies ID tokens, ready.
    #[must_use]
    pub fn bare_key(&self, signature: Signature) -> BareKey {
        BareKey::new(signature, self.public_key(signature))
    }

    /// The same as aws-lc-rs reads it: PKCS#1, a point, 32 bytes.
    #[must_use]
    pub fn public_key(&self, signature: Signature) -> &[u8] {
        self.key(signature).public()
    }

    fn key(&self, signature: Signature) -> &SigningKey {
        &self.keys[signature as usize]
    }
}

impl Default for Op {
    fn default() -> Self {
        Self::new()
    }
}

/// Metadata and key set: one key for each algorithm.
#[derive(Debug, Clone)]
pub struct Documents {
    metadata: Vec<u8>,
    jwks: Vec<u8>,
}

impl Documents {
    /// What is at a path of the provider.
    #[must_use]
    pub fn at(&self, path: &str) -> Vec<u8> {
        match path {
            "/.well-known/openid-configuration" => self.metadata.clone(),
            "/keys" => self.jwks.clone(),
            _ => Vec::new(),
        }
    }
}

/// As long as usual.
fn metadata() -> Value {
    let at = |path: &str| format!("{ISSUER}/{path}");
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "revocation_endpoint": at("revoke"),
        "end_session_endpoint": at("logout"),
        "jwks_uri": at("keys"),
        "response_types_supported": ["code", "id_token", "code id_token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
        "scopes_supported": ["openid", "email", "profile", "offline_access"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "claims_supported": [
            "aud", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss",
            "name", "picture", "sub",
        ],
        "code_challenge_methods_supported": ["S256"],
    })
}

/// Ends in two hours, so that a flaw of an hour is one.
fn claims(signature: Signature) -> Value {
    json!({
        "iss": ISSUER,
        "azp": CLIENT_ID,
        "aud": CLIENT_ID,
        "sub": SUBJECT,
        "email": "ada@example.test",
        "email_verified": true,
        "at_hash": signature.half_hash(ACCESS_TOKEN),
        "nonce": NONCE,
        "name": "Ada Lovelace",
        "picture": "https://images.op.test/a/ACg8ocK3vR1tL5pS8dH3jF6gQ0eX2cV7bN4mK9vR1tL5p=s96",
        "given_name": "Ada",
        "family_name": "Lovelace",
        "iat": now(),
        "exp": now() + 7200,
    })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).as_ref().map_or(0, Duration::as_secs)
}

#[derive(Debug)]
struct SigningKey {
    signature: Signature,
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    Rsa(aws::RsaKeyPair),
    Ec(aws::EcdsaKeyPair),
    Ed25519(aws::Ed25519KeyPair),
}

impl SigningKey {
    fn generate(signature: Signature) -> Self {
        let pair = match signature {
            Signature::Rs256 => aws::RsaKeyPair::generate(KeySize::Rsa2048).map(Pair::Rsa),
            Signature::Es256 => {
                aws::EcdsaKeyPair::generate(&aws::ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::Ec)
            }
            Signature::EdDsa => aws::Ed25519KeyPair::generate().map(Pair::Ed25519),
        };
        Self { signature, pair: pair.expect("a key") }
    }

    fn public(&self) -> &[u8] {
        match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::Ec(pair) => pair.public_key().as_ref(),
            Pair::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let public = self.public();
        let mut jwk = match &self.pair {
            // PKCS#1 of 2048 bits and the exponent 65537 has every number at the same place.
            Pair::Rsa(_) => json!({ "kty": "RSA", "n": text(&public[9..265]), "e": "AQAB" }),
            Pair::Ec(_) => json!({
                "kty": "EC", "crv": "P-256", "x": text(&public[1..33]), "y": text(&public[33..]),
            }),
            Pair::Ed25519(_) => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(public) }),
        };
        jwk["kid"] = json!(self.kid());
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.signature.name());
        jwk
    }

    /// As long as Google's.
    fn kid(&self) -> String {
        format!("{}-5aaff47c21d06e266cce395b2145c7c6d473", self.signature.name())
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.signature.name(), "kid": self.kid(), "typ": "JWT" });
        let mut jwt = URL_SAFE_NO_PAD.encode(header.to_string());
        jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut jwt);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&aws::RSA_PKCS1_SHA256, &random, jwt.as_bytes(), &mut signature)
                    .expect("a signature");
                signature
            }
            Pair::Ec(pair) => {
                pair.sign(&random, jwt.as_bytes()).expect("a signature").as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(jwt.as_bytes()).as_ref().to_vec(),
        };
        jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jwt);
        jwt
    }
}
