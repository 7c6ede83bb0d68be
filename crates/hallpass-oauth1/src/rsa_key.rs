use std::{fmt, sync::Arc};

use hallpass_core::{Error, Result, Secret};
use rsa::{
    Pkcs1v15Sign, RsaPrivateKey, pkcs1::DecodeRsaPrivateKey as _, pkcs8::DecodePrivateKey as _,
    rand_core::OsRng, traits::PublicKeyParts as _,
};

use crate::method::Hash;

/// The least that a key has: what SHA-512 and its padding need, and what old servers were
/// registered with.
const LEAST_BITS: usize = 1024;

/// The client's private key, for the methods of RSA. `Debug` shows its length alone.
///
/// # Security
///
/// The arithmetic of the `rsa` crate does not take the same time for every message
/// ([RUSTSEC-2023-0071](https://rustsec.org/advisories/RUSTSEC-2023-0071.html)): who measures very
/// many signatures to the microsecond may learn the key. Each signature is blinded, which is the
/// remedy that there is. The libraries that TLS stands on, which are constant in time, do not sign
/// with SHA-1, and that is what OAuth 1 servers want. So the feature `rsa` is off unless it is
/// asked for: sign by HMAC where the provider lets you choose.
#[derive(Clone)]
pub struct RsaKey(Arc<RsaPrivateKey>);

impl RsaKey {
    /// From PEM: PKCS #8 (`BEGIN PRIVATE KEY`) or PKCS #1 (`BEGIN RSA PRIVATE KEY`), unencrypted,
    /// of 1024 bits or more.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): it is no such key, or a shorter one. What
    /// stands in it is not repeated.
    pub fn from_pem(pem: &Secret) -> Result<Self> {
        let text = pem.expose().trim();
        let read = RsaPrivateKey::from_pkcs8_pem(text).ok();
        let key = read.or_else(|| RsaPrivateKey::from_pkcs1_pem(text).ok());
        let key = key.ok_or_else(|| Error::config("no RSA key in PEM, of PKCS #8 or PKCS #1"))?;
        if key.n().bits() < LEAST_BITS {
            return Err(Error::config("the RSA key is shorter than 1024 bits"));
        }
        Ok(Self(Arc::new(key)))
    }

    /// RSASSA-PKCS1-v1_5 ([RFC 8017, section
    /// 8.2.1](https://www.rfc-editor.org/rfc/rfc8017#section-8.2.1)), blinded.
    pub(crate) fn sign(&self, hash: Hash, digest: &[u8]) -> Result<Vec<u8>> {
        let signed = self.0.sign_with_rng(&mut OsRng, padding(hash, digest.len()), digest);
        signed.map_err(|_| Error::config("the RSA key does not sign"))
    }
}

/// `DigestInfo` without the digest ([RFC 8017, section 9.2, note
/// 1](https://www.rfc-editor.org/rfc/rfc8017#section-9.2)). By hand, since `rsa` knows the digests
/// of another generation than ours.
pub(crate) fn padding(hash: Hash, length: usize) -> Pkcs1v15Sign {
    const SHA1: &[u8] =
        &[0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];
    const SHA256: &[u8] = &[
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];
    const SHA512: &[u8] = &[
        0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
        0x05, 0x00, 0x04, 0x40,
    ];
    let prefix = match hash {
        Hash::Sha1 => SHA1,
        Hash::Sha256 => SHA256,
        Hash::Sha512 => SHA512,
    };
    Pkcs1v15Sign { hash_len: Some(length), prefix: prefix.into() }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaKey({} bits)", self.0.n().bits())
    }
}
