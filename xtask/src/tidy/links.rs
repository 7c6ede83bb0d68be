//! Every relative link in a markdown file leads somewhere.

use crate::tidy::Finding;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let documents: Vec<_> = tree.files().filter(|(path, _)| path.ends_with(".md")).collect();
    if documents.is_empty() {
        return vec![Finding::new("README.md", 1, "is missing, with every other document")];
    }
    let mut findings = Vec::new();
    for (path, text) in documents {
        for (line, target) in links(text) {
            let is_there = resolve(path, &target).is_some_and(|it| it.is_empty() || tree.has(&it));
            if !is_there {
                findings.push(Finding::new(
                    path,
                    line,
                    format!("the link to `{target}` is broken"),
                ));
            }
        }
    }
    findings
}

/// The relative links in `text`, without fragments, each with its line.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let mut fence: Option<&str> = None;
    for (index, line) in text.lines().enumerate() {
        let start = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        if mark.is_some() && (fence.is_none() || fence == mark) {
            fence = if fence.is_none() { mark } else { None };
        } else if fence.is_none() {
            let targets = targets(&without_code(line));
            links.extend(targets.into_iter().map(|target| (index + 1, target)));
        }
    }
    links
}

/// The relative targets of the links and link definitions in a line.
fn targets(line: &str) -> Vec<String> {
    let inline = line.split("](").skip(1);
    let definition = line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    let definition = definition.filter(|(name, _)| !name.starts_with('^')).map(|(_, rest)| rest);
    inline.chain(definition).filter_map(relative).collect()
}

/// The path in `text`, what follows `](` or `]:`, if it leads to a file of the project.
fn relative(text: &str) -> Option<String> {
    let end = |c: char| c.is_whitespace() || c == ')';
    let target = text.trim_start().split(end).next()?.trim_matches(['<', '>']);
    let path = target.split('#').next()?;
    // With a scheme it is somewhere else; with `::` rustdoc resolves and checks it.
    let is_elsewhere = path.contains("://") || path.starts_with("mailto:") || path.contains("::");
    (!path.is_empty() && !is_elsewhere).then(|| path.to_owned())
}

/// The line with the inside of its code spans blanked.
fn without_code(line: &str) -> String {
    let parts = line.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 0 { part } else { "" }).collect()
}

/// The path from the root to `target`, a link in the file at `path`; `None` if it leaves.
fn resolve(path: &str, target: &str) -> Option<String> {
    let mut folders: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => {
            path.rsplit_once('/').map(|(folder, _)| folder.split('/').collect()).unwrap_or_default()
        }
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                folders.pop()?;
            }
            _ => folders.push(part),
        }
    }
    Some(folders.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_found;

    #[track_caller]
    fn check_text(text: &str, want: &[&str]) {
        let tree = Tree::of(&[("docs/a.md", text), ("docs/b.md", ""), ("src/c.rs", "")]);
        let broken = |it: &&str| format!("docs/a.md:1: the link to `{it}` is broken");
        let want: Vec<String> = want.iter().map(broken).collect();
        assert_found(&check(&tree), &want.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn a_link_to_a_file_or_a_folder_is_followed() {
        check_text("[b](b.md) [b](./b.md#part) [c](../src/c.rs) [src](../src/) [root](..)", &[]);
        check_text("[c](/src/c.rs \"title\") ![c](<../src/c.rs>)", &[]);
        check_text("[c]: ../src/c.rs", &[]);
    }

    #[test]
    fn a_broken_link_is_found() {
        check_text("[d](d.md), [b](b.md) and [`c`](c.rs#d)", &["d.md", "c.rs"]);
        check_text("[out](../../d.md)", &["../../d.md"]);
        check_text("[d]: d.md", &["d.md"]);
    }

    #[test]
    fn addresses_and_code_are_no_relative_links() {
        check_text("[a](https://a.test/b) [m](mailto:a@b.test) [f](#part) [r](crate::Error)", &[]);
        check_text("`[d](d.md)`", &[]);
        check_text("[^1]: d.md", &[]);
        assert_eq!(links("```md\n[d](d.md)\n```\n[e](e.md)"), [(4, "e.md".to_owned())]);
    }

    #[test]
    fn a_tree_without_documents_is_found() {
        let want = "README.md:1: is missing, with every other document";
        assert_found(&check(&Tree::of(&[])), &[want]);
    }
}
