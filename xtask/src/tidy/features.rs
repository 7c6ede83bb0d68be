//! Providers forward the choice of TLS and offer no other.

use crate::fixtures::PROVIDERS;
use crate::tidy::Finding;
use crate::workspace::Workspace;

/// Sorted, as cargo lists them.
const FEATURES: [&str; 3] = ["aws-lc", "default", "ring"];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let is_provider =
        |folder: &str| folder.strip_prefix(PROVIDERS).is_some_and(|rest| rest.starts_with('/'));
    let mut findings = Vec::new();
    let mut count = 0;
    for package in workspace.members().filter(|package| is_provider(&package.folder)) {
        count += 1;
        if package.features != FEATURES {
            let has = package.features.join(", ");
            let message = format!("the features are {has}, not {}", FEATURES.join(", "));
            findings.push(Finding::new(format!("{}/Cargo.toml", package.folder), 1, message));
        }
    }
    if count == 0 {
        findings.push(Finding::new(PROVIDERS, 1, "has no crate whose features could be checked"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;
    use crate::workspace::Package;

    fn workspace(folder: &str, features: &[&str]) -> Workspace {
        Workspace::of(vec![Package {
            folder: folder.to_owned(),
            is_member: true,
            features: features.iter().map(ToString::to_string).collect(),
            ..Package::default()
        }])
    }

    #[test]
    fn a_provider_has_three_features() {
        let folder = "crates/providers/hallpass-a";
        assert_found(&check(&workspace(folder, &["aws-lc", "default", "ring"])), &[]);
        let want = "crates/providers/hallpass-a/Cargo.toml:1: the features are default, serde, \
                    not aws-lc, default, ring";
        assert_found(&check(&workspace(folder, &["default", "serde"])), &[want]);
    }

    #[test]
    fn a_workspace_without_providers_is_found() {
        let want = "crates/providers:1: has no crate whose features could be checked";
        assert_found(&check(&workspace("crates/hallpass-core", &[])), &[want]);
    }
}
