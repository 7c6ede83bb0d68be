//! Child processes: how one is started, and what is said when it fails.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

/// A `cargo` call in `root`, with the cargo that started this program.
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
    command
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
    fn what_a_command_printed_is_returned() {
        let printed = output(&mut cargo(Path::new("."), &["--version"])).unwrap();
        assert!(printed.starts_with("cargo "), "{printed}");
    }
}
