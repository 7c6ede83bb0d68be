//! `cargo xtask soak`: builds the program that drives and breaks everything, and starts it.

use std::env;
use std::path::Path;

use clap::Args;

use crate::ci::target_folder;
use crate::process::{cargo, run as run_command};

/// How long, and by which chance.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How long troubles go on. 0 is one short round.
    #[arg(long, default_value_t = 30, value_name = "N")]
    minutes: u64,
    /// Repeats the troubles of another run, in its order; the program prints its own.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Fails where a promise was not kept.
pub(crate) fn run(root: &Path, options: &Options) -> Result<(), String> {
    let of_tests = ["--quiet", "--locked", "-p", "hallpass-tests", "--bin", "soak", "--"];
    let mut soak = cargo(root, &["run"]);
    soak.env("CARGO_TARGET_DIR", target_folder(|name| env::var_os(name))?);
    soak.args(of_tests).args(["--minutes", &options.minutes.to_string()]);
    if let Some(seed) = options.seed {
        soak.args(["--seed", &seed.to_string()]);
    }
    run_command(&mut soak)
}
