//! The lines of a manifest. Not all of TOML: what our own manifests are made of.

/// `key = value`, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) line: usize,
    /// Without its brackets.
    pub(super) table: &'a str,
    pub(super) key: &'a str,
    /// With the comment behind it.
    pub(super) value: &'a str,
}

/// The entries of a manifest, in its order. Of one that takes several lines, the first.
pub(super) fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut table = "";
    let mut entries = Vec::new();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if line.starts_with('#') {
            continue;
        }
        if let Some((name, _)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            table = name.trim_start_matches('[');
        } else if let Some((key, value)) = line.split_once('=') {
            let (key, value) = (key.trim(), value.trim());
            entries.push(Entry { line: index + 1, table, key, value });
        }
    }
    entries
}

/// Whether `path` is that of a manifest, or of the text that one is made of.
pub(super) fn is_manifest(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("Cargo.toml" | "Cargo.toml.in"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_knows_its_table() {
        let text = "a = 1\n# b = 2\n\n[[bin]]\nname = \"x\" # why\n[t.'cfg(unix)'.d]\nc.d = true\n\
                    f = [\n    \"g\",\n]\n";
        let entry = |line, table, key, value| Entry { line, table, key, value };
        let want = [
            entry(1, "", "a", "1"),
            entry(5, "bin", "name", "\"x\" # why"),
            entry(7, "t.'cfg(unix)'.d", "c.d", "true"),
            entry(8, "t.'cfg(unix)'.d", "f", "["),
        ];
        assert_eq!(entries(text), want);
    }

    #[test]
    fn a_manifest_is_known_by_its_name() {
        assert!(is_manifest("Cargo.toml") && is_manifest("a/b/Cargo.toml.in"));
        assert!(!is_manifest("a/deny.toml") && !is_manifest("aCargo.toml"));
    }
}
