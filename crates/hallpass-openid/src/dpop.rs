use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{
    Error, OAuth2Token, Random, Request, RequestSigner, Response, Result, Secret, ThreadRandom,
    http::{HeaderName, HeaderValue, header},
    url::Url,
};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    algorithm::Algorithm, backend::PrivateKey, dpop::nonce::Nonces, jwk::thumbprint,
    signer::key::SigningKey,
};

mod nonce;

const DPOP: HeaderName = HeaderName::from_static("dpop");

/// Binds tokens to a key, so that whoever steals one cannot use it: DPoP ([RFC
/// 9449](https://www.rfc-editor.org/rfc/rfc9449)). Given to
/// [`OAuth2Client::with_request_signer`](hallpass_core::OAuth2Client::with_request_signer), it
/// proves with each request that the client has the key.
///
/// A proof says method, URL without query, and time, has a `jti` of 128 random bits, and is bound
/// to the access token that it goes with, whose scheme is then `DPoP`. The authorization request
/// names the key (`dpop_jkt`), pushed or not. A token reply that is not of the type `DPoP` is
/// refused.
///
/// Where the provider's metadata lists other algorithms than the key's, a login is
/// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `alg`, before anything is sent.
///
/// A server that wants a nonce in the proof gets the last one that its origin gave, in whatever
/// answer; the nonces of 64 origins are kept. A request refused for want of one (`use_dpop_nonce`)
/// is signed anew and sent once more, and no oftener.
///
/// Refresh tokens of public clients are bound to the key as well: it must outlive the process. Keep
/// [`to_pem`](Self::to_pem) beside them, and give all processes the same key.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use hallpass_core::{Result, Secret};
/// # use hallpass_openid::{DpopSigner, OpenIdOAuth2};
/// # fn bound(client: OpenIdOAuth2, stored: Option<Secret>) -> Result<OpenIdOAuth2> {
/// let key = match stored {
///     Some(pem) => DpopSigner::es256(pem)?,
///     None => DpopSigner::generate()?, // and store key.to_pem()
/// };
/// Ok(client.with_request_signer(Arc::new(key)))
/// # }
/// ```
pub struct DpopSigner {
    key: SigningKey,
    pem: Secret,
    /// The header of each proof, in base64url.
    header: String,
    thumbprint: String,
    nonces: Mutex<Nonces>,
    random: Arc<dyn Random>,
}

impl DpopSigner {
    /// A new EC key on P-256, which is what most servers take (`ES256`). It comes from the random
    /// generator of the library that signs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): neither `aws-lc` nor `ring` is on, or the
    /// system gives no randomness.
    pub fn generate() -> Result<Self> {
        Algorithm::Es256.require_supported()?;
        let pem = PrivateKey::new_p256().ok_or_else(|| Error::config("no key can be made"))?;
        Self::es256(pem)
    }

    /// An EC key on P-256. PEM as [`JwtSigner`](crate::JwtSigner) reads it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): it is no such key, or neither `aws-lc` nor
    /// `ring` is on.
    pub fn es256(pem: impl Into<Secret>) -> Result<Self> {
        Self::new(Algorithm::Es256, pem.into())
    }

    /// An EC key on P-384.
    ///
    /// # Errors
    ///
    /// As [`es256`](Self::es256).
    pub fn es384(pem: impl Into<Secret>) -> Result<Self> {
        Self::new(Algorithm::Es384, pem.into())
    }

    /// An RSA key of 2048 bits or more, PSS: its proofs are some 600 bytes longer than those of the
    /// others.
    ///
    /// # Errors
    ///
    /// As [`es256`](Self::es256).
    pub fn ps256(pem: impl Into<Secret>) -> Result<Self> {
        Self::new(Algorithm::Ps256, pem.into())
    }

    /// An Ed25519 key, as `EdDSA`.
    ///
    /// # Errors
    ///
    /// As [`es256`](Self::es256).
    pub fn ed25519(pem: impl Into<Secret>) -> Result<Self> {
        Self::new(Algorithm::EdDsa, pem.into())
    }

    fn new(algorithm: Algorithm, pem: Secret) -> Result<Self> {
        let key = SigningKey::from_pem(algorithm, &pem)?;
        let jwk = key.public_jwk().ok_or_else(|| Error::config("the key has no public half"))?;
        let thumbprint = thumbprint(&jwk)?;
        let header = json!({ "typ": "dpop+jwt", "alg": algorithm.as_str(), "jwk": jwk });
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let random = Arc::new(ThreadRandom);
        Ok(Self { key, pem, header, thumbprint, nonces: Mutex::default(), random })
    }

    /// Where `jti` comes from. Default [`ThreadRandom`].
    #[must_use]
    pub fn with_random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = random;
        self
    }

    /// The private key in PEM, to be stored as a secret: what [`generate`](Self::generate) made, or
    /// what was given.
    #[must_use]
    pub fn to_pem(&self) -> Secret {
        self.pem.clone()
    }

    /// The thumbprint of the public key (RFC 7638): `dpop_jkt`, and `jkt` in a bound token's `cnf`.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// RFC 9449 section 4.2.
    fn proof(
        &self,
        request: &Request,
        token: Option<&OAuth2Token>,
        now: SystemTime,
    ) -> Result<Secret> {
        let Ok(issued_at) = now.duration_since(UNIX_EPOCH) else {
            return Err(Error::config("the clock is out of range"));
        };
        let mut url = request.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        let mut id = [0; 16];
        self.random.fill(&mut id);
        let nonce = {
            let nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
            nonces.of(&url.origin())
        };
        let claims = Claims {
            jti: &URL_SAFE_NO_PAD.encode(id),
            htm: request.method.as_str(),
            htu: url.as_str(),
            iat: issued_at.as_secs(),
            ath: token.map(|token| access_token_hash(token.access_token())),
            nonce: nonce.as_deref(),
        };
        self.key.sign_encoded(self.header.clone(), &claims)
    }
}

impl RequestSigner for DpopSigner {
    fn sign(
        &self,
        request: &mut Request,
        token: Option<&OAuth2Token>,
        now: SystemTime,
    ) -> Result<()> {
        if let Some(token) = token {
            bind(request, token)?;
        }
        let proof = self.proof(request, token, now)?;
        request.headers.insert(DPOP, sensitive(proof.expose())?);
        Ok(())
    }

    /// A nonce that another request brought meanwhile is as good as a new one: whether this one is
    /// new is not asked.
    fn wants_retry(&self, url: &Url, response: &Response) -> bool {
        let Some(nonce) = nonce::given(response) else { return false };
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.keep(url.origin(), nonce);
        // check: 35 => true
        nonce::is_wanted(response)
    }

    fn token_type(&self) -> &str {
        "DPoP"
    }

    fn algorithm(&self) -> Option<&str> {
        Some(self.key.algorithm().as_str())
    }

    fn authorization_parameter(&self) -> Option<(&'static str, Cow<'_, str>)> {
        Some(("dpop_jkt", Cow::Borrowed(&self.thumbprint)))
    }
}

/// No key and no nonce.
impl fmt::Debug for DpopSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DpopSigner")
            .field("algorithm", &self.key.algorithm())
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    jti: &'a str,
    htm: &'a str,
    htu: &'a str,
    iat: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

/// RFC 9449 section 7.1: a bound token goes into the header, by its own scheme. With another one
/// the server would not ask for the key.
fn bind(request: &mut Request, token: &OAuth2Token) -> Result<()> {
    let header = request.headers.get(header::AUTHORIZATION);
    // check: 35
    if !header.is_some_and(|value| value.as_bytes().starts_with(b"Bearer ")) {
        return Err(Error::config("a token bound to a key goes into the Authorization header"));
    }
    let value = Secret::new(format!("DPoP {}", token.access_token().expose()));
    request.headers.insert(header::AUTHORIZATION, sensitive(value.expose())?);
    Ok(())
}

fn sensitive(value: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| Error::config("what the key signed fits no header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// RFC 9449 section 4.2, `ath`.
fn access_token_hash(token: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.expose()))
}

#[cfg(test)]
mod tests;
