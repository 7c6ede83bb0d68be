//! What a user gets: the packaged crate, alone, in a program of fifteen lines.
//!
//! Compiles a crate and its dependencies, so only `--test packaged` runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const CRATES: [&str; 2] = ["hallpass-core", "hallpass-github"];

#[test]
fn a_crate_that_depends_on_the_packaged_provider_alone_makes_an_authorization_url() {
    let scratch = tempfile::tempdir().unwrap();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let user = scratch.path();
    package(&root, user);
    fs::create_dir_all(user.join("src")).unwrap();
    fs::write(user.join("src/main.rs"), include_str!("user.rs")).unwrap();
    fs::write(user.join("Cargo.toml"), manifest()).unwrap();
    // The versions that the project is tested with; cargo leaves out what this crate does not need.
    fs::copy(root.join("Cargo.lock"), user.join("Cargo.lock")).unwrap();

    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let printed = run(cargo(user).arg("run").arg("--quiet").env("CARGO_TARGET_DIR", target));
    let url = printed.trim();
    assert!(
        url.starts_with(
            "https://github.com/login/oauth/authorize?response_type=code&client_id=client-id&"
        ),
        "{url}"
    );
    for part in ["&redirect_uri=https%3A%2F%2Fapp.test%2Fcallback&", "&state=", "&code_challenge="]
    {
        assert!(url.contains(part), "{url}");
    }
}

/// Packages the crates and unpacks them, as a registry and cargo would.
fn package(root: &Path, scratch: &Path) {
    let target = scratch.join("target");
    let mut command = cargo(root);
    command
        .args(["package", "--quiet", "--no-verify", "--allow-dirty", "--target-dir"])
        .arg(&target);
    for name in CRATES {
        command.args(["--package", name]);
    }
    run(&mut command);
    for name in CRATES {
        let archive =
            target.join("package").join(format!("{name}-{}.crate", env!("CARGO_PKG_VERSION")));
        // With the time of now, as cargo sees what has changed since it compiled it: in an archive
        // all is equally old.
        run(Command::new("tar").arg("-xzmf").arg(archive).arg("-C").arg(scratch));
    }
}

/// The profile is the project's own, so that what it has compiled is not compiled again.
///
/// The crates lie within the workspace, and are no part of it: what is compiled of them is named by
/// the way from there, and the next run's replaces it. From elsewhere it would be named by the
/// whole path, and stay in the target folder after each run. Two runs at once in one target folder
/// may thus take each other's crates for their own, since cargo judges by the time; that is accepted.
fn manifest() -> String {
    let [core, github] = CRATES.map(|name| format!("{name}-{}", env!("CARGO_PKG_VERSION")));
    format!(
        "[package]\nname = \"user\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nhallpass-github = {{ path = {github:?} }}\n\n\
         [patch.crates-io]\nhallpass-core = {{ path = {core:?} }}\n\n\
         [workspace]\nexclude = [{core:?}, {github:?}]\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n",
    )
}

fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(folder);
    command
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{stderr}");
    String::from_utf8(output.stdout).unwrap()
}
