//! `cargo xtask bench`: the benchmarks with the peers beside them, as one table of ratios.

mod instructions;
mod python;
mod table;

use std::path::Path;
use std::time::SystemTime;

use clap::Args;

use crate::ci::target_folder;
use crate::process::{cargo, run as run_command};

/// What is measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// httpx-oauth and Authlib beside hallpass, from a virtual environment, instead of the rest.
    #[arg(long)]
    python: bool,
    /// Counts instructions and allocations of the hot paths, beside the committed ones.
    ///
    /// callgrind counts, on a processor of its own: hashes and signatures count more than on a
    /// real one. Fails if a count is more than 2 % above that in `benches/instructions.json`.
    #[arg(long, conflicts_with = "python")]
    instructions: bool,
    /// With `--instructions`: writes what was counted to `benches/instructions.json`.
    ///
    /// New numbers to compare with are a commit of their own, which says why they are other ones.
    #[arg(long, requires = "instructions")]
    accept: bool,
}

pub(crate) fn run(root: &Path, options: &Options) -> Result<(), String> {
    let target = target_folder(|name| std::env::var_os(name))?;
    if options.python {
        return python::run(root, &target);
    }
    if options.instructions {
        return instructions::run(root, &target, options.accept);
    }
    let began = SystemTime::now();
    let arguments = ["bench", "--locked", "-p", "hallpass-benches", "--features", "peers"];
    run_command(cargo(root, &arguments).env("CARGO_TARGET_DIR", &target))?;
    table::print(&target, began)
}
