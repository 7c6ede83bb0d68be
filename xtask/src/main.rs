//! The project's own tasks, run as `cargo xtask TASK`.
//!
//! `ci` runs every gate; `tidy` is the gate for what a compiler does not check. `deps`,
//! `fixtures` and `readme` rewrite committed files that a gate compares.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program prints")]

mod bench;
mod ci;
mod deny;
mod dependencies;
mod duplicates;
mod fixtures;
mod fuzz;
mod mutants;
mod mutation;
mod new_provider;
mod process;
mod python;
mod quirks;
mod readme;
mod secrets;
mod size;
mod soak;
mod tidy;
mod tree;
mod workspace;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::ci::Step;

/// The project's own tasks.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Runs every gate, cheapest first, and stops at the first that fails.
    Ci {
        /// Runs these steps only.
        #[arg(long, value_enum, value_delimiter = ',', value_name = "STEP,…")]
        only: Vec<Step>,
    },
    /// Checks what a compiler does not: names, arrows, fixtures, lists, links.
    Tidy,
    /// Takes guarded statements out, one at a time, and demands that the tests named for them fail.
    ///
    /// A guard is marked in the sources by a comment line of its own right before it, with its
    /// numbers in SECURITY-CHECKS.md: `// check: 4` takes the statement, match arm, field,
    /// `.call(…)` or attribute out; `// check: 4 => text` puts the text in its place (of an arm: in
    /// that of its body), which `let`, `const` and the value of a block need.
    /// Works in a copy of the workspace beside the target folder of `ci`, which stays warm.
    Mutants(mutants::Options),
    /// Takes each quirk's code out of its provider, and demands that a fixture of its row fails.
    ///
    /// A row of the table in a provider's README is one quirk: `` `name`: what is odd ``, and the
    /// fixtures that prove it. `// quirk: name`, on a line of its own right before the code that
    /// deals with it, takes that code out as `cargo xtask mutants` does with `// check: 4`, whose
    /// help says what can be marked; markers on lines one after another share their code. The
    /// provider's contract test must then fail with one of the row's fixtures, for each marker.
    /// A row whose text ends in `(core)` or `(openid)` has no marker: that crate deals with it,
    /// the provider's code would be the same without it, and nothing is taken out.
    Quirks(quirks::Options),
    /// Runs the benchmarks beside the peers, and prints the table of ratios against the targets.
    ///
    /// The table is also written to `hallpass/bench.md` in the target folder. A target that is
    /// missed is told in it, and is no failure of the command: times are not a test.
    Bench(bench::Options),
    /// Builds small programs, and prints crates, processor time and size beside the peers'.
    Size,
    /// Rewrites the committed lists of each crate's normal dependencies, and of what is compiled
    /// twice.
    Deps,
    /// Writes the skeleton of a provider's crate, and names it in the workspace and the facade.
    NewProvider {
        /// One word: lower-case letters and digits.
        name: String,
    },
    /// Rewrites each provider's `src/fixtures.rs` from its `fixtures/`.
    Fixtures,
    /// Runs libFuzzer on every place where bytes of somebody else come in, and prints its figures.
    ///
    /// Needs a C++ compiler, and no other Rust than the stable one. What breaks a promise is told
    /// with the input that does, and the command fails. Logs and inputs are in the target folder,
    /// under `fuzz/runs`.
    Fuzz(fuzz::Options),
    /// Rewrites the README's provider table.
    Readme,
    /// Runs every test with everything traced, and searches all that is said for every secret.
    ///
    /// The crates of the workspace are compiled so that each secret is written down where it is
    /// made, and whatever any crate traces or logs is heard at its most talkative level. Logs, what
    /// the tests print, and panics are then searched, in every form that a secret may have there.
    /// Secrets are planted first, which must be found. The files are in the target folder, under
    /// `secrets`: they hold all of it in the clear.
    Secrets(secrets::Options),
    /// Lets people sign in, call and sign out while everything else fails and is started again.
    ///
    /// Every attempt is accounted for. The command fails where one is lost, somebody is taken for
    /// somebody else, a refusal has no cause, or memory or descriptors grow. Needs bash, python3
    /// and Redis, which a script of ours installs.
    Soak(soak::Options),
}

fn main() -> ExitCode {
    if let Some(code) = secrets::as_compiler() {
        return code;
    }
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<(), String> {
    let root = root()?;
    match task {
        Task::Bench(options) => bench::run(&root, &options),
        Task::Size => size::run(&root),
        Task::Ci { only } => ci::run(&root, &only),
        Task::Tidy => tidy::run(&root),
        Task::Deps => dependencies::rewrite(&root).and_then(|()| duplicates::rewrite(&root)),
        Task::Fixtures => fixtures::rewrite(&root),
        Task::Fuzz(options) => fuzz::run(&root, &options),
        Task::Mutants(options) => mutants::run(&root, &options),
        Task::NewProvider { name } => new_provider::write(&root, &name),
        Task::Quirks(options) => quirks::run(&root, &options),
        Task::Readme => readme::rewrite(&root),
        Task::Secrets(options) => secrets::run(&root, &options),
        Task::Soak(options) => soak::run(&root, &options),
    }
}

/// The folder of the workspace.
///
/// Asked for at run time: two clones that share a target folder share the built program.
fn root() -> Result<PathBuf, String> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .ok_or("CARGO_MANIFEST_DIR is not set: start this program with `cargo xtask`")?;
    let root = Path::new(&package).parent().ok_or("CARGO_MANIFEST_DIR has no parent folder")?;
    Ok(root.to_owned())
}
