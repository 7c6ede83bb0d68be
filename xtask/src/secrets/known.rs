//! The secrets that the processes of a run had.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::secrets::{control, ordinary};

/// Every value once, and what is searched for.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What is looked for, in the order of values.
    pub(super) searched: Vec<Secret>,
    /// What is not, each with its reason.
    pub(super) left_out: Vec<(Secret, &'static str)>,
    /// How many processes had any.
    pub(super) processes: usize,
}

/// A value, and where it was first a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secret {
    pub(super) value: String,
    /// File, line and column of the source.
    pub(super) at: String,
    /// Of a test, its name.
    pub(super) thread: String,
}

impl Secret {
    /// Planted to be found.
    pub(super) fn is_control(&self) -> bool {
        self.at.replace('\\', "/").contains(control::FILE)
    }
}

impl Known {
    /// Reads `*.secrets`.
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let cannot = |error| format!("cannot read {}: {error}", folder.display());
        let mut all = BTreeMap::new();
        let mut known = Self::default();
        for entry in fs::read_dir(folder).map_err(cannot)? {
            let path = entry.map_err(cannot)?.path();
            if path.extension().is_some_and(|kind| kind == "secrets") {
                known.processes += 1;
                for line in fs::read_to_string(&path).map_err(cannot)?.lines() {
                    let secret = secret(line)
                        .ok_or_else(|| format!("{}: half a line: {line}", path.display()))?;
                    all.entry(secret.value.clone()).or_insert(secret);
                }
            }
        }
        for secret in all.into_values() {
            match ordinary::reason(&secret) {
                Some(reason) => known.left_out.push((secret, reason)),
                None => known.searched.push(secret),
            }
        }
        Ok(known)
    }
}

fn secret(line: &str) -> Option<Secret> {
    let line: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| line[name].as_str().map(str::to_owned);
    Some(Secret { value: text("value")?, at: text("at")?, thread: text("thread")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_read_once_and_short_ones_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let line = |value: &str| format!(r#"{{"value":"{value}","at":"a.rs:1:2","thread":"t"}}"#);
        let both = format!("{}\n{}\n", line("long enough a"), line("short"));
        fs::write(folder.path().join("1.secrets"), both).unwrap();
        fs::write(folder.path().join("2.secrets"), line("long enough a")).unwrap();
        fs::write(folder.path().join("2.log"), "no JSON").unwrap();
        let known = Known::read(folder.path()).unwrap();
        assert_eq!(known.processes, 2);
        let values: Vec<_> = known.searched.iter().map(|secret| secret.value.as_str()).collect();
        assert_eq!(values, ["long enough a"]);
        assert_eq!(known.left_out[0].0.value, "short");
        fs::write(folder.path().join("3.secrets"), "{\"value\":").unwrap();
        assert!(Known::read(folder.path()).unwrap_err().contains("half a line"));
    }
}
