//! `cargo xtask new-provider acme`: a crate that compiles and keeps its contract, for a provider
//! that is not there, named wherever the workspace lists its providers.

use std::fs;
use std::path::Path;

use crate::fixtures;
use crate::process::{cargo, output};

/// What is written, by its path in the new crate.
const FILES: [(&str, &str); 15] = [
    ("Cargo.toml", include_str!("../templates/provider/Cargo.toml.in")),
    ("README.md", include_str!("../templates/provider/README.md.in")),
    ("src/lib.rs", include_str!("../templates/provider/lib.rs.in")),
    ("tests/contract.rs", include_str!("../templates/provider/contract.rs.in")),
    (
        "fixtures/access_token.accepted.http",
        include_str!("../templates/provider/fixtures/access_token.accepted.http.in"),
    ),
    (
        "fixtures/access_token.refused.http",
        include_str!("../templates/provider/fixtures/access_token.refused.http.in"),
    ),
    (
        "fixtures/authorize.accepted.http",
        include_str!("../templates/provider/fixtures/authorize.accepted.http.in"),
    ),
    (
        "fixtures/authorize.refused.http",
        include_str!("../templates/provider/fixtures/authorize.refused.http.in"),
    ),
    (
        "fixtures/id_email.accepted.http",
        include_str!("../templates/provider/fixtures/id_email.accepted.http.in"),
    ),
    (
        "fixtures/id_email.refused.http",
        include_str!("../templates/provider/fixtures/id_email.refused.http.in"),
    ),
    (
        "fixtures/id_email.unflagged.http",
        include_str!("../templates/provider/fixtures/id_email.unflagged.http.in"),
    ),
    (
        "fixtures/profile.accepted.http",
        include_str!("../templates/provider/fixtures/profile.accepted.http.in"),
    ),
    (
        "fixtures/profile.refused.http",
        include_str!("../templates/provider/fixtures/profile.refused.http.in"),
    ),
    (
        "fixtures/refresh.accepted.http",
        include_str!("../templates/provider/fixtures/refresh.accepted.http.in"),
    ),
    (
        "fixtures/refresh.refused.http",
        include_str!("../templates/provider/fixtures/refresh.refused.http.in"),
    ),
];

/// Writes the crate and its name into the workspace and the facade.
pub(crate) fn write(root: &Path, name: &str) -> Result<(), String> {
    let type_name = type_name(name)?;
    let folder = root.join(format!("crates/providers/hallpass-{name}"));
    if folder.exists() {
        return Err(format!("there is a hallpass-{name} already"));
    }
    for (path, template) in FILES {
        let text = template.replace("@name@", name).replace("@Name@", &type_name);
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(&folder);
        fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    for (path, line) in mentions(name, &type_name) {
        mention(root, path, &line)?;
    }
    fixtures::rewrite(root)?;
    // The facade's list is sorted as rustfmt sorts it.
    output(&mut cargo(root, &["fmt", "--package", "hallpass"]))?;
    println!("wrote crates/providers/hallpass-{name}");
    println!("next: its fixtures, from the provider's own pages; CONTRIBUTING.md has the steps");
    Ok(())
}

/// What the workspace and the facade say of a provider, by file.
fn mentions(name: &str, type_name: &str) -> [(&'static str, String); 7] {
    [
        (
            "Cargo.toml",
            format!(
                "hallpass-{name} = {{ path = \"crates/providers/hallpass-{name}\", \
                 version = \"0.1.0\", default-features = false }}"
            ),
        ),
        ("crates/hallpass/Cargo.toml", format!("    \"{name}\",")),
        ("crates/hallpass/Cargo.toml", format!("{name} = [\"dep:hallpass-{name}\"]")),
        (
            "crates/hallpass/Cargo.toml",
            format!("hallpass-{name} = {{ workspace = true, optional = true }}"),
        ),
        (
            "crates/hallpass/src/lib.rs",
            format!("#[cfg(feature = \"{name}\")]\npub use hallpass_{name} as {name};"),
        ),
        (
            "crates/hallpass/src/lib.rs",
            format!(
                "        #[cfg(feature = \"{name}\")]\n        \
                 {name}::{type_name}::new().descriptor().clone(),"
            ),
        ),
        (
            "crates/hallpass/src/constructors.rs",
            format!(
                "    #[cfg(feature = \"{name}\")]\n    let all = all.with(\"{name}\", \
                 |plan| plan.client(crate::{name}::{type_name}::new()));"
            ),
        ),
    ]
}

/// The places are marked, in the order of [`mentions`] where a file has several.
const MARK: &str = "new-provider: above";

/// Puts `line` above the mark that is meant for it.
fn mention(root: &Path, path: &str, line: &str) -> Result<(), String> {
    let file = root.join(path);
    let text = fs::read_to_string(&file).map_err(|error| format!("{path}: {error}"))?;
    let kind = kind(line);
    let edited = insert(&text, kind, line)
        .ok_or_else(|| format!("{path} has no line that says `{MARK} ({kind})`"))?;
    fs::write(&file, edited).map_err(|error| format!("{path}: {error}"))
}

/// Which of a file's marks a line belongs to.
fn kind(line: &str) -> &'static str {
    if line.contains("descriptor()") {
        "descriptors"
    } else if line.contains("plan.client") {
        "constructors"
    } else if line.contains("pub use") || line.contains("dep:") {
        "features"
    } else if line.contains(" = {") {
        "dependencies"
    } else {
        "providers"
    }
}

fn insert(text: &str, kind: &str, line: &str) -> Option<String> {
    let mark = format!("{MARK} ({kind})");
    let at = text.lines().position(|line| line.contains(&mark))?;
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(at, line);
    Some(lines.join("\n") + "\n")
}

/// `acme` makes `Acme`. A provider's name is one word: lower-case letters and digits.
fn type_name(name: &str) -> Result<String, String> {
    let mut letters = name.chars();
    let fits = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    match letters.next().filter(char::is_ascii_lowercase) {
        Some(first) if fits => Ok(format!("{}{}", first.to_ascii_uppercase(), letters.as_str())),
        _ => Err(format!("{name:?} is no name: lower-case letters and digits, such as acme")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_type_or_is_refused() {
        assert_eq!(type_name("acme").as_deref(), Ok("Acme"));
        assert_eq!(type_name("acme2").as_deref(), Ok("Acme2"));
        for bad in ["", "Acme", "a-b", "a_b", "2acme", "../acme", "acme ", "é"] {
            assert!(type_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_line_goes_above_its_own_mark() {
        let text = "a\n# new-provider: above (features)\n# new-provider: above (dependencies)\n";
        let got = insert(text, "dependencies", "x = { y }").unwrap();
        assert_eq!(got.lines().nth(2), Some("x = { y }"));
        assert_eq!(insert(text, "providers", "x"), None);
    }

    #[test]
    fn every_template_is_filled_in() {
        for (path, template) in FILES {
            let text = template.replace("@name@", "acme").replace("@Name@", "Acme");
            assert!(!text.contains('@') || text.contains("@oak.test"), "{path}");
        }
    }

    #[test]
    fn every_mention_has_its_mark_in_the_tree() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (path, line) in mentions("acme", "Acme") {
            let text = fs::read_to_string(root.join(path)).unwrap();
            assert!(insert(&text, kind(&line), &line).is_some(), "{path}: {line}");
        }
    }
}
