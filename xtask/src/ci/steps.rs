//! What each step runs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::ci::Step;
use crate::deny;
use crate::process::{cargo, output, run};
use crate::tidy;
use crate::workspace::Workspace;

/// The crates that must build without their default features.
const ALONE: [&str; 7] = [
    "hallpass-core",
    "hallpass-openid",
    "hallpass-github",
    "hallpass",
    "hallpass-web",
    "hallpass-oauth1",
    "hallpass-axum",
];

/// The features of hallpass-axum, each of which must build without the others.
const OF_AXUM: [&str; 7] =
    ["openid", "huggingface", "dev-login", "sqlite", "redis", "postgres", "ring"];

/// The features that bring TLS, one of which a program chooses.
const TLS: [&str; 2] = ["aws-lc", "ring"];

/// The example that serves until it is stopped, unless it is told to visit itself.
const SERVES: &str = "web";

/// What is compiled and run with every feature on. The benchmarks bring the peers, a second HTTP
/// client among them, which clippy checks and nobody here runs.
pub(crate) const EVERYTHING: &str =
    "--locked --workspace --exclude hallpass-benches --all-features";

/// The suites that start what `tests/servers` installs, one after another.
pub(crate) const OF_SERVERS: &str = "--test servers --test browser --test short_soak";

/// Where the steps run.
pub(super) struct Machine<'a> {
    pub(super) root: &'a Path,
    pub(super) target: PathBuf,
}

impl Machine<'_> {
    /// Runs one step.
    pub(super) fn run(&self, step: Step) -> Result<(), String> {
        match step {
            Step::Fmt => self.fmt(),
            Step::Tidy => tidy::run(self.root),
            Step::Deny => deny::run(self.root, &self.target),
            Step::Clippy => self.clippy(),
            Step::Docs => self.docs(),
            Step::Tests => self.tests(),
            Step::Alone => self.alone(),
            Step::Examples => self.examples(),
            Step::Servers => self.servers(),
            Step::Package => self.package(),
        }
    }

    fn fmt(&self) -> Result<(), String> {
        needs(&mut self.command("fmt --version"), "rustfmt (`rustup component add rustfmt`)")?;
        self.cargo("fmt --all --check")
    }

    fn clippy(&self) -> Result<(), String> {
        needs(&mut self.command("clippy --version"), "clippy (`rustup component add clippy`)")?;
        self.cargo("clippy --locked --workspace --all-targets --all-features -- -D warnings")
    }

    fn docs(&self) -> Result<(), String> {
        let mut doc = self.command("doc --locked --workspace --no-deps --all-features");
        run(doc.env("RUSTDOCFLAGS", "-Dwarnings"))
    }

    fn tests(&self) -> Result<(), String> {
        self.cargo(&format!("test {EVERYTHING}"))?;
        self.cargo("test --locked -p hallpass-benches --lib")?;
        // As in a release, where the dev login is refused; of one crate, which is all that is
        // built.
        let release = "--config profile.dev.package.hallpass-axum.debug-assertions=false";
        let test = "-p hallpass-axum --all-features --test it a_release_build_has_no_dev_login";
        self.cargo(&format!("test --locked {release} {test}"))
    }

    fn alone(&self) -> Result<(), String> {
        for name in ALONE {
            self.cargo(&format!("check --locked -p {name} --no-default-features"))?;
        }
        for feature in OF_AXUM {
            let axum = "--locked -p hallpass-axum --no-default-features --features";
            self.cargo(&format!("check {axum} {feature}"))?;
        }
        for tls in TLS {
            let core = format!("--locked -p hallpass-core --no-default-features --features {tls}");
            // First without the features that the tests' own dependencies switch on.
            self.cargo(&format!("check {core}"))?;
            self.cargo(&format!("test {core} --test tls"))?;
        }
        // The lighter of the two backends; the other one's tests ran with every feature on.
        self.cargo("test --locked -p hallpass-openid --no-default-features --features ring --lib")?;
        Ok(())
    }

    fn examples(&self) -> Result<(), String> {
        let workspace = Workspace::read(self.root)?;
        let mut count = 0;
        for package in workspace.members() {
            let Some(name) = package.folder.strip_prefix("examples/") else { continue };
            let alone = if name == SERVES { " -- --visit" } else { "" };
            let example = format!("run --locked -p {} --example {name}{alone}", package.name);
            let printed = output(self.command(&example).stderr(Stdio::inherit()))?;
            if printed.trim().is_empty() {
                return Err(format!("`cargo {example}` printed nothing"));
            }
            print!("{printed}");
            count += 1;
        }
        if count == 0 {
            return Err("there is no package under examples/".to_owned());
        }
        Ok(())
    }

    fn servers(&self) -> Result<(), String> {
        install_servers(self.root)?;
        self.cargo(&format!("test {EVERYTHING} {OF_SERVERS}"))
    }

    fn package(&self) -> Result<(), String> {
        let workspace = Workspace::read(self.root)?;
        // Together: they depend on each other, and none is in the registry yet.
        let mut package = self.command("package --locked --no-verify --allow-dirty");
        for publishable in workspace.publishable() {
            package.args(["-p", &publishable.name]);
        }
        run(&mut package)?;
        let suites = "--test packaged --test skeleton";
        self.cargo(&format!("test {EVERYTHING} {suites}"))
    }

    /// Runs cargo with these arguments, separated by spaces.
    fn cargo(&self, arguments: &str) -> Result<(), String> {
        println!("$ cargo {arguments}");
        run(&mut self.command(arguments))
    }

    /// A cargo call that builds into the one target folder. Incremental state would cost time
    /// and disk here, since the same sources are not built again.
    fn command(&self, arguments: &str) -> Command {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let mut command = cargo(self.root, &arguments);
        command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_INCREMENTAL", "0");
        command
    }
}

/// Installs what `tests/servers` starts.
pub(crate) fn install_servers(root: &Path) -> Result<(), String> {
    for program in ["bash", "node", "npm", "python3"] {
        needs(Command::new(program).arg("--version"), program)?;
    }
    let mut install = Command::new("bash");
    install.args(["tests/servers/serve.sh", "--install"]);
    install.args(["oidc-provider", "canaille", "oauth1", "redis", "postgres", "browser"]);
    run(install.current_dir(root))
}

/// Fails unless `probe` runs: a step never passes because its tool is missing.
fn needs(probe: &mut Command, what: &str) -> Result<(), String> {
    output(probe).map(drop).map_err(|error| format!("this machine lacks {what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_is_named() {
        let error = needs(&mut Command::new("no-such-tool"), "no-such-tool").unwrap_err();
        assert!(error.starts_with("this machine lacks no-such-tool: "), "{error}");
    }

    #[test]
    fn a_tool_that_is_there_is_enough() {
        let machine = Machine { root: Path::new("."), target: PathBuf::from("unused") };
        assert_eq!(needs(&mut machine.command("--version"), "cargo"), Ok(()));
    }
}
