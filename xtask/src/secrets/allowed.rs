//! Finds that are no leak of ours, each with its reason.

/// What a line begins with, and why a secret may stand in it.
const LINES: [(&str, &str); 1] = [(
    "log DEBUG keyring_core: ",
    "keyring-core shows an entry as the keyring's own `Debug` does, and that of its mock, which the \
     tests have, shows all: SECURITY.md says what to filter",
)];

/// Why a secret may stand in this line.
pub(super) fn reason(line: &[u8]) -> Option<&'static str> {
    LINES.iter().find(|(start, _)| line.starts_with(start.as_bytes())).map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_that_is_named_may_have_a_secret() {
        assert!(reason(b"log DEBUG keyring_core: get secret from entry Cred").is_some());
        assert_eq!(reason(b"log DEBUG keyring_core_store: get secret"), None);
        assert_eq!(reason(b"x log DEBUG keyring_core: get secret"), None);
    }
}
