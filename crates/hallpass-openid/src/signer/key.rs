use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hallpass_core::{Error, Json, Result, Secret};
use serde::Serialize;

use crate::{algorithm::Algorithm, backend::PrivateKey, jwk::public_jwk};

/// What signs a JWT: a private key or a shared secret, for one algorithm.
pub(crate) struct SigningKey {
    algorithm: Algorithm,
    inner: Inner,
}

enum Inner {
    Hmac(Secret),
    Private(Box<PrivateKey>),
}

impl SigningKey {
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): no such key, or no back end.
    pub(crate) fn from_pem(algorithm: Algorithm, pem: &Secret) -> Result<Self> {
        algorithm.require_supported()?;
        let Some(key) = PrivateKey::from_pem(algorithm, pem.expose()) else {
            return Err(Error::config(format!(
                "that is no private key for {}: it takes {}, as unencrypted PKCS#8 in PEM",
                algorithm.as_str(),
                kind_of_key(algorithm),
            )));
        };
        Ok(Self { algorithm, inner: Inner::Private(Box::new(key)) })
    }

    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): it is empty.
    pub(crate) fn from_secret(algorithm: Algorithm, secret: Secret) -> Result<Self> {
        if secret.is_empty() {
            return Err(Error::config("the client secret is empty"));
        }
        Ok(Self { algorithm, inner: Inner::Hmac(secret) })
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The compact form of [RFC 7515, section
    /// 7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1). The header must name this key's
    /// algorithm.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the key cannot sign.
    pub(crate) fn sign_compact(
        &self,
        header: &impl Serialize,
        claims: &impl Serialize,
    ) -> Result<Secret> {
        let header = serde_json::to_vec(header).map_err(|_| cannot_sign())?;
        self.sign_encoded(URL_SAFE_NO_PAD.encode(header), claims)
    }

    /// The same, with a header in base64url already.
    ///
    /// # Errors
    ///
    /// As [`sign_compact`](Self::sign_compact).
    pub(crate) fn sign_encoded(&self, header: String, claims: &impl Serialize) -> Result<Secret> {
        let claims = serde_json::to_vec(claims).map_err(|_| cannot_sign())?;
        let mut jwt = header;
        jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut jwt);
        let signature = self.sign(jwt.as_bytes()).ok_or_else(cannot_sign)?;
        jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jwt);
        Ok(Secret::new(jwt))
    }

    /// What others verify with, as a JWK; `None` for a shared secret, which is nobody else's.
    pub(crate) fn public_jwk(&self) -> Option<Json> {
        match &self.inner {
            Inner::Hmac(_) => None,
            Inner::Private(key) => Some(public_jwk(&key.public_half(self.algorithm)?)),
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.inner {
            Inner::Hmac(secret) => self.algorithm.hmac(secret.expose().as_bytes(), message),
            Inner::Private(key) => key.sign(message),
        }
    }
}

fn cannot_sign() -> Error {
    Error::config("the key cannot sign the JWT")
}

fn kind_of_key(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::EdDsa => "an Ed25519 key",
        Algorithm::Es256 => "an EC key on P-256",
        Algorithm::Es384 => "an EC key on P-384",
        Algorithm::Es512 => "an EC key on P-521",
        _ => "an RSA key of 2048 bits or more",
    }
}

/// The first certificate in PEM, undone (RFC 7468 section 5). Signed by whom, and for how long, is
/// the provider's business.
pub(super) fn certificate(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (base64, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let base64: String = base64.split_ascii_whitespace().collect();
    STANDARD.decode(base64).ok().filter(|der| !der.is_empty())
}
