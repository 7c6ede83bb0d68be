use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{ClientAssertion, Error, Json, Random, Result, Secret, ThreadRandom};
use serde::Serialize;
use serde_json::Map;
use sha2::{Digest as _, Sha256};

use crate::{
    algorithm::Algorithm,
    signer::key::{SigningKey, certificate},
};

pub(crate) mod key;

/// Signs the JWT that stands for the client's secret: `private_key_jwt` and `client_secret_jwt`
/// ([OpenID Connect Core, section
/// 9](https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication), [RFC 7523,
/// section 3](https://www.rfc-editor.org/rfc/rfc7523#section-3)), and the client secret that Apple
/// wants.
///
/// By default `iss` and `sub` are the client id, `aud` is what the provider's client says, `exp` is
/// 60 s away, and each call has its own `jti` of 128 random bits.
///
/// The assertion of the grant `urn:ietf:params:oauth:grant-type:jwt-bearer` is such a JWT too ([RFC
/// 7523, section 2.1](https://www.rfc-editor.org/rfc/rfc7523#section-2.1)), of somebody else:
/// [`with_issuer`](Self::with_issuer), [`with_subject`](Self::with_subject) and
/// [`with_claim`](Self::with_claim) say of whom.
///
/// A private key is PEM, not encrypted: PKCS#8 (`PRIVATE KEY`), PKCS#1 (`RSA PRIVATE KEY`) or, with
/// the feature `aws-lc`, SEC 1 (`EC PRIVATE KEY`). With `ring`, RSA keys have at most 4096 bits,
/// and an EC key must hold its public half. `openssl pkcs8 -topk8 -nocrypt` makes PKCS#8 of the
/// others.
///
/// ```no_run
/// # use hallpass_core::{ClientConfig, Result};
/// # use hallpass_openid::JwtSigner;
/// # fn config(pem: String) -> Result<ClientConfig> {
/// let key = JwtSigner::es256(pem)?.with_key_id("2026-01");
/// Ok(ClientConfig::new("client-id").with_assertion(key))
/// # }
/// ```
pub struct JwtSigner {
    key: SigningKey,
    key_id: Option<String>,
    /// `x5t#S256`.
    certificate: Option<String>,
    issuer: Option<String>,
    subject: Subject,
    audience: Option<String>,
    claims: Map<String, Json>,
    lifetime: Duration,
    keep: Option<Duration>,
    kept: Mutex<Option<Kept>>,
    random: Arc<dyn Random>,
}

enum Subject {
    Client,
    Nobody,
    Somebody(String),
}

/// A JWT to be given again, and for whom.
struct Kept {
    client_id: String,
    audience: String,
    made: SystemTime,
    jwt: Secret,
}

const LIFETIME: Duration = Duration::from_secs(60);
/// Those that have a method of their own, or no choice.
const OWN_CLAIMS: [&str; 6] = ["aud", "exp", "iat", "iss", "jti", "sub"];

impl JwtSigner {
    /// Signs with an EC key on P-256, Apple's among them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): it is no such key, or neither `aws-lc` nor
    /// `ring` is on.
    pub fn es256(pem: impl Into<Secret>) -> Result<Self> {
        Self::with_algorithm(Algorithm::Es256, &pem.into())
    }

    /// Signs with an EC key on P-384.
    ///
    /// # Errors
    ///
    /// As [`es256`](Self::es256).
    pub fn es384(pem: impl Into<Secret>) -> Result<Self> {
        Self::with_algorithm(Algorithm::Es384, &pem.into())
    }

    /// Signs with an RSA key of 2048 bits or more, PKCS#1 v1.5: what every provider knows.
    ///
    /// # Errors
    ///
    /// As [`es256`](Self::es256).
    pub fn rs256(pem: impl Into<Secret>) -> Result<Self> {
        Self::with_algorithm(Algorithm::Rs256, &pem.into())
    }

    /// Signs with an RSA key of 2048 bits or more, PSS: what FAPI asks for.
    ///
    /// # Errors
    ///
    /// As [`es256`](Self::es256).
    pub fn ps256(pem: impl Into<Secret>) -> Result<Self> {
        Self::with_algorithm(Algorithm::Ps256, &pem.into())
    }

    /// Signs with an Ed25519 key, as `EdDSA`.
    ///
    /// # Errors
    ///
    /// As [`es256`](Self::es256).
    pub fn ed25519(pem: impl Into<Secret>) -> Result<Self> {
        Self::with_algorithm(Algorithm::EdDsa, &pem.into())
    }

    /// Signs with the client secret, HMAC SHA-256: `client_secret_jwt`.
    ///
    /// # Security
    ///
    /// [RFC 7518, section 3.2](https://www.rfc-editor.org/rfc/rfc7518#section-3.2) wants a key as
    /// long as the hash: 32 bytes here, 48 and 64 for the other two. A provider that issues shorter
    /// secrets leaves its clients no choice, so a shorter one is taken; whoever sees one JWT can
    /// then search for the secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the secret is empty.
    pub fn hs256(secret: impl Into<Secret>) -> Result<Self> {
        SigningKey::from_secret(Algorithm::Hs256, secret.into()).map(Self::new)
    }

    /// Signs with the client secret, HMAC SHA-384.
    ///
    /// # Errors
    ///
    /// As [`hs256`](Self::hs256).
    pub fn hs384(secret: impl Into<Secret>) -> Result<Self> {
        SigningKey::from_secret(Algorithm::Hs384, secret.into()).map(Self::new)
    }

    /// Signs with the client secret, HMAC SHA-512.
    ///
    /// # Errors
    ///
    /// As [`hs256`](Self::hs256).
    pub fn hs512(secret: impl Into<Secret>) -> Result<Self> {
        SigningKey::from_secret(Algorithm::Hs512, secret.into()).map(Self::new)
    }

    /// Signs with whatever key this is, for a configuration that names no algorithm: Ed25519 as
    /// `EdDSA`, EC on P-256 as ES256 and on P-384 as ES384, RSA as RS256.
    ///
    /// # Errors
    ///
    /// As [`es256`](Self::es256).
    pub fn from_pem(pem: impl Into<Secret>) -> Result<Self> {
        let pem = pem.into();
        let kinds = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Es384, Algorithm::Rs256];
        let mut of_kinds = kinds.into_iter().map(|kind| Self::with_algorithm(kind, &pem));
        if let Some(signer) = of_kinds.find_map(Result::ok) {
            return Ok(signer);
        }
        Algorithm::Es256.require_supported()?;
        let kinds =
            "an Ed25519 key, an EC key on P-256 or P-384, or an RSA key of 2048 bits or more";
        Err(Error::config(format!("that is no private key: it takes {kinds}, unencrypted, in PEM")))
    }

    fn with_algorithm(algorithm: Algorithm, pem: &Secret) -> Result<Self> {
        SigningKey::from_pem(algorithm, pem).map(Self::new)
    }

    fn new(key: SigningKey) -> Self {
        Self {
            key,
            key_id: None,
            certificate: None,
            issuer: None,
            subject: Subject::Client,
            audience: None,
            claims: Map::new(),
            lifetime: LIFETIME,
            keep: None,
            kept: Mutex::new(None),
            random: Arc::new(ThreadRandom),
        }
    }

    /// The `kid` in the header: which of the client's registered keys this is.
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        self.key_id = Some(key_id.into());
        self
    }

    /// The `x5t#S256` in the header: the SHA-256 of the certificate that the client is registered
    /// with, in PEM; of several the first ([RFC 7515, section
    /// 4.1.8](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.8)). Microsoft Entra finds the key
    /// by it. The certificate itself is not sent, and not read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): there is no certificate in it.
    pub fn with_certificate(mut self, pem: &str) -> Result<Self> {
        let der = certificate(pem)
            .ok_or_else(|| Error::config("that is no certificate: it takes one in PEM"))?;
        self.certificate = Some(URL_SAFE_NO_PAD.encode(Sha256::digest(der)));
        Ok(self)
    }

    /// The `iss`, where it is not the client id. Apple: the team id.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// The `sub`, where it is not the client id.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Subject::Somebody(subject.into());
        self
    }

    /// Leaves `sub` out: for a server that reads in it whom to act for, as Google does. RFC 7523
    /// requires one.
    #[must_use]
    pub fn without_subject(mut self) -> Self {
        self.subject = Subject::Nobody;
        self
    }

    /// One more claim, such as `scope`; said twice, the last one counts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `reserved`: `iss`, `sub`, `aud`,
    /// `exp`, `iat` and `jti` are the signer's own.
    pub fn with_claim(mut self, name: impl Into<String>, value: impl Into<Json>) -> Result<Self> {
        let name = name.into();
        if OWN_CLAIMS.contains(&&*name) {
            let message = format!("the claim {name} is the signer's own");
            return Err(Error::config(message).with_reason("reserved"));
        }
        self.claims.insert(name, value.into());
        Ok(self)
    }

    /// The `aud`, where the server wants another one than the issuer: its token endpoint, or the
    /// endpoint called. Apple: `https://appleid.apple.com`.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// How long a JWT is good for, in whole seconds. Default 60 s.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Gives the same JWT again for this long, and no longer than its lifetime; by default each
    /// call makes one. For servers that let one live long and take it more than once, as Apple
    /// does.
    #[must_use]
    pub fn kept_for(mut self, keep: Duration) -> Self {
        self.keep = Some(keep);
        self
    }

    /// Where `jti` comes from. Default [`ThreadRandom`].
    #[must_use]
    pub fn with_random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = random;
        self
    }

    fn make(&self, client_id: &str, audience: &str, now: SystemTime) -> Result<Secret> {
        let issued_at = now.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
        let expires_at = issued_at.and_then(|at| at.checked_add(self.lifetime.as_secs()));
        let (Some(issued_at), Some(expires_at)) = (issued_at, expires_at) else {
            return Err(Error::config("the clock or the JWT's lifetime is out of range"));
        };
        let mut id = [0; 16];
        self.random.fill(&mut id);
        let header = Header {
            alg: self.key.algorithm().as_str(),
            typ: "JWT",
            kid: self.key_id.as_deref(),
            certificate: self.certificate.as_deref(),
        };
        let claims = Claims {
            iss: self.issuer.as_deref().unwrap_or(client_id),
            sub: match &self.subject {
                Subject::Client => Some(client_id),
                Subject::Nobody => None,
                Subject::Somebody(subject) => Some(subject),
            },
            aud: audience,
            jti: &URL_SAFE_NO_PAD.encode(id),
            iat: issued_at,
            exp: expires_at,
            more: &self.claims,
        };
        self.key.sign_compact(&header, &claims)
    }
}

#[async_trait]
impl ClientAssertion for JwtSigner {
    async fn sign(&self, client_id: &str, audience: &str, now: SystemTime) -> Result<Secret> {
        let audience = self.audience.as_deref().unwrap_or(audience);
        let Some(keep) = self.keep else {
            return self.make(client_id, audience, now);
        };
        // Locked while it signs, so that callers at the same time share one.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = &*kept {
            let age = now.duration_since(kept.made).ok();
            let is_young = age.is_some_and(|age| age < keep.min(self.lifetime));
            if is_young && kept.client_id == client_id && kept.audience == audience {
                return Ok(kept.jwt.clone());
            }
        }
        let jwt = self.make(client_id, audience, now)?;
        *kept = Some(Kept {
            client_id: client_id.to_owned(),
            audience: audience.to_owned(),
            made: now,
            jwt: jwt.clone(),
        });
        Ok(jwt)
    }

    /// A hash of issuer, subject, audience and further claims: a claim may be somebody's address.
    fn speaks_for(&self) -> Cow<'_, str> {
        let subject = match &self.subject {
            Subject::Client => Json::Bool(true),
            Subject::Nobody => Json::Null,
            Subject::Somebody(subject) => subject.as_str().into(),
        };
        // Sorted: a map is in the order of insertion where serde_json's `preserve_order` is on.
        let claims: BTreeMap<_, _> = self.claims.iter().collect();
        let said = serde_json::json!([self.issuer, subject, self.audience, claims]);
        let hash = Sha256::digest(said.to_string());
        Cow::Owned(URL_SAFE_NO_PAD.encode(hash))
    }
}

impl fmt::Debug for JwtSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtSigner")
            .field("algorithm", &self.key.algorithm())
            .field("key_id", &self.key_id)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(rename = "x5t#S256", skip_serializing_if = "Option::is_none")]
    certificate: Option<&'a str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    aud: &'a str,
    jti: &'a str,
    iat: u64,
    exp: u64,
    #[serde(flatten)]
    more: &'a Map<String, Json>,
}

#[cfg(test)]
pub(crate) mod der;
#[cfg(test)]
mod tests;
