//! Nothing tells of one machine: no path on it, no host that only its downloads use.

use crate::tidy::Finding;
use crate::tidy::source::line_of;
use crate::tree::Tree;

/// Hosts that packages are downloaded from. In two parts: this file is searched as well.
const HOSTS: [(&str, &str); 5] = [
    ("registry.npmjs", ".org"),
    ("static.crates", ".io"),
    ("index.crates", ".io"),
    ("files.pythonhosted", ".org"),
    ("deb.debian", ".org"),
];

/// Folders that only one machine has, without the slashes around them.
const FOLDERS: [&str; 2] = ["work", "root"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files() {
        let mut offsets = hosts(text);
        offsets.extend(folders(path, text));
        if path.rsplit('/').next() == Some("package-lock.json") {
            let resolved = text.match_indices("\"resolved\"");
            offsets
                .extend(resolved.map(|(at, _)| (at, "a lock file names no download".to_owned())));
        }
        let finding = |(at, message)| Finding::new(path, line_of(text, at), message);
        findings.extend(offsets.into_iter().map(finding));
    }
    findings
}

/// The download hosts in `text`.
fn hosts(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (name, end) in HOSTS {
        let host = format!("{name}{end}");
        let message = format!("`{host}` is a download host of one machine's packages");
        found.extend(text.match_indices(&host).map(|(at, _)| (at, message.clone())));
    }
    found
}

/// The paths in `text` that exist on one machine only.
fn folders(path: &str, text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        let needle = format!("/{folder}/");
        found.extend(absolute(text, &needle).map(|at| (at, format!("`{needle}` is a path"))));
    }
    let home = absolute(text, "/home/").filter(|at| {
        let rest = &text[at + "/home/".len()..];
        let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'));
        name.is_some_and(|end| end > 0 && rest[end..].starts_with('/'))
    });
    found.extend(home.map(|at| (at, "this is a path in somebody's home".to_owned())));
    // A script that calls mktemp may name the place that it gets its folder in.
    if !(path.ends_with(".sh") && text.contains("mktemp")) {
        let temporary = absolute(text, "/tmp/")
            .filter(|at| text[at + "/tmp/".len()..].starts_with(|c: char| c.is_ascii_alphabetic()));
        found.extend(temporary.map(|at| (at, "a fixed temporary path is anybody's".to_owned())));
    }
    let neighbour = ["shared", "/"].concat();
    let is_name =
        |at: &usize| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || "-_".contains(c));
    let neighbours = text.match_indices(&neighbour).map(|(at, _)| at).filter(is_name);
    found.extend(neighbours.map(|at| (at, format!("`{neighbour}` is no folder of the project"))));
    found
}

/// Where `needle` starts a path, and does not go on with one or with an address.
fn absolute<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    let goes_on = |c: char| c.is_alphanumeric() || "._-~*%})]>".contains(c);
    text.match_indices(needle).map(|(at, _)| at).filter(move |at| !text[..*at].ends_with(goes_on))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    #[track_caller]
    fn check_text(path: &str, text: &str, want: usize) {
        let found = check(&Tree::of(&[(path, text)]));
        assert_eq!(found.len(), want, "{text}: {found:?}");
    }

    /// The same without the marks that keep this file from finding itself.
    fn plain(text: &str) -> String {
        text.replace('|', "")
    }

    #[test]
    fn a_path_of_a_machine_is_found() {
        for text in
            ["\"/wo|rk/main\"", "cd /ro|ot/.cargo", "file:///ho|me/ada/x", "see sha|red/A.md"]
        {
            check_text("README.md", &plain(text), 1);
        }
        for text in
            ["/home/", "a/wo|rk/b", "https://a.test/ro|ot/b", "${clone}/wo|rk/", "unsha|red/"]
        {
            check_text("README.md", &plain(text), 0);
        }
    }

    #[test]
    fn a_fixed_temporary_path_is_found_but_for_scripts_with_mktemp() {
        let fixed = plain("x=/t|mp/hallpass");
        check_text("a.sh", &fixed, 1);
        check_text("a.sh", &format!("{fixed}; mktemp"), 0);
        check_text("a.rs", &format!("{fixed}; mktemp"), 1);
        check_text("a.rs", &plain("/t|mp/$x"), 0);
    }

    #[test]
    fn a_download_host_is_found() {
        for host in ["registry.npmjs|.org", "static.crates|.io", "index.crates|.io"] {
            check_text("a.toml", &plain(&format!("https://{host}/x")), 1);
        }
        for host in ["files.pythonhosted|.org", "deb.debian|.org"] {
            check_text("a.toml", &plain(&format!("https://{host}/x")), 1);
        }
        check_text("Cargo.lock", "registry+https://github.com/rust-lang/crates.io-index", 0);
    }

    #[test]
    fn a_lock_file_with_downloads_is_found() {
        let text = "{\n\"resolved\": \"https://a.test/b.tgz\"\n}";
        let tree = Tree::of(&[("tests/package-lock.json", text), ("tests/other.json", text)]);
        let want = "tests/package-lock.json:2: a lock file names no download";
        assert_found(&check(&tree), &[want]);
    }
}
