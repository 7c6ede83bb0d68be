use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass_core::{Error, Result, Secret};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use crate::{ClientCredentials, credentials::Key, encoding::encoded};

/// How a request is signed ([RFC 5849, section
/// 3.4](https://www.rfc-editor.org/rfc/rfc5849#section-3.4)).
///
/// The RFC has three; those of SHA-2 are named and built after them, as servers do that offer them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureMethod {
    /// `HMAC-SHA1`: what every server knows.
    HmacSha1,
    /// `HMAC-SHA256`.
    HmacSha256,
    /// `HMAC-SHA512`.
    HmacSha512,
    /// `PLAINTEXT`: the two secrets as they are, over https or to loopback alone ([RFC 5849,
    /// section 3.4.4](https://www.rfc-editor.org/rfc/rfc5849#section-3.4.4)).
    Plaintext,
    /// `RSA-SHA1`.
    #[cfg(feature = "rsa")]
    RsaSha1,
    /// `RSA-SHA256`.
    #[cfg(feature = "rsa")]
    RsaSha256,
    /// `RSA-SHA512`.
    #[cfg(feature = "rsa")]
    RsaSha512,
}

/// What a method hashes with; PLAINTEXT hashes a body alone.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl SignatureMethod {
    /// The word on the wire: `HMAC-SHA1` …
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::HmacSha512 => "HMAC-SHA512",
            Self::Plaintext => "PLAINTEXT",
            #[cfg(feature = "rsa")]
            Self::RsaSha1 => "RSA-SHA1",
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => "RSA-SHA256",
            #[cfg(feature = "rsa")]
            Self::RsaSha512 => "RSA-SHA512",
        }
    }

    /// Whether it is made with the private key of the client, and no secret.
    #[must_use]
    pub fn is_rsa(self) -> bool {
        match self {
            Self::HmacSha1 | Self::HmacSha256 | Self::HmacSha512 | Self::Plaintext => false,
            #[cfg(feature = "rsa")]
            Self::RsaSha1 | Self::RsaSha256 | Self::RsaSha512 => true,
        }
    }

    pub(crate) fn hash(self) -> Hash {
        match self {
            Self::HmacSha1 | Self::Plaintext => Hash::Sha1,
            Self::HmacSha256 => Hash::Sha256,
            Self::HmacSha512 => Hash::Sha512,
            #[cfg(feature = "rsa")]
            Self::RsaSha1 => Hash::Sha1,
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => Hash::Sha256,
            #[cfg(feature = "rsa")]
            Self::RsaSha512 => Hash::Sha512,
        }
    }

    /// Whether the client has what it takes.
    pub(crate) fn check(self, client: &ClientCredentials) -> Result<()> {
        match (&client.key, self.is_rsa()) {
            (Key::Secret(_), false) => Ok(()),
            #[cfg(feature = "rsa")]
            (Key::Rsa(_), true) => Ok(()),
            (Key::Secret(_), true) => {
                Err(Error::config("the signature method needs an RSA key, and the client has none"))
            }
            #[cfg(feature = "rsa")]
            (Key::Rsa(_), false) => {
                Err(Error::config("the signature method needs a secret, and the client has a key"))
            }
        }
    }

    /// `oauth_body_hash` of a body ([OAuth Request Body
    /// Hash](https://datatracker.ietf.org/doc/html/draft-eaton-oauth-bodyhash-00)): by the hash of
    /// the method, SHA-1 for PLAINTEXT.
    #[must_use]
    pub fn body_hash(self, body: &[u8]) -> String {
        STANDARD.encode(self.hash().of(body))
    }

    /// `oauth_signature`: of the [base string](crate::RequestParts::base_string), or for PLAINTEXT
    /// of nothing. What [`Signer`](crate::Signer) sends, and what a server compares with.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): the client has a secret and the method needs
    /// an RSA key, or the other way round.
    pub fn sign(
        self,
        base_string: &str,
        client: &ClientCredentials,
        token_secret: Option<&Secret>,
    ) -> Result<Secret> {
        self.check(client)?;
        let message = base_string.as_bytes();
        #[cfg(feature = "rsa")]
        if let Key::Rsa(key) = &client.key {
            return key.sign(self.hash(), &self.hash().of(message)).map(in_base64);
        }
        let secret = client.secret().ok_or_else(|| Error::config("the client has no secret"))?;
        let key = signing_key(secret, token_secret);
        let key_bytes = key.expose().as_bytes();
        Ok(match self {
            Self::HmacSha1 => in_base64(hmac_sha1(key_bytes, message)?),
            Self::HmacSha256 => in_base64(hmac_sha256(key_bytes, message)?),
            Self::HmacSha512 => in_base64(hmac_sha512(key_bytes, message)?),
            _ => key,
        })
    }
}

impl fmt::Display for SignatureMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Hash {
    pub(crate) fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(message).to_vec(),
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

/// Both secrets, each encoded; the `&` stands there though there is no token.
fn signing_key(client: &Secret, token: Option<&Secret>) -> Secret {
    let client = Secret::new(encoded(client.expose().as_bytes()));
    let token = Secret::new(token.map_or_else(String::new, |it| encoded(it.expose().as_bytes())));
    Secret::new(format!("{}&{}", client.expose(), token.expose()))
}

fn hmac_sha1(key: &[u8], message: &[u8]) -> Result<Vec<u8>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).map_err(no_key)?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().to_vec())
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Result<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(no_key)?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().to_vec())
}

fn hmac_sha512(key: &[u8], message: &[u8]) -> Result<Vec<u8>> {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).map_err(no_key)?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().to_vec())
}

fn no_key<E>(_: E) -> Error {
    Error::config("no key for an HMAC")
}

fn in_base64(bytes: Vec<u8>) -> Secret {
    Secret::new(STANDARD.encode(bytes))
}
