use std::fmt;

use rand::Rng as _;

/// Where `state`, PKCE verifier and nonce come from: the one source, so that a test can fix it.
///
/// Whoever implements it for anything but a test must be a cryptographically secure generator
/// ([RFC 6749, section 10.10](https://www.rfc-editor.org/rfc/rfc6749#section-10.10)).
pub trait Random: fmt::Debug + Send + Sync {
    /// Fills `bytes`, all of them, with unpredictable values.
    fn fill(&self, bytes: &mut [u8]);
}

/// The default: rand's thread-local generator, ChaCha seeded and reseeded by the operating system.
///
/// A system call for 64 bytes costs more than all the rest of an authorization URL.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThreadRandom;

impl Random for ThreadRandom {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}
