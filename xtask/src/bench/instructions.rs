//! `cargo xtask bench --instructions`: what one call of each hot path costs, beside what it cost
//! when the numbers were committed.
//!
//! callgrind counts the instructions. It shows the program a processor of its own, with AVX2 but
//! without AVX-512 and without the instructions for SHA: libraries that choose by the processor
//! take another way there, so that hashes and signatures count more than they cost. Counts are for
//! comparing a change with the state before it; they are no times.
//!
//! Runs of one program agree to the instruction: valgrind gives it the same addresses, keys and
//! tokens are written down, and no branch depends on a random byte. What remains is a thousandth
//! for another folder or search path, which move the stack; another build (compiler, versions,
//! what was inlined where); and another C library, whose `malloc` and `memcpy` are counted too.

mod callgrind;
mod counts;

use std::fs;
use std::path::Path;
use std::process::Command;

use self::counts::{Committed, Counts};
use crate::process::{cargo, output, run as run_command};

/// The committed counts.
const FILE: &str = "benches/instructions.json";
/// The programs of `hallpass-benches`: the one that callgrind watches, and one with an allocator
/// that counts.
const HOT: &str = "hot";
const ALLOCATIONS: &str = "hot_allocations";

pub(super) fn run(root: &Path, target: &Path, accept: bool) -> Result<(), String> {
    callgrind::look()?;
    let build = "build --locked --profile bench -p hallpass-benches --features hot";
    let mut arguments: Vec<&str> = build.split_whitespace().collect();
    arguments.extend(["--bin", HOT, "--bin", ALLOCATIONS]);
    run_command(cargo(root, &arguments).env("CARGO_TARGET_DIR", target))?;

    // The profile `bench` is built where `release` is.
    let (hot, counting) =
        (target.join("release").join(HOT), target.join("release").join(ALLOCATIONS));
    let folder = target.join("hallpass/callgrind");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut measured = Vec::new();
    for name in output(Command::new(&hot).arg("--list"))?.lines() {
        let instructions = callgrind::per_call(&hot, name, &folder)?;
        let printed = output(Command::new(&counting).arg(name))?;
        let (allocations, bytes) = counts::allocations(&printed)?;
        measured.push((name.to_owned(), Counts { instructions, allocations, bytes }));
    }

    let file = root.join(FILE);
    let compiler = output(Command::new("rustc").arg("--version").current_dir(root))?;
    if accept {
        counts::write(&file, compiler.trim(), &measured)?;
        println!("{}", counts::table(&measured, &Committed::default()));
        println!("{FILE} is written: commit it by itself, and say why.");
        return Ok(());
    }
    let committed = Committed::read(&file)?;
    let gone = committed.missing(&measured);
    if !gone.is_empty() {
        return Err(format!("{FILE} has counts of what is no path: {}", gone.join(", ")));
    }
    println!("{}", counts::table(&measured, &committed));
    println!("callgrind's own files: {}", folder.display());
    if let Some(other) = committed.compiler().filter(|other| *other != compiler.trim()) {
        println!("The committed counts are of another compiler: {other}.");
    }
    match counts::grown(&measured, &committed)[..] {
        [] => Ok(()),
        ref grown => Err(format!(
            "more than {} % above {FILE}:\n{}\nIf that is what it costs, `--accept` writes the new \
             counts, for a commit of their own that says why",
            counts::TOLERANCE_PERCENT,
            grown.join("\n")
        )),
    }
}
