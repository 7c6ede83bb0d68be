//! Child processes: how one is started, and what is said when it fails.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where the tests' servers are, and the ends of names that nobody has. A proxy of the machine would
/// answer for them.
const WITHOUT_PROXY: &str = "127.0.0.1,::1,localhost,.invalid,.test";

/// A `cargo` call in `root`, with the cargo that started this program. What it starts asks for the
/// tests' servers [without a proxy](asks_directly).
///
/// `cargo run` tells this program which package it belongs to, in variables. They are taken
/// away again: some build scripts watch them, and would build anew for nothing.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    asks_directly(&mut command);
    command
}

/// Lets `command`, which runs tests, ask no proxy for the tests' servers.
pub(crate) fn asks_directly(command: &mut Command) -> &mut Command {
    let hosts = without_proxy(|name| env::var(name).ok());
    command.envs(["NO_PROXY", "no_proxy"].map(|name| (name, &hosts)))
}

/// The hosts that are asked directly: those that the machine has already, and those of the tests.
fn without_proxy(variable: impl Fn(&str) -> Option<String>) -> String {
    let known = ["no_proxy", "NO_PROXY"].into_iter().filter_map(variable);
    let mut hosts: Vec<_> = known.filter(|hosts| !hosts.is_empty()).collect();
    // Some read it as every host only where nothing else is said.
    if hosts.iter().any(|hosts| hosts == "*") {
        return "*".to_owned();
    }
    hosts.push(WITHOUT_PROXY.to_owned());
    hosts.join(",")
}

/// Runs `command` with this program's output streams and no input.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("`{}` did not start: {error}", describe(command)))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`{}` failed ({status})", describe(command)))
}

/// Runs `command` and returns what it printed; its complaints are part of the error.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`{}` did not start: {error}", describe(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let what = describe(command);
        return Err(format!("`{what}` failed ({}):\n{}", output.status, complaint.trim_end()));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| format!("`{}` printed something that is not UTF-8", describe(command)))
}

/// The command as one would type it.
fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let mut words = vec![program.to_string_lossy()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_is_named_with_its_arguments() {
        let error = output(&mut cargo(Path::new("."), &["no-such-task", "-q"])).unwrap_err();
        assert!(error.starts_with("`cargo no-such-task -q` failed"), "{error}");
        assert!(error.contains("no such command"), "{error}");
    }

    #[test]
    fn a_command_that_does_not_exist_is_named() {
        let error = output(&mut Command::new("no-such-program")).unwrap_err();
        assert!(error.starts_with("`no-such-program` did not start"), "{error}");
    }

    #[test]
    fn a_proxy_is_asked_neither_for_what_the_machine_says_nor_for_the_tests() {
        let check = |value: Option<&str>, want: &str| {
            let known = |name: &str| value.filter(|_| name == "NO_PROXY").map(str::to_owned);
            assert_eq!(without_proxy(known), want);
        };
        check(None, WITHOUT_PROXY);
        check(Some(""), WITHOUT_PROXY);
        check(Some("a.test"), &format!("a.test,{WITHOUT_PROXY}"));
        check(Some("*"), "*");
    }

    #[test]
    fn what_cargo_starts_asks_no_proxy_for_the_tests() {
        let command = cargo(Path::new("."), &["test"]);
        for name in ["NO_PROXY", "no_proxy"] {
            let hosts = command.get_envs().find(|(known, _)| *known == name);
            let hosts = hosts.and_then(|(_, hosts)| hosts).unwrap().to_string_lossy();
            assert!(hosts == "*" || hosts.ends_with(WITHOUT_PROXY), "{hosts}");
        }
    }

    #[test]
    fn what_a_command_printed_is_returned() {
        let printed = output(&mut cargo(Path::new("."), &["--version"])).unwrap();
        assert!(printed.starts_with("cargo "), "{printed}");
    }
}
