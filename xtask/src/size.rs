//! `cargo xtask size`: what a user compiles, how long that takes, and what a small program weighs.

mod contenders;
mod processor_time;
mod program;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::ci::target_folder;
use crate::process::{cargo, output, run as run_command};
use crate::size::contenders::{CONTENDERS, Contender};
use crate::size::processor_time::measure;
use crate::size::table::{Cost, table};

/// Builds every program, each in an empty target folder that is removed afterwards; prints the
/// table, and writes it to `hallpass/size.md` in the target folder.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let folder = target_folder(|name| std::env::var_os(name))?.join("hallpass");
    let mut costs = Vec::new();
    for contender in &CONTENDERS {
        println!("==> {}, TLS: {}", contender.title, contender.tls.title());
        let cost = cost(root, &folder.join("size"), contender)?;
        println!("<== {cost}");
        costs.push((*contender, cost));
    }
    let table = table(&costs);
    print!("\n{table}");
    let path = folder.join("size.md");
    fs::write(&path, &table).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Writes the program of `contender` into its folder in `place`, and builds it twice.
fn cost(root: &Path, place: &Path, contender: &Contender) -> Result<Cost, String> {
    let folder = program::write(root, place, contender)?;
    // The first call takes out of the lock file what the program does not need, and downloads what
    // is not there yet: neither is part of what is measured.
    let all = output(&mut quietly(&folder, &["tree", "--edges=normal,build", "--prefix=none"]))?;
    let normal = ["tree", "--locked", "--offline", "--edges=normal", "--prefix=none"];
    let normal = output(&mut quietly(&folder, &normal))?;
    let target = folder.join("target");
    let built = build(&folder, &target);
    let removed = fs::remove_dir_all(&target);
    let (processor_time, bytes) = built?;
    removed.map_err(|error| format!("cannot remove {}: {error}", target.display()))?;
    Ok(Cost { crates: crates(&normal), with_build: crates(&all), processor_time, bytes })
}

/// Processor time of a debug build, and bytes of the stripped release program.
fn build(folder: &Path, target: &Path) -> Result<(Option<std::time::Duration>, u64), String> {
    let debug = ["build", "--quiet", "--locked", "--offline"];
    let took = measure(&mut quietly(folder, &debug))?;
    fs::remove_dir_all(target)
        .map_err(|error| format!("cannot remove {}: {error}", target.display()))?;
    let release = ["build", "--quiet", "--locked", "--offline", "--release"];
    run_command(&mut quietly(folder, &release))?;
    let program = target.join("release").join(format!("program{}", std::env::consts::EXE_SUFFIX));
    let bytes = fs::metadata(&program)
        .map_err(|error| format!("cannot read {}: {error}", program.display()))?
        .len();
    Ok((took, bytes))
}

/// `cargo` as a user's machine runs it the first time: nothing built before is found.
fn quietly(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = cargo(folder, arguments);
    command.env("CARGO_TARGET_DIR", folder.join("target")).env("CARGO_INCREMENTAL", "0");
    // A wrapper such as sccache, set here or in a configuration file.
    command.env("RUSTC_WRAPPER", "").env("RUSTC_WORKSPACE_WRAPPER", "");
    command
}

/// How many crates `cargo tree --prefix none` lists, each version once, without the program.
fn crates(tree: &str) -> usize {
    let name = |line: &str| {
        let mut words = line.split_whitespace();
        words.next().zip(words.next()).map(|(name, version)| format!("{name} {version}"))
    };
    // The program is the first line.
    tree.lines().skip(1).filter_map(name).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_of_a_crate_counts_once() {
        let tree = "program v0.0.0 (/x/program)\nurl v2.5.0\nserde v1.0.0\n\
                    serde_derive v1.0.0 (proc-macro)\nserde v1.0.0 (*)\n\nurl v1.7.2\n\
                    ours v0.1.0 (/y/ours)\nours v0.1.0 (/y/ours) (*)\n";
        assert_eq!(crates(tree), 5);
        assert_eq!(crates("program v0.0.0 (/x/program)\n"), 0);
    }
}
