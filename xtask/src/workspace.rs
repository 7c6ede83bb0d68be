//! What cargo knows about the workspace's packages.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::process::{cargo, output};

/// The packages of the dependency graph, with every feature, on this machine's platform.
#[derive(Debug)]
pub(crate) struct Workspace {
    packages: Vec<Package>,
}

/// A package of the workspace, or one that it depends on.
#[derive(Debug, Default)]
pub(crate) struct Package {
    /// Unique in the graph, where the name is not.
    pub(crate) id: String,
    pub(crate) name: String,
    /// Where its manifest is, relative to the root; absolute for a package from elsewhere.
    pub(crate) folder: String,
    pub(crate) is_member: bool,
    pub(crate) is_publishable: bool,
    pub(crate) features: Vec<String>,
    pub(crate) rust_version: Option<String>,
    pub(crate) targets: Vec<Target>,
    /// The ids of its normal dependencies.
    pub(crate) dependencies: Vec<String>,
}

/// What cargo builds of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// Such as `lib`, `bin` or `test`.
    pub(crate) kind: String,
    /// Its first file, as its package's folder is given.
    pub(crate) path: String,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let host = output(Command::new("rustc").arg("-vV"))?;
        let host = host
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .ok_or("`rustc -vV` does not name its host")?;
        let query = ["metadata", "--locked", "--all-features", "--format-version", "1"];
        let json = output(cargo(root, &query).args(["--filter-platform", host]))?;
        Self::parse(&json).ok_or_else(|| "`cargo metadata` printed an unknown form".to_owned())
    }

    /// Reads what `cargo metadata --format-version 1` prints.
    fn parse(json: &str) -> Option<Self> {
        let metadata: Value = serde_json::from_str(json).ok()?;
        let root = metadata["workspace_root"].as_str()?;
        let members = strings(&metadata["workspace_members"]);
        let nodes = metadata["resolve"]["nodes"].as_array()?;
        let package = |value: &Value| {
            let id = value["id"].as_str()?.to_owned();
            let node = nodes.iter().find(|node| node["id"] == value["id"]);
            let manifest = Path::new(value["manifest_path"].as_str()?).parent()?;
            let relative =
                |path: &Path| Some(path.strip_prefix(root).unwrap_or(path).to_str()?.to_owned());
            let target = |target: &Value| {
                Some(Target {
                    name: target["name"].as_str()?.to_owned(),
                    kind: target["kind"][0].as_str()?.to_owned(),
                    path: relative(Path::new(target["src_path"].as_str()?))?,
                })
            };
            Some(Package {
                name: value["name"].as_str()?.to_owned(),
                folder: relative(manifest)?,
                is_member: members.contains(&id),
                // Absent: any registry. A list: these. An empty list: `publish = false`.
                is_publishable: value["publish"].as_array().is_none_or(|names| !names.is_empty()),
                features: value["features"].as_object()?.keys().cloned().collect(),
                rust_version: value["rust_version"].as_str().map(str::to_owned),
                targets: value["targets"].as_array()?.iter().map(target).collect::<Option<_>>()?,
                dependencies: node.map(normal_dependencies).unwrap_or_default(),
                id,
            })
        };
        let packages = metadata["packages"].as_array()?.iter().map(package).collect::<Option<_>>();
        Some(Self { packages: packages? })
    }

    /// The packages of the workspace itself.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.is_member)
    }

    /// The packages that go to a registry.
    pub(crate) fn publishable(&self) -> impl Iterator<Item = &Package> {
        self.members().filter(|package| package.is_publishable)
    }

    /// The package with this id.
    pub(crate) fn package(&self, id: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.id == id)
    }
}

#[cfg(test)]
impl Workspace {
    /// A workspace of these packages.
    pub(crate) fn of(packages: Vec<Package>) -> Self {
        Self { packages }
    }
}

/// The ids of a graph node's dependencies that are neither for tests nor for build scripts.
fn normal_dependencies(node: &Value) -> Vec<String> {
    let is_normal = |dependency: &&Value| {
        let kinds = dependency["dep_kinds"].as_array();
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
    };
    let dependencies = node["deps"].as_array().into_iter().flatten();
    dependencies.filter(is_normal).filter_map(|it| it["pkg"].as_str().map(str::to_owned)).collect()
}

/// The strings of a JSON array.
fn strings(array: &Value) -> Vec<String> {
    let values = array.as_array().into_iter().flatten();
    values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{
        "workspace_root": "/ws",
        "workspace_members": ["one-id", "two-id"],
        "packages": [
            {"id": "one-id", "name": "one", "manifest_path": "/ws/crates/one/Cargo.toml",
             "publish": null, "features": {"default": [], "ring": []}, "rust_version": "1.85",
             "targets": [{"name": "it", "kind": ["test"], "src_path": "/ws/crates/one/t.rs"}]},
            {"id": "two-id", "name": "two", "manifest_path": "/ws/two/Cargo.toml",
             "publish": [], "features": {}, "rust_version": null, "targets": []},
            {"id": "far-id", "name": "far", "manifest_path": "/far/Cargo.toml",
             "publish": null, "features": {}, "rust_version": "1.60", "targets": []}
        ],
        "resolve": {"nodes": [
            {"id": "one-id", "deps": [
                {"pkg": "far-id", "dep_kinds": [{"kind": "dev"}, {"kind": null}]},
                {"pkg": "two-id", "dep_kinds": [{"kind": "dev"}]}
            ]},
            {"id": "two-id", "deps": []}
        ]}
    }"#;

    #[test]
    fn the_metadata_of_cargo_is_read() {
        let workspace = Workspace::parse(METADATA).unwrap();
        let names = |packages: Vec<&Package>| packages.iter().map(|p| p.name.clone()).collect();
        let (members, publishable): (Vec<String>, Vec<String>) =
            (names(workspace.members().collect()), names(workspace.publishable().collect()));
        assert_eq!(members, ["one", "two"]);
        assert_eq!(publishable, ["one"]);

        let one = workspace.package("one-id").unwrap();
        assert_eq!(one.folder, "crates/one");
        assert_eq!(one.features, ["default", "ring"]);
        assert_eq!(one.rust_version.as_deref(), Some("1.85"));
        assert_eq!(one.dependencies, ["far-id"]);
        let [target] = one.targets.as_slice() else { panic!("{:?}", one.targets) };
        assert_eq!((target.name.as_str(), target.kind.as_str()), ("it", "test"));
        assert_eq!(target.path, "crates/one/t.rs");
    }

    #[test]
    fn another_form_of_metadata_is_refused() {
        assert!(Workspace::parse("{}").is_none());
        assert!(Workspace::parse("").is_none());
    }
}
