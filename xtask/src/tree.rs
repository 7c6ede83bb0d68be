//! The files of the project, as they are now.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::output;

/// Path and text of each file that is committed or could be: what git tracks, and what it
/// neither tracks nor ignores. Paths are relative to the root and use `/`.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads the working tree. A file that is not UTF-8 is listed with an empty text.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let listing = output(git.current_dir(root))?;
        let mut files = BTreeMap::new();
        for path in listing.split_terminator('\0') {
            let file = root.join(path);
            // Deleted, but still tracked; or a symbolic link to a folder.
            if !file.is_file() {
                continue;
            }
            let bytes = fs::read(&file).map_err(|error| format!("cannot read {path}: {error}"))?;
            files.insert(path.to_owned(), String::from_utf8(bytes).unwrap_or_default());
        }
        Ok(Self { files })
    }

    /// The text of the file at `path`.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Every file, in the order of paths.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The files below `folder`.
    pub(crate) fn under(&self, folder: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(move |(path, _)| below(path, folder).is_some())
    }

    /// Whether a file is at `path`, or a folder that holds one.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.under(path).next().is_some()
    }

    /// The names of the folders directly in `folder`.
    pub(crate) fn folders(&self, folder: &str) -> BTreeSet<&str> {
        self.under(folder)
            .filter_map(|(path, _)| below(path, folder)?.split_once('/'))
            .map(|(name, _)| name)
            .collect()
    }

    /// The names of the files directly in `folder`.
    pub(crate) fn names(&self, folder: &str) -> BTreeSet<&str> {
        self.under(folder)
            .filter_map(|(path, _)| below(path, folder))
            .filter(|rest| !rest.contains('/'))
            .collect()
    }
}

#[cfg(test)]
impl Tree {
    /// A tree of these (path, text) pairs.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let own = |&(path, text): &(&str, &str)| (path.to_owned(), text.to_owned());
        Self { files: files.iter().map(own).collect() }
    }
}

/// What is left of `path` below `folder`.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    path.strip_prefix(folder)?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_what_holds_a_file() {
        let tree = Tree::of(&[("a/b/c.rs", ""), ("a/d.rs", ""), ("ab/e.rs", "")]);
        assert!(tree.has("a") && tree.has("a/b") && tree.has("a/d.rs"));
        assert!(!tree.has("b") && !tree.has("a/c.rs"));
        assert_eq!(tree.folders("a"), BTreeSet::from(["b"]));
        assert_eq!(tree.names("a"), BTreeSet::from(["d.rs"]));
        assert_eq!(tree.under("a").count(), 2);
    }
}
