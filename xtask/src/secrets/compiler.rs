//! This program as the compiler of the workspace's crates.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What core's `secret/watch.rs` is compiled for.
const CFG: &str = "hallpass_watch_secrets";

/// A copy of this program with this name is a compiler.
const NAME: &str = "watching-rustc";

/// Puts a copy of this program where cargo finds it as a compiler.
pub(super) fn install(folder: &Path) -> Result<PathBuf, String> {
    let own = env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    let path = folder.join(format!("{NAME}{}", env::consts::EXE_SUFFIX));
    fs::create_dir_all(folder).map_err(|error| format!("no {}: {error}", folder.display()))?;
    fs::copy(own, &path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(path)
}

/// If cargo started this program as a compiler: runs the real one, with the cfg.
///
/// Cargo asks it for the cfgs of the platform as well, so that manifests can name this one.
pub(crate) fn as_compiler() -> Option<ExitCode> {
    let own = env::current_exe().ok()?;
    if own.file_stem()? != NAME {
        return None;
    }
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let (rustc, rest) = arguments.split_first()?;
    let status = Command::new(rustc).args(rest).args(["--cfg", CFG]).status();
    let code = status.ok().and_then(|status| status.code());
    Some(code.map_or(ExitCode::FAILURE, |code| u8::try_from(code).unwrap_or(1).into()))
}
