//! `cargo xtask readme`: the provider table.

use std::path::Path;

use crate::process::{cargo, run};

/// Lets the test that compares the README's provider table rewrite it instead.
pub(crate) fn rewrite(root: &Path) -> Result<(), String> {
    let test = ["test", "--locked", "-p", "hallpass-tests", "--test", "readme"];
    run(cargo(root, &test).env("HALLPASS_UPDATE", "1"))
}
