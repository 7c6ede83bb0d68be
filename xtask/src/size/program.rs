//! The folder of a small program: a manifest, a lock file, one source file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::size::contenders::Contender;

/// Where the versions are.
const TABLE: &str = "[workspace.dependencies]";

/// Writes the program of `contender` anew into its folder in `place`, and returns that folder.
///
/// Our crates are those of the workspace at `root`; every version is that of its lock file.
pub(super) fn write(root: &Path, place: &Path, contender: &Contender) -> Result<PathBuf, String> {
    let versions = fs::read_to_string(root.join("Cargo.toml"))
        .map_err(|error| format!("cannot read Cargo.toml: {error}"))?;
    let manifest = manifest(&versions, root, contender)
        .ok_or_else(|| format!("Cargo.toml has no table {TABLE}"))?;
    let folder = place.join(contender.name);
    let write = || {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), &manifest)?;
        fs::write(folder.join("src/main.rs"), contender.source)?;
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
    };
    write().map_err(|error| format!("cannot write {}: {error}", folder.display()))?;
    Ok(folder)
}

/// A workspace of its own with the table of versions of the one at `root`, whose manifest says
/// `versions`.
fn manifest(versions: &str, root: &Path, contender: &Contender) -> Option<String> {
    let (_, table) = versions.split_once(&format!("\n{TABLE}\n"))?;
    let table = table.split_once("\n[").map_or(table, |(table, _)| table);
    // What TOML would take for an escape is no part of a path then.
    let root = root.to_str()?.replace('\\', "/");
    let table = table.replace("{ path = \"", &format!("{{ path = \"{root}/"));
    let dependencies = contender.dependencies;
    Some(format!(
        "[package]\nname = \"program\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace]\nresolver = \"3\"\n\n\
         [dependencies]\n{dependencies}tokio = {{ workspace = true, features = [\"rt\"] }}\n\n\
         [profile.release]\nstrip = true\n\n\
         {TABLE}\n{}\n",
        table.trim_end()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::contenders::CONTENDERS;

    const VERSIONS: &str = "[workspace]\nresolver = \"3\"\n\n[workspace.dependencies]\n\
                            ours = { path = \"crates/ours\", version = \"0.1.0\" }\n\
                            peer = { version = \"5.0.0\", features = [\"x\"] } # why\n\n\
                            [profile.dev]\ndebug = false\n";

    #[test]
    fn the_versions_are_those_of_the_workspace() {
        let manifest = manifest(VERSIONS, Path::new("/ws"), &CONTENDERS[0]).unwrap();
        let want = "\n[workspace.dependencies]\n\
                    ours = { path = \"/ws/crates/ours\", version = \"0.1.0\" }\n\
                    peer = { version = \"5.0.0\", features = [\"x\"] } # why\n";
        assert!(manifest.ends_with(want), "{manifest}");
        assert!(manifest.contains("\n\n[dependencies]\nreqwest = { workspace = true, "));
    }

    #[test]
    fn without_a_table_of_versions_there_is_no_program() {
        let none = manifest("[workspace]\nresolver = \"3\"\n", Path::new("/ws"), &CONTENDERS[0]);
        assert_eq!(none, None);
    }

    #[test]
    fn a_program_is_written_anew_with_the_lock_file() {
        let temporary = tempfile::tempdir().unwrap();
        let place = temporary.path();
        let root = place.join("root");
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("Cargo.toml"), VERSIONS).unwrap();
        fs::write(root.join("Cargo.lock"), "version = 4\n").unwrap();
        let folder = write(&root, place, &CONTENDERS[0]).unwrap();
        fs::write(folder.join("left over"), "").unwrap();
        assert_eq!(write(&root, place, &CONTENDERS[0]).unwrap(), folder);
        assert!(!folder.join("left over").exists());
        assert_eq!(fs::read_to_string(folder.join("Cargo.lock")).unwrap(), "version = 4\n");
        assert!(fs::read_to_string(folder.join("src/main.rs")).unwrap().contains("fn main()"));
    }
}
