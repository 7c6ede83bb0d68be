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

    /// RFC 4231, test cases 1, 2 and 4: the keys of the others are no text, as secrets are.
    #[test]
    fn every_hash_gives_the_published_vectors() {
        let key: String = (1..=25_u8).map(char::from).collect();
        check_vector(
            &"\u{b}".repeat(20),
            b"Hi There",
            [
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c\
                 faea9ea9076ede7f4af152e8b2fa9cb6",
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
                 daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
            ],
        );
        check_vector(
            "Jefe",
            MESSAGE.as_bytes(),
            [
                SIGNATURE,
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
                 8e2240ca5e69e2c78b3239ecfab21649",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                 9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ],
        );
        check_vector(
            &key,
            &[0xcd; 50],
            [
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
                "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e\
                 6801dd23c4a7d679ccf8a386c674cffb",
                "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db\
                 a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd",
            ],
        );
    }

    #[track_caller]
    fn check_vector(secret: &str, message: &[u8], want: [&str; 3]) {
        let config = ClientConfig::new("id").with_secret(secret);
        let keys = ClientKeys::new(&config);
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(&keys.hmac_sha256(message).unwrap()), want[0]);
        assert_eq!(hex(&keys.hmac_sha384(message).unwrap()), want[1]);
        assert_eq!(hex(&keys.hmac_sha512(message).unwrap()), want[2]);
    }

    #[test]
    fn without_a_secret_there_is_no_hmac() {
        let config = ClientConfig::new("id");
        let keys = ClientKeys::new(&config);
        let got = [
            keys.hmac_sha256(b"m").err(),
            keys.hmac_sha384(b"m").err(),
            keys.hmac_sha512(b"m").err(),
        ];
        for error in got {
            assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Config));
        }
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
