//! A copy of the workspace to change, in a place that stays the same.
//!
//! The copy is kept, with a target folder of its own, and only what differs is written: all of ours
//! would be built anew otherwise. Nothing else may build there: cargo takes what was made of the
//! copy for what is made of another checkout, changed code for whole.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tree::Tree;

/// The copy, which one run at a time may have.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) root: PathBuf,
    lock: PathBuf,
}

impl Copy {
    /// Makes `folder/workspace` the same as `tree` at `root`.
    pub(super) fn new(tree: &Tree, root: &Path, folder: &Path) -> Result<Self, String> {
        let broken = |what: &Path| {
            let what = what.display().to_string();
            move |error| format!("cannot write {what}: {error}")
        };
        fs::create_dir_all(folder).map_err(broken(folder))?;
        let lock = folder.join("running");
        fs::File::create_new(&lock).map_err(|error| {
            let lock = lock.display();
            format!("{lock}: {error}; if no other run is under way, delete this file")
        })?;
        let copy = Self { root: folder.join("workspace"), lock };
        fs::create_dir_all(&copy.root).map_err(broken(&copy.root))?;
        copy.remove_others(tree, &copy.root).map_err(broken(&copy.root))?;
        for (path, _) in tree.files() {
            let (from, to) = (root.join(path), copy.root.join(path));
            let want = fs::read(&from).map_err(|error| format!("cannot read {path}: {error}"))?;
            if fs::read(&to).is_ok_and(|is| is == want) {
                continue;
            }
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent).map_err(broken(parent))?;
            }
            // Its time is that of the writing, so that cargo sees it.
            fs::copy(&from, &to).map_err(broken(&to))?;
        }
        Ok(copy)
    }

    /// Removes what the workspace does not have (any more).
    fn remove_others(&self, tree: &Tree, folder: &Path) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let relative = path.strip_prefix(&self.root).unwrap_or(&path);
            let relative = relative.to_string_lossy().replace('\\', "/");
            if !tree.has(&relative) {
                let is_folder = path.is_dir() && !path.is_symlink();
                if is_folder { fs::remove_dir_all(&path)? } else { fs::remove_file(&path)? }
            } else if tree.text(&relative).is_none() {
                self.remove_others(tree, &path)?;
            }
        }
        Ok(())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // A lock that stays behind names itself to the next run.
        let _ = fs::remove_file(&self.lock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two folders in one of the test.
    fn folders() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        fs::create_dir_all(from.join("a")).unwrap();
        (folder, from, to)
    }

    #[test]
    fn a_copy_has_what_the_workspace_has_and_nothing_else() {
        let (_folder, from, to) = folders();
        fs::write(from.join("a/b.rs"), "new").unwrap();
        fs::write(from.join("c.bin"), b"\xff").unwrap();
        for (path, text) in [("a/b.rs", "old"), ("a/gone.rs", "x"), ("gone/d.rs", "y")] {
            let path = to.join("workspace").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let copy = Copy::new(&Tree::of(&[("a/b.rs", "new"), ("c.bin", "")]), &from, &to).unwrap();
        assert_eq!(fs::read(copy.root.join("a/b.rs")).unwrap(), b"new");
        assert_eq!(fs::read(copy.root.join("c.bin")).unwrap(), b"\xff");
        assert!(!copy.root.join("a/gone.rs").exists() && !copy.root.join("gone").exists());
    }

    #[test]
    fn one_run_at_a_time_has_the_copy() {
        let (_folder, from, to) = folders();
        let tree = Tree::of(&[]);
        let copy = Copy::new(&tree, &from, &to).unwrap();
        let error = Copy::new(&tree, &from, &to).unwrap_err();
        assert!(error.contains("delete this file"), "{error}");
        drop(copy);
        assert!(Copy::new(&tree, &from, &to).is_ok());
    }
}
