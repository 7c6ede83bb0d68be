//! Takes marked code out of a copy of the workspace, one part at a time, and runs tests there.
//!
//! `mutants` does it for the checks of SECURITY-CHECKS.md, `quirks` for what providers do their
//! own way. They share one copy, which stays warm.

mod copy;
mod marker;
mod part;
mod program;
mod trial;

use std::env;
use std::path::{Path, PathBuf};

use crate::ci::target_folder;

pub(crate) use crate::mutation::marker::{Fault, Marker, Name, markers};
pub(crate) use crate::mutation::program::{Kind, Program};
pub(crate) use crate::mutation::trial::{Built, Court, Verdicts};

/// Where copy and target folder are: beside the one that `ci` builds in.
pub(crate) fn folder() -> Result<PathBuf, String> {
    Ok(beside(&target_folder(|name| env::var_os(name))?))
}

fn beside(ci: &Path) -> PathBuf {
    let mut name = ci.file_name().unwrap_or_default().to_owned();
    name.push("-mutants");
    ci.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_and_target_are_beside_those_of_ci() {
        assert_eq!(
            beside(Path::new("/c/hallpass/target")),
            Path::new("/c/hallpass/target-mutants")
        );
    }
}
