use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

use crate::{ClientConfig, Error, Result, Secret, config::Credential};

/// The client's secret as a capability: it computes, and is never shown.
#[derive(Clone, Copy)]
pub struct ClientKeys<'a>(&'a ClientConfig);

impl<'a> ClientKeys<'a> {
    pub(crate) fn new(config: &'a ClientConfig) -> Self {
        Self(config)
    }

    /// The client id.
    #[must_use]
    pub fn client_id(&self) -> &'a str {
        &self.0.client_id
    }

    /// Whether the client has a secret to compute with.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        matches!(self.0.credential, Credential::Secret(_))
    }

    /// HMAC-SHA256 of `message`, keyed with the client secret
    /// ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): the client has no secret; give it one.
    pub fn hmac_sha256(&self, message: &[u8]) -> Result<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret()?).map_err(no_key)?;
        mac.update(message);
        Ok(mac.finalize().into_bytes().into())
    }

    /// HMAC-SHA384 of `message`, keyed with the client secret.
    ///
    /// # Errors
    ///
    /// As [`hmac_sha256`](Self::hmac_sha256).
    pub fn hmac_sha384(&self, message: &[u8]) -> Result<[u8; 48]> {
        let mut mac = Hmac::<Sha384>::new_from_slice(self.secret()?).map_err(no_key)?;
        mac.update(message);
        Ok(mac.finalize().into_bytes().into())
    }

    /// HMAC-SHA512 of `message`, keyed with the client secret.
    ///
    /// # Errors
    ///
    /// As [`hmac_sha256`](Self::hmac_sha256).
    pub fn hmac_sha512(&self, message: &[u8]) -> Result<[u8; 64]> {
        let mut mac = Hmac::<Sha512>::new_from_slice(self.secret()?).map_err(no_key)?;
        mac.update(message);
        Ok(mac.finalize().into_bytes().into())
    }

    /// Compares a signature in hexadecimal, in either case, in constant time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](crate::ErrorKind), reason `hmac`: somebody else made the message.
    /// [`ErrorKind::Config`](crate::ErrorKind): the client has no secret.
    pub fn verify_hmac_sha256(&self, message: &Secret, hex: &str) -> Result<()> {
        let want = self.hmac_sha256(message.expose().as_bytes())?;
        let got = decode_hex(hex);
        if got.is_some_and(|got| got.ct_eq(&want).into()) {
            return Ok(());
        }
        Err(Error::security("hmac", "the signature does not fit the message"))
    }

    fn secret(&self) -> Result<&'a [u8]> {
        match &self.0.credential {
            Credential::Secret(secret) => Ok(secret.expose().as_bytes()),
            Credential::Assertion(_) | Credential::Public => {
                Err(Error::config("this provider needs a client secret"))
            }
        }
    }
}

fn no_key<E>(_: E) -> Error {
    Error::config("the client secret is no HMAC key")
}

impl fmt::Debug for ClientKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKeys").field("client_id", &self.0.client_id).finish_non_exhaustive()
    }
}

fn decode_hex(hex: &str) -> Option<[u8; 32]> {
    let hex = hex.as_bytes();
    if hex.len() != 64 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    /// RFC 4231, test case 2.
    const SIGNATURE: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const MESSAGE: &str = "what do ya want for nothing?";

    #[test]
    fn the_published_vector_verifies_in_either_case() {
        check(Some("Jefe"), SIGNATURE, None);
        check(Some("Jefe"), &SIGNATURE.to_uppercase(), None);
    }

    #[test]
    fn any_other_signature_is_refused() {
        check(Some("jefe"), SIGNATURE, Some(ErrorKind::Security));
        check(Some("Jefe"), &SIGNATURE[2..], Some(ErrorKind::Security));
        check(Some("Jefe"), &SIGNATURE.replace('5', "g"), Some(ErrorKind::Security));
        check(Some("Jefe"), "", Some(ErrorKind::Security));
        check(None, SIGNATURE, Some(ErrorKind::Config));
    }

    #[track_caller]
    fn check(secret: Option<&str>, hex: &str, want: Option<ErrorKind>) {
        let config = ClientConfig::new("id");
        let config = match secret {
            Some(secret) => config.with_secret(secret),
            None => config,
        };
        let got = ClientKeys::new(&config).verify_hmac_sha256(&Secret::new(MESSAGE), hex);
        assert_eq!(got.err().map(|error| error.kind()), want);
    }
}
