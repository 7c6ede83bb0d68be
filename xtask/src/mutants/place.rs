//! Which program runs a test, and what the test is called there.

use crate::mutation::{Kind, Program};
use crate::tidy::source::{Source, closing, leading_word};
use crate::tree::Tree;
use crate::workspace::{Package, Target, Workspace};

/// A test, and the program that has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) program: Program,
    /// Its whole name, with its modules.
    pub(super) test: String,
}

/// Finds the test that SECURITY-CHECKS.md calls `path::name`.
pub(super) fn place(tree: &Tree, workspace: &Workspace, entry: &str) -> Result<Place, String> {
    let (path, name) = entry.split_once("::").ok_or_else(|| format!("`{entry}` is no test"))?;
    let text = tree.text(path).ok_or_else(|| format!("there is no {path}"))?;
    let holds = |package: &&Package| below(path, &package.folder).is_some();
    let package = workspace.members().filter(holds).max_by_key(|package| package.folder.len());
    let package = package.ok_or_else(|| format!("{path} belongs to no package"))?;
    let (target, kind, modules) =
        root(package, path).ok_or_else(|| format!("{path} belongs to no target"))?;
    let inner = if name.contains("::") { name.to_owned() } else { inner(text, path, name)? };
    let program = Program {
        package: package.name.clone(),
        folder: package.folder.clone(),
        target: target.name.clone(),
        kind,
    };
    let test = modules.iter().chain([&inner.as_str()]).copied().collect::<Vec<_>>().join("::");
    Ok(Place { program, test })
}

/// The target that the file at `path` is a module of, and the module's path.
fn root<'a>(package: &'a Package, path: &'a str) -> Option<(&'a Target, Kind, Vec<&'a str>)> {
    let targets = || package.targets.iter().filter_map(|target| Some((target, kind(target)?)));
    if let Some((target, kind)) = targets().find(|(target, _)| target.path == path) {
        return Some((target, kind, Vec::new()));
    }
    let module = path.strip_suffix(".rs")?;
    let module = module.strip_suffix("/mod").unwrap_or(module);
    let inside = targets().filter_map(|(target, kind)| {
        let (folder, file) = target.path.rsplit_once('/')?;
        let is_root = matches!(file, "lib.rs" | "main.rs");
        let rest = below(module, folder).filter(|_| is_root)?;
        Some((target, kind, rest.split('/').collect::<Vec<_>>()))
    });
    // The nearest one; where a library and a program share a folder, the library.
    inside.min_by_key(|(_, kind, modules)| (modules.len(), *kind))
}

fn kind(target: &Target) -> Option<Kind> {
    match target.kind.as_str() {
        "lib" => Some(Kind::Lib),
        "bin" => Some(Kind::Bin),
        "test" => Some(Kind::Test),
        _ => None,
    }
}

/// The name of the one function `name` in its file, with the modules written around it there.
fn inner(text: &str, path: &str, name: &str) -> Result<String, String> {
    let source = Source::new(text);
    let code = source.code.as_str();
    let word_after = |at: usize| leading_word(code[at..].trim_start());
    let mut found = source.words("fn").filter(|at| word_after(at + "fn".len()) == name);
    let at = found.next().ok_or_else(|| format!("{path} has no `fn {name}`"))?;
    if found.next().is_some() {
        return Err(format!("{path} has more than one `fn {name}`: name its module, too"));
    }
    let is_around = |module: &usize| {
        let Some(open) = code[*module..at].find(['{', ';']) else { return false };
        let body = &code[module + open..];
        body.starts_with('{') && closing(body).is_none_or(|end| module + open + end > at)
    };
    let modules = source.words("mod").take_while(|module| *module < at).filter(is_around);
    let names = modules.map(|module| word_after(module + "mod".len())).chain([name]);
    Ok(names.collect::<Vec<_>>().join("::"))
}

fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    path.strip_prefix(folder)?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> Workspace {
        let target = |kind: &str, name: &str, path: &str| Target {
            name: name.to_owned(),
            kind: kind.to_owned(),
            path: path.to_owned(),
        };
        let package = |name: &str, folder: &str, targets| Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            is_member: true,
            targets,
            ..Package::default()
        };
        let one = vec![
            target("bin", "one", "crates/one/src/main.rs"),
            target("lib", "one", "crates/one/src/lib.rs"),
            target("test", "it", "crates/one/tests/it/main.rs"),
            target("test", "contract", "crates/one/tests/contract.rs"),
        ];
        let tests = vec![target("test", "readers", "tests/suites/readers.rs")];
        Workspace::of(vec![package("one", "crates/one", one), package("suites", "tests", tests)])
    }

    #[track_caller]
    fn check(path: &str, text: &str, name: &str, arguments: &[&str], test: &str) {
        let tree = Tree::of(&[(path, text)]);
        let got = place(&tree, &workspace(), &format!("{path}::{name}")).unwrap();
        assert_eq!((got.program.arguments().as_slice(), got.test.as_str()), (arguments, test));
    }

    #[track_caller]
    fn check_refused(path: &str, text: &str, name: &str, want: &str) {
        let tree = Tree::of(&[(path, text)]);
        let error = place(&tree, &workspace(), &format!("{path}::{name}")).unwrap_err();
        assert_eq!(error, want);
    }

    #[test]
    fn a_file_below_the_first_of_an_integration_test_is_a_module() {
        let it = ["-p", "one", "--test", "it"];
        check("crates/one/tests/it/foo/bar.rs", "fn a() {}", "a", &it, "foo::bar::a");
        check("crates/one/tests/it/foo/mod.rs", "fn a() {}", "a", &it, "foo::a");
        check("crates/one/tests/it/main.rs", "fn a() {}", "a", &it, "a");
        let contract = ["-p", "one", "--test", "contract"];
        check("crates/one/tests/contract.rs", "fn a() {}", "a", &contract, "a");
        let readers = ["-p", "suites", "--test", "readers"];
        check("tests/suites/readers.rs", "fn a() {}", "a", &readers, "a");
    }

    #[test]
    fn a_file_of_the_library_is_tested_with_it() {
        let lib = ["-p", "one", "--lib"];
        check("crates/one/src/a/tests.rs", "fn b() {}", "b", &lib, "a::tests::b");
        check("crates/one/src/lib.rs", "mod tests { fn a() {} }", "a", &lib, "tests::a");
        let bin = ["-p", "one", "--bin", "one"];
        check("crates/one/src/main.rs", "mod tests { fn a() {} }", "a", &bin, "tests::a");
    }

    #[test]
    fn modules_written_in_the_file_are_part_of_the_name() {
        let lib = ["-p", "one", "--lib"];
        let text = "mod a;\nmod b { fn x() { \"}\"; } }\nmod tests {\n mod deep { fn y() {} }\n }";
        check("crates/one/src/s.rs", text, "x", &lib, "s::b::x");
        check("crates/one/src/s.rs", text, "y", &lib, "s::tests::deep::y");
        check("crates/one/src/s.rs", text, "other::y", &lib, "s::other::y");
    }

    #[test]
    fn a_test_that_nothing_runs_is_refused() {
        let path = "crates/one/tests/support.rs";
        check_refused(path, "fn a() {}", "a", "crates/one/tests/support.rs belongs to no target");
        check_refused("other/a.rs", "fn a() {}", "a", "other/a.rs belongs to no package");
        let path = "crates/one/src/a.rs";
        check_refused(path, "// fn a() {}", "a", "crates/one/src/a.rs has no `fn a`");
        let twice = "mod b { fn a() {} } mod c { fn a() {} }";
        let want = "crates/one/src/a.rs has more than one `fn a`: name its module, too";
        check_refused(path, twice, "a", want);
    }
}
