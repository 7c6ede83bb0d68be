//! What `cargo xtask new-provider` writes compiles and keeps its contract, in a copy of the
//! project.
//!
//! Compiles the copy, so only `--test skeleton` runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

#[test]
fn a_new_providers_skeleton_keeps_its_contract() {
    let scratch = tempfile::tempdir().unwrap();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    copy(&root, scratch.path());
    run(Command::new("git").args(["init", "--quiet"]).current_dir(scratch.path()));

    let xtask = ["run", "--quiet", "--package", "xtask", "--", "new-provider"];
    let printed = run(cargo(scratch.path(), &root).args(xtask).arg("acme"));
    assert!(printed.contains("wrote crates/providers/hallpass-acme"), "{printed}");
    let facade = fs::read_to_string(scratch.path().join("crates/hallpass/src/lib.rs")).unwrap();
    assert!(facade.contains("pub use hallpass_acme as acme;"), "{facade}");
    let table = scratch.path().join("crates/hallpass/src/constructors.rs");
    let table = fs::read_to_string(table).unwrap();
    assert!(table.contains("plan.client(crate::acme::Acme::new())"), "{table}");

    let mut test = cargo(scratch.path(), &root);
    test.args(["test", "--quiet", "--package", "hallpass-acme", "--no-default-features"]);
    let printed = run(&mut test);
    assert!(printed.contains("1 passed"), "{printed}");
    // The facade with it compiles too.
    let facade = ["check", "--quiet", "--package", "hallpass", "--no-default-features"];
    run(cargo(scratch.path(), &root).args(facade).args(["--features", "acme,session"]));

    let again = cargo(scratch.path(), &root).args(xtask).arg("acme").output().unwrap();
    assert!(!again.status.success(), "a provider is not overwritten");
    let bad = cargo(scratch.path(), &root).args(xtask).arg("../acme").output().unwrap();
    assert!(!bad.status.success(), "a name is not a path");
}

/// Every file of the project, as git knows them: tracked, and new ones that are not ignored.
fn copy(root: &Path, scratch: &Path) {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard"];
    for path in run(Command::new("git").args(list).current_dir(root)).lines() {
        let (from, to) = (root.join(path), scratch.join(path));
        if from.is_file() {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
    }
}

fn cargo(folder: &Path, root: &Path) -> Command {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(folder).env("CARGO_TARGET_DIR", target);
    command
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{stderr}");
    String::from_utf8(output.stdout).unwrap()
}
