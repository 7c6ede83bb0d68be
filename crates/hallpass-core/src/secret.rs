use std::{fmt, mem};

use subtle::ConstantTimeEq;

#[cfg(hallpass_watch_secrets)]
mod watch;

/// A value that must not reach a log: a client secret, a token, a code, a verifier, a state.
///
/// `Debug` prints `Secret(..)`. There is no `Display`, `Serialize`, `PartialEq` or `Deref`, so a
/// secret leaves by [`expose`](Self::expose) alone. Its memory is overwritten when it is dropped.
///
/// ```
/// # use hallpass_core::Secret;
/// let secret = Secret::new("s3cret");
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// assert!(secret.matches("s3cret"));
/// ```
///
/// ```compile_fail
/// # use hallpass_core::Secret;
/// println!("{}", Secret::new("s3cret"));
/// ```
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes the value over. A `String` with room to spare is copied once and overwritten.
    #[must_use]
    #[cfg_attr(hallpass_watch_secrets, track_caller)]
    pub fn new(value: impl Into<String>) -> Self {
        let value: String = value.into();
        #[cfg(hallpass_watch_secrets)]
        watch::seen(&value, std::panic::Location::caller());
        if value.capacity() == value.len() {
            return Self(value.into_boxed_str());
        }
        let exact = Box::from(value.as_str());
        drop(wiped(value));
        Self(exact)
    }

    /// The value itself. Search for `expose` to find every place that reads one.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `other` is the same value. The time taken depends on the lengths alone.
    #[must_use]
    pub fn matches(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        drop(wiped(mem::take(&mut self.0).into()));
    }
}

/// The memory of a value, overwritten where it lies, spare room too, in a way that the compiler
/// keeps.
///
/// The barrier is zeroize's. Its own types write byte by byte: with them Google's token reply took
/// 1,700 instructions more.
fn wiped(value: String) -> Vec<u8> {
    let mut memory = value.into_bytes();
    memory.clear();
    memory.resize(memory.capacity(), 0);
    zeroize::optimization_barrier(memory.as_slice());
    memory
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<String> for Secret {
    #[cfg_attr(hallpass_watch_secrets, track_caller)]
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl From<&str> for Secret {
    #[cfg_attr(hallpass_watch_secrets, track_caller)]
    fn from(value: &str) -> Self {
        Self::new(value)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_keeps_its_value_whatever_the_capacity() {
        let mut roomy = String::with_capacity(64);
        roomy.push_str("value");
        assert_eq!(Secret::new(roomy).expose(), "value");
        assert_eq!(Secret::from("value").expose(), "value");
        assert!(Secret::new("").is_empty());
    }

    #[test]
    fn what_is_wiped_is_zero_where_it_was() {
        let mut roomy = String::with_capacity(64);
        roomy.push_str("value");
        let at = roomy.as_ptr();
        let memory = super::wiped(roomy);
        assert_eq!(memory, [0; 64]);
        assert_eq!(memory.as_ptr(), at, "overwritten where it was, not moved away from");
        assert_eq!(super::wiped(Box::<str>::from("value").into()), [0; 5]);
    }

    #[test]
    fn only_the_same_value_matches() {
        let secret = Secret::new("abc");
        assert!(secret.matches("abc"));
        assert!(!secret.matches("abd"));
        assert!(!secret.matches("ab"));
        assert!(!secret.matches(""));
    }
}
