use std::fmt;

use base64::{
    Engine as _,
    engine::general_purpose::{
        STANDARD_PAD_INDIFFERENT, URL_SAFE_NO_PAD, URL_SAFE_PAD_INDIFFERENT,
    },
};
use hallpass_core::{Error, Result, Secret};
use rand::{Rng as _, rand_core::UnwrapErr, rngs::SysRng};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::cipher::{Cipher, KEY_BYTES, NONCE_BYTES};

/// Keys that seal text and open it again: the first seals, all of them open.
///
/// Whoever has no key can neither read nor make a sealed text. It opens only in the context that it
/// was sealed in (whose token, which cookie), so that it cannot be moved to another place. Nothing
/// in it says when it was made: an old one that is put back opens.
///
/// Sealed text is `hps1.`, eight characters that name the key, `.` and base64url without padding:
/// it goes into a cookie, a URL or a database as it is. The cipher is XChaCha20-Poly1305
/// ([draft-irtf-cfrg-xchacha](https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha-03))
/// with nonces at random.
#[derive(Clone)]
pub struct SealingKeys {
    first: Key,
    old: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    /// Stands in the sealed text: which key it is, and nothing of what it is.
    id: String,
    cipher: Cipher,
}

/// Tells a sealed text from every other, and from what later versions may make.
const PREFIX: &str = "hps1.";

/// Six bytes of a hash, as base64.
const ID_BYTES: usize = 6;

/// A secret of fewer bytes is somebody's word, or none at all.
const SHORTEST_SECRET: usize = 16;

impl SealingKeys {
    /// One key: 32 random bytes as base64 or base64url, with padding or without, as
    /// `openssl rand -base64 32` prints them. White space around it is left out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `sealing_key`: it is something else.
    pub fn new(key: impl Into<Secret>) -> Result<Self> {
        Ok(Self { first: Key::read(&key.into())?, old: Vec::new() })
    }

    /// A key that sealed before this one, and opens what it sealed. To rotate: first every process
    /// gets the new key as an old one, then it becomes the first, and the one before goes when
    /// nothing is left that it sealed.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_old(mut self, key: impl Into<Secret>) -> Result<Self> {
        self.old.push(Key::read(&key.into())?);
        Ok(self)
    }

    /// A key made of a secret that a machine made and nobody can guess, such as a client secret of
    /// a provider: for an application that is given this one and no other. It is a key for
    /// `purpose` alone, and does not tell the secret ([NIST SP 800-56C, section
    /// 4.1](https://doi.org/10.6028/NIST.SP.800-56Cr2), with SHA-256). It changes with the secret.
    ///
    /// # Security
    ///
    /// Not for a password, which is guessed from what it sealed: nothing here is slow.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `sealing_key`: it has fewer than 16
    /// bytes.
    pub fn from_secret(secret: &Secret, purpose: &str) -> Result<Self> {
        let secret = secret.expose().trim().as_bytes();
        if secret.len() < SHORTEST_SECRET {
            let message = "a secret that a sealing key is made of has 16 bytes at least";
            return Err(Error::config(message).with_reason("sealing_key"));
        }
        let hash = Sha256::new().chain_update(1_u32.to_be_bytes()).chain_update(secret);
        let hash = hash.chain_update(b"hallpass sealing key of a secret\0").chain_update(purpose);
        let bytes: Zeroizing<[u8; KEY_BYTES]> = Zeroizing::new(hash.finalize().into());
        Ok(Self { first: Key::new(&bytes), old: Vec::new() })
    }

    /// A key of this process alone, made at random: what it seals does not open after a restart.
    ///
    /// # Panics
    ///
    /// If the operating system has no random bytes.
    #[must_use]
    pub fn generate() -> Self {
        Self { first: Key::new(&Zeroizing::new(random())), old: Vec::new() }
    }

    /// A new key as [`new`](Self::new) reads it, for a program that keeps it somewhere safe.
    ///
    /// # Panics
    ///
    /// If the operating system has no random bytes.
    #[must_use]
    pub fn generate_key() -> Secret {
        let bytes = Zeroizing::new(random::<KEY_BYTES>());
        Secret::new(STANDARD_PAD_INDIFFERENT.encode(*bytes))
    }

    /// Whether `text` has the form of a sealed text, of whatever key.
    #[must_use]
    pub fn is_sealed(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Seals `text`, which then opens in the same `context` alone: its parts, in their order, say
    /// what the text is and where it belongs. It does not hide how long the text is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `too_long`: beyond 256 GiB.
    ///
    /// # Panics
    ///
    /// If the operating system has no random bytes.
    pub fn seal(&self, text: &Secret, context: &[&str]) -> Result<Secret> {
        let Key { id, cipher } = &self.first;
        let nonce: [u8; NONCE_BYTES] = random();
        let sealed = cipher
            .encrypt(nonce, &associated(context), text.expose().as_bytes())
            .ok_or_else(|| Error::config("the text is too long to seal").with_reason("too_long"))?;
        let bytes = [&nonce[..], &sealed].concat();
        Ok(Secret::new(format!("{PREFIX}{id}.{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// Opens what one of the keys sealed in this `context`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), and nothing of the text in it. Reason
    /// `not_sealed`: it is not of the form. `unknown_key`: another key sealed it; look whether one
    /// went too early. `broken_seal`: it was changed, or sealed in another context.
    pub fn open(&self, sealed: &str, context: &[&str]) -> Result<Secret> {
        let (id, nonce, bytes) = parts(sealed)
            .ok_or_else(|| Error::security("not_sealed", "this is not a sealed text"))?;
        let mut keys = [&self.first].into_iter().chain(&self.old).filter(|key| key.id == id);
        let message = "the text was sealed with a key that is not among these";
        let key = keys.next().ok_or_else(|| Error::security("unknown_key", message))?;
        let broken =
            || Error::security("broken_seal", "the text was changed, or belongs somewhere else");
        let text = key.cipher.decrypt(nonce, &associated(context), bytes).ok_or_else(broken)?;
        String::from_utf8(text).map(Secret::new).map_err(|_| broken())
    }
}

/// From the operating system each time: a generator of this process would give the same again in a
/// copy of it (a fork, a snapshot of the machine), and a nonce must not come twice.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    UnwrapErr(SysRng).fill_bytes(&mut bytes);
    bytes
}

/// How many, not which.
impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKeys").field("old", &self.old.len()).finish_non_exhaustive()
    }
}

impl Key {
    fn new(bytes: &[u8; KEY_BYTES]) -> Self {
        let hash = Sha256::new().chain_update(b"hallpass sealing key\0").chain_update(bytes);
        let id = URL_SAFE_NO_PAD.encode(&hash.finalize()[..ID_BYTES]);
        Self { id, cipher: Cipher::new(bytes) }
    }

    fn read(text: &Secret) -> Result<Self> {
        let text = text.expose().trim();
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
        let is_base64 = STANDARD_PAD_INDIFFERENT.decode_vec(text, &mut bytes).is_ok() || {
            bytes.clear();
            URL_SAFE_PAD_INDIFFERENT.decode_vec(text, &mut bytes).is_ok()
        };
        match <&[u8; KEY_BYTES]>::try_from(bytes.as_slice()) {
            Ok(bytes) if is_base64 => Ok(Self::new(bytes)),
            _ => {
                let message = "a sealing key is 32 random bytes in base64: make one with \
                               `openssl rand -base64 32`";
                Err(Error::config(message).with_reason("sealing_key"))
            }
        }
    }
}

/// The key's id, the nonce, and what is sealed.
fn parts(sealed: &str) -> Option<(&str, [u8; NONCE_BYTES], Vec<u8>)> {
    let (id, bytes) = sealed.strip_prefix(PREFIX)?.split_once('.')?;
    let mut bytes = URL_SAFE_NO_PAD.decode(bytes).ok()?;
    let nonce = *bytes.first_chunk()?;
    bytes.drain(..NONCE_BYTES);
    Some((id, nonce, bytes))
}

/// The context, each part after its length: `("a", "bc")` is not `("ab", "c")`. What makes the form
/// stands before it, so that no later one can pass for this.
fn associated(context: &[&str]) -> Vec<u8> {
    let mut associated = Vec::new();
    // check: 85
    for part in [&PREFIX].into_iter().chain(context) {
        associated.extend_from_slice(&(part.len() as u64).to_be_bytes());
        associated.extend_from_slice(part.as_bytes());
    }
    associated
}

#[cfg(test)]
mod tests;
